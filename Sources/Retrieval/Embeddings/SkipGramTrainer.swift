import Foundation
import MagpieDomain
import MagpieKernels

/// Trains an ``EmbeddingModel``: word2vec's skip-gram with negative sampling, on all threads, with one result.
///
/// word2vec lets threads race on shared rows. Here a chunk of pairs is partitioned into P x P buckets by the blocks
/// of input and output (``BlockDeal``). A round trains the P buckets (b, b + r mod P) at once: they share no input
/// row and, with noise drawn from the bucket's own output block, no output row. After P rounds the chunk is done.
/// A bucket is trained in corpus order by one thread with its own random stream, so the bytes depend on
/// the corpus, the options and the seed alone.
///
/// What is returned is the mean of the tables over the training (``TrainingMean``).
///
/// Memory: two tables of n rows and their sums, the pairs of one chunk, and what the sentences hold themselves; never the
/// corpus.
///
/// Deviations from word2vec.c:
/// 1. the order of pairs within a chunk is by bucket;
/// 2. 16 pairs of a bucket share their noise and take one step together (``SkipGramKernel``);
/// 3. noise comes from one block, redrawn each epoch, and from an alias table instead of a table of 10^8 slots;
/// 4. the learning rate falls once a chunk, and the sentences of each epoch come in a new random order;
/// 5. noise that hits a pair's own output is left out (as in word2vec.c), and so is a pair of an item with itself;
/// 6. the sigmoid is a quotient of polynomials, and pairs whose product is beyond -6 ... 6 are left alone, as in gensim;
/// 7. vectors are means over the training instead of what it ended with.
public enum SkipGramTrainer {
    fileprivate enum Stream {
        static let start: UInt64 = 1
        static let order: UInt64 = 2
        static let deal: UInt64 = 3
        static let sentence: UInt64 = 4
        static let bucket: UInt64 = 5
    }

    /// What was learned, and from how much.
    public struct Result: Sendable {
        public var model: EmbeddingModel
        /// Pairs trained, all epochs; each is one positive with its noise.
        public var pairs = 0
        /// Seconds of the three parts: "counting" the corpus, making "pairs", "training" on them.
        public var seconds: [String: Double] = [:]
    }

    /// - Parameters:
    ///   - progress: the share done, called on this thread.
    public static func train(
        on sentences: any Sentences, itemCount: Int, options: SkipGramOptions, seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }
    ) -> Result {
        var watch = PartTimes()
        let corpus = CorpusCounts(of: sentences, itemCount: itemCount, options: options, threads: threads)
        watch.ended("counting")
        let tables = Tables(corpus: corpus, options: options, seed: seed)
        let work = (0..<options.blocks).map { _ in
            SharedBuffer<Float>(count: SkipGramKernel.workCount(stride: tables.stride), repeating: 0)
        }
        let chunkLength = corpus.sentencesPerChunk(options)
        var mean = options.averaged ? TrainingMean(of: [tables.input, tables.output]) : nil
        var trained = 0
        /// The share of the training before that sentence of that epoch.
        func done(_ epoch: Int, _ sentence: Int) -> Double {
            (Double(epoch) + Double(sentence) / Double(sentences.count)) / Double(options.epochs)
        }
        for epoch in 0..<max(options.epochs, 0) {
            let order = IndexOrder(
                count: sentences.count, random: RandomSource(seed: seed, Stream.order, UInt64(epoch)))
            let deal = BlockDeal(
                ranked: corpus.ranked, counts: corpus.counts, options: options,
                random: RandomSource(seed: seed, Stream.deal, UInt64(epoch)))
            let maker = PairMaker(
                sentences: sentences, order: order, keep: corpus.keep, deal: deal, options: options, seed: seed,
                epoch: UInt64(epoch))
            for (number, begin) in stride(from: 0, to: sentences.count, by: chunkLength).enumerated() {
                let end = min(begin + chunkLength, sentences.count)
                let chunk = PairChunk(
                    sentences: begin..<end, blockCount: deal.blockCount,
                    expected: corpus.expectedPairs(end - begin), threads: threads, pairs: maker.append)
                trained += chunk.count
                watch.ended("pairs")
                let rate = max(options.learningRate * (1 - done(epoch, begin)), options.minimumLearningRate)
                for round in 0..<deal.blockCount {
                    Parallel.forEach(deal.blockCount, threads: threads) { b in
                        let random = RandomSource(
                            seed: seed, Stream.bucket, UInt64(epoch), UInt64(number), UInt64(round), UInt64(b))
                        tables.train(
                            chunk, input: b, output: (b + round) % deal.blockCount, deal: deal, rate: Float(rate),
                            negatives: options.negatives, random: random, work: work[b])
                    }
                }
                mean?.look(at: done(epoch, end), threads: threads)
                watch.ended("training")
                progress(done(epoch, end))
            }
        }
        mean?.replace(threads: threads)
        return Result(
            model: tables.model(counts: corpus.counts), pairs: trained, seconds: watch.seconds)
    }

    /// The two tables in training: rows padded to whole cache lines.
    private struct Tables: Sendable {
        let dimension: Int
        let stride: Int
        let input: SharedBuffer<Float>
        let output: SharedBuffer<Float>

        /// As gensim: inputs uniform in (-1, 1) / d, twice as far as word2vec.c, which is slower to leave the middle; outputs
        /// zero.
        init(corpus: CorpusCounts, options: SkipGramOptions, seed: UInt64) {
            let d = options.dimensions
            precondition(d > 0, "\(d) dimensions")
            dimension = d
            stride = SkipGramKernel.stride(for: d)
            input = SharedBuffer(count: corpus.counts.count * stride, repeating: 0)
            output = SharedBuffer(count: corpus.counts.count * stride, repeating: 0)
            for item in corpus.ranked {
                var random = RandomSource(seed: seed, Stream.start, UInt64(item))
                let row = input.pointer + Int(item) * stride
                for i in 0..<d { row[i] = (2 * random.uniform() - 1) / Float(d) }
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
                input: input.pointer, output: output.pointer, stride: stride, dimension: dimension,
                inputs: chunk.inputs.pointer + begin, outputs: chunk.outputs.pointer + begin,
                count: chunk.begins[bucket + 1] - begin, rate: rate, negatives: negatives, noise: deal.noise[b],
                random: random.next(), work: work.pointer)
        }

        func model(counts: [Int64]) -> EmbeddingModel {
            func packed(_ table: SharedBuffer<Float>) -> [Float] {
                packedRows(table, stride: stride, count: counts.count, dimension: dimension)
            }
            return EmbeddingModel(dimension: dimension, input: packed(input), output: packed(output), counts: counts)
        }
    }
}

