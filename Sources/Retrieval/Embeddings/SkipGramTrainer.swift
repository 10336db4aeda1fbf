import Foundation
import MagpieDomain
import MagpieKernels

/// Trains a ``SkipGramModel``: word2vec's skip-gram with negative sampling, on all threads, with one result.
///
/// word2vec lets threads race on shared rows. Here a chunk of pairs is partitioned into P x P buckets by the blocks
/// of input and output (``BlockDeal``). A round trains the P buckets (b, b + r mod P) at once: they share no input
/// row and, with noise drawn from the bucket's own output block, no output row. After P rounds the chunk is done.
/// A bucket is trained in corpus order by one thread with its own random stream, so the bytes depend on
/// the corpus, the options and the seed alone.
///
/// Deviations from word2vec.c:
/// 1. the order of pairs within a chunk is by bucket;
/// 2. noise comes from one block, redrawn each epoch, and from an alias table instead of a table of 10^8 slots;
/// 3. the learning rate falls once a chunk, and the sentences of each epoch come in a new random order;
/// 4. noise that hits the pair's own output is left out (as in word2vec.c), and so is a pair of an item with itself.
public enum SkipGramTrainer {
    fileprivate enum Stream {
        static let start: UInt64 = 1
        static let order: UInt64 = 2
        static let deal: UInt64 = 3
        static let sentence: UInt64 = 4
        static let bucket: UInt64 = 5
    }

    /// - Parameters:
    ///   - progress: the share done, called on this thread.
    public static func train(
        on sentences: any Sentences, itemCount: Int, options: SkipGramOptions, seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }
    ) -> SkipGramModel {
        let corpus = CorpusCounts(of: sentences, itemCount: itemCount, options: options, threads: threads)
        let tables = Tables(corpus: corpus, options: options, seed: seed)
        let chunkLength = corpus.sentencesPerChunk(options)
        for epoch in 0..<max(options.epochs, 0) {
            let order = IndexOrder(
                count: sentences.count, random: RandomSource(seed: seed, Stream.order, UInt64(epoch)))
            let deal = BlockDeal(
                ranked: corpus.ranked, counts: corpus.counts, options: options,
                random: RandomSource(seed: seed, Stream.deal, UInt64(epoch)))
            let pairs = PairMaker(
                sentences: sentences, order: order, keep: corpus.keep, options: options, seed: seed,
                epoch: UInt64(epoch))
            for (number, begin) in stride(from: 0, to: sentences.count, by: chunkLength).enumerated() {
                let end = min(begin + chunkLength, sentences.count)
                let chunk = PairChunk(sentences: begin..<end, deal: deal, threads: threads) { place, inputs, outputs in
                    pairs.append(place, to: &inputs, &outputs)
                }
                let done = (Double(epoch) + Double(begin) / Double(sentences.count)) / Double(options.epochs)
                let rate = max(options.learningRate * (1 - done), options.minimumLearningRate)
                for round in 0..<deal.blockCount {
                    Parallel.forEach(
                        deal.blockCount, threads: threads,
                        scratch: { SharedBuffer<Float>(count: tables.stride, repeating: 0) },
                        { b, work in
                            let random = RandomSource(
                                seed: seed, Stream.bucket, UInt64(epoch), UInt64(number), UInt64(round), UInt64(b))
                            tables.train(
                                chunk, input: b, output: (b + round) % deal.blockCount, deal: deal, rate: Float(rate),
                                negatives: options.negatives, random: random, work: work)
                        })
                }
                progress((Double(epoch) + Double(end) / Double(sentences.count)) / Double(options.epochs))
            }
        }
        return tables.model(counts: corpus.counts, dimension: options.dimensions)
    }

    /// The two tables in training: rows padded to whole cache lines.
    private struct Tables: Sendable {
        let stride: Int
        let input: SharedBuffer<Float>
        let output: SharedBuffer<Float>

        /// As word2vec: inputs uniform in (-1/2, 1/2) / d, outputs zero.
        init(corpus: CorpusCounts, options: SkipGramOptions, seed: UInt64) {
            let d = options.dimensions
            precondition(d > 0, "\(d) dimensions")
            stride = SkipGramKernel.stride(for: d)
            input = SharedBuffer(count: corpus.counts.count * stride, repeating: 0)
            output = SharedBuffer(count: corpus.counts.count * stride, repeating: 0)
            for item in corpus.ranked {
                var random = RandomSource(seed: seed, Stream.start, UInt64(item))
                let row = input.pointer + Int(item) * stride
                for i in 0..<d { row[i] = (random.uniform() - 0.5) / Float(d) }
            }
        }

        func train(
            _ chunk: PairChunk, input a: Int, output b: Int, deal: BlockDeal, rate: Float, negatives: Int,
            random: RandomSource, work: SharedBuffer<Float>
        ) {
            var random = random
            let bucket = a * deal.blockCount + b
            let begin = chunk.begins[bucket]
            SkipGramKernel.train(
                input: input.pointer, output: output.pointer, stride: stride, inputs: chunk.inputs.pointer + begin,
                outputs: chunk.outputs.pointer + begin, count: chunk.begins[bucket + 1] - begin, rate: rate,
                negatives: negatives, noise: deal.noise[b], random: random.next(), work: work.pointer)
        }

        func model(counts: [Int64], dimension: Int) -> SkipGramModel {
            func packed(_ table: SharedBuffer<Float>) -> [Float] {
                var values: [Float] = []
                values.reserveCapacity(counts.count * dimension)
                for item in counts.indices {
                    let row = UnsafeBufferPointer(start: table.pointer + item * stride, count: dimension)
                    values.append(contentsOf: row)
                }
                return values
            }
            return SkipGramModel(dimension: dimension, input: packed(input), output: packed(output), counts: counts)
        }
    }
}

/// How often each item occurs: one pass over the corpus before training.
private struct CorpusCounts: Sendable {
    let counts: [Int64]
    /// The items that occur, most frequent first, ties by index.
    let ranked: [ItemIndex]
    /// By item: the chance to stay (``SkipGramOptions/subsample``), 1 = always.
    let keep: [Float]
    let sentenceCount: Int
    let pairEstimate: Double

    init(of sentences: any Sentences, itemCount: Int, options: SkipGramOptions, threads: Int) {
        let pieces = 8
        let reach = options.dynamicWindow ? options.window + 1 : 2 * options.window
        let sums = Parallel.map(pieces, threads: threads) { piece -> (counts: [Int64], pairs: Double) in
            var counts = [Int64](repeating: 0, count: itemCount)
            var items: [ItemIndex] = []
            var pairs = 0.0
            for index in sentences.count * piece / pieces..<sentences.count * (piece + 1) / pieces {
                items.removeAll(keepingCapacity: true)
                sentences.sentence(index, into: &items)
                for item in items { counts[Int(item)] += 1 }
                pairs += Double(items.count * min(reach, max(items.count - 1, 0)))
            }
            return (counts, pairs)
        }
        var counts = [Int64](repeating: 0, count: itemCount)
        for sum in sums { for i in counts.indices { counts[i] += sum.counts[i] } }
        let tokens = Double(max(counts.reduce(0, +), 1))
        self.counts = counts
        ranked = counts.indices.filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
            .map { ItemIndex($0) }
        keep = counts.map { count in
            guard options.subsample > 0, count > 0 else { return 1 }
            let share = options.subsample / (Double(count) / tokens)
            return Float(min(1, share.squareRoot() + share))
        }
        sentenceCount = sentences.count
        pairEstimate = sums.reduce(0) { $0 + $1.pairs }
    }

    func sentencesPerChunk(_ options: SkipGramOptions) -> Int {
        guard pairEstimate > 0 else { return max(sentenceCount, 1) }
        // In a large catalogue a chunk must meet a row several times, or every meeting is a cache miss.
        let pairs = max(options.pairsPerChunk, min(16 * ranked.count, 1 << 21))
        let sentences = (Double(pairs) * Double(sentenceCount) / pairEstimate).rounded()
        return Int(min(max(sentences, 1), Double(max(sentenceCount, 1))))
    }
}

/// The pairs (input, output) of a sentence, in word2vec's order: for each item those in its window.
private struct PairMaker: Sendable {
    let sentences: any Sentences
    let order: IndexOrder
    let keep: [Float]
    let options: SkipGramOptions
    let seed: UInt64
    let epoch: UInt64

    func append(_ place: Int, to inputs: inout [UInt32], _ outputs: inout [UInt32]) {
        let index = order[place]
        var random = RandomSource(seed: seed, SkipGramTrainer.Stream.sentence, epoch, UInt64(index))
        var items: [ItemIndex] = []
        sentences.sentence(index, into: &items)
        if options.subsample > 0 {
            items.removeAll { keep[Int($0)] < 1 && random.uniform() >= keep[Int($0)] }
        }
        let window = max(options.window, 1)
        for center in items.indices {
            let reach = options.dynamicWindow ? 1 + random.below(window) : window
            for context in max(0, center - reach)..<min(items.count, center + reach + 1)
            where items[context] != items[center] {
                inputs.append(items[context])
                outputs.append(items[center])
            }
        }
    }
}