/// Seconds by part of the work, as a clock that is read after each.
struct PartTimes {
    private(set) var seconds: [String: Double] = [:]
    private var last = ContinuousClock.now

    mutating func ended(_ part: String) {
        let now = ContinuousClock.now
        let (whole, rest) = (now - last).components
        seconds[part, default: 0] += Double(whole) + Double(rest) / 1e18
        last = now
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

    /// About how many pairs so many sentences give.
    func expectedPairs(_ sentences: Int) -> Int {
        Int(pairEstimate / Double(max(sentenceCount, 1)) * Double(sentences))
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
    let deal: BlockDeal
    let options: SkipGramOptions
    let seed: UInt64
    let epoch: UInt64

    /// Appends the pairs of the sentences at these places of the order.
    @Sendable func append(_ places: Range<Int>, to list: inout PairList) {
        var items: [ItemIndex] = []
        var blocks: [UInt32] = []
        for place in places {
            let index = order[place]
            var random = RandomSource(seed: seed, SkipGramTrainer.Stream.sentence, epoch, UInt64(index))
            items.removeAll(keepingCapacity: true)
            sentences.sentence(index, into: &items)
            if options.subsample > 0 {
                items.removeAll { keep[Int($0)] < 1 && random.uniform() >= keep[Int($0)] }
            }
            blocks.removeAll(keepingCapacity: true)
            for item in items { blocks.append(deal.blockOf[Int(item)]) }
            items.withUnsafeBufferPointer { items in
                blocks.withUnsafeBufferPointer { blocks in append(items, blocks, &random, to: &list) }
            }
        }
    }

    @inline(__always) private func append(
        _ items: UnsafeBufferPointer<ItemIndex>, _ blocks: UnsafeBufferPointer<UInt32>, _ random: inout RandomSource,
        to list: inout PairList
    ) {
        let window = max(options.window, 1)
        let blockCount = UInt32(deal.blockCount)
        list.write(atMost: items.count * min(2 * window, items.count)) { writer in
            for center in 0..<items.count {
                let reach = options.dynamicWindow ? 1 + random.below(window) : window
                let item = items[center]
                let block = blocks[center]
                for context in max(0, center - reach)..<min(items.count, center + reach + 1)
                where items[context] != item {
                    writer.append(items[context], item, bucket: blocks[context] * blockCount + block)
                }
            }
        }
    }
}
