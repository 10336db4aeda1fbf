import Foundation
import MagpieDomain
import MagpieKernels

/// Trains a ``QueryEncoder``: each step takes a batch of items, makes one query for each (``QueryViews``), and
/// moves the queries' features so that a query is nearer to its own item than to the others of the batch.
///
/// - *Loss*: softmax cross entropy over `scale * cosine(query, item)` within the batch (in-batch negatives: van den
///   Oord et al. 2018, "InfoNCE"; Yih et al. 2011 for queries and documents). Least squares to the targets
///   was measured on film titles with one typing error (SVD vectors, scale 16): MRR@10 .58 against .72, for it
///   spends its effort on where items are alike instead of where they differ.
/// - *Batches*: items are dealt anew in each epoch, sorted by the hash of one random word of their title, so that
///   titles which share a word often meet and learn to differ ("The Matrix", "The Matrix Reloaded").
///   Each item is dealt once an epoch, however often it is searched for, so every item is as likely as another to be
///   a wrong answer: the correction for that (logQ: Bengio and Senecal 2008; Yi et al. 2019) is the same for all, and
///   the softmax does not see it.
/// - *Items without behaviour* have no target. They get a vector of their own, which starts where their words put
///   them and moves with the training, so that they are found, and lie near what they read like.
/// - *Step*: Adagrad with one rate per row (Duchi et al. 2011), as rare features need longer steps.
///
/// Deterministic for any number of threads: what an example computes depends on nothing else in its batch's
/// phase (random numbers by seed, epoch and item), and each row is updated by one thread in batch order.
struct EncoderTrainer {
    let texts: [EncoderText]
    let titles: [TitleParts]
    let known: [Bool]
    let dimension: Int
    let options: QueryEncoder.Options
    let seed: UInt64
    let threads: Int
    let vocabulary: EncoderVocabulary

    /// r x d feature vectors; the text's vector is the sum of weight * row.
    let rows: SharedBuffer<Float>
    let rowSquares: SharedBuffer<Float>
    /// n x d unit vectors.
    let items: SharedBuffer<Float>
    let itemSquares: SharedBuffer<Float>
    let batch: EncoderBatch

    /// Items with a title, the ones that queries can be made for.
    private let searchable: [UInt32]

    /// Tasks that the rows are dealt to in the update. Configuration, never the number of threads.
    private static let shards = 16

    /// Shares of the softmax below this are left out of the gradient: they are most of the work and none of the sum.
    private static let negligible: Float = 1e-5

    /// Stream numbers of the random source, so that no two uses share numbers.
    private enum Stream: UInt64 { case cold = 1, deal, query }

    init(
        texts: [EncoderText], targets: [Float], known: [Bool], dimension: Int, options: QueryEncoder.Options,
        seed: UInt64, threads: Int
    ) {
        self.texts = texts
        self.known = known
        self.dimension = dimension
        self.options = options
        self.seed = seed
        self.threads = threads
        titles = texts.map { TitleParts($0.title) }
        vocabulary = EncoderVocabulary(texts: texts, titles: titles, buckets: options.buckets)
        searchable = texts.indices.lazy.filter { [titles] in !titles[$0].main.isEmpty }.map { UInt32($0) }
        rows = SharedBuffer(count: vocabulary.rowCount * dimension, repeating: 0)
        rowSquares = SharedBuffer(count: vocabulary.rowCount, repeating: 0)
        items = SharedBuffer(count: texts.count * dimension, repeating: 0)
        itemSquares = SharedBuffer(count: texts.count, repeating: 0)
        batch = EncoderBatch(size: options.batch, dimension: dimension)
        for i in texts.indices where known[i] {
            for k in 0..<dimension { items.pointer[i * dimension + k] = targets[i * dimension + k] }
        }
        placeFeatures(onlyKnown: true)
        placeColdItems()
        placeFeatures(onlyKnown: false)
    }

    // MARK: Start

    /// Each feature starts at the mean of the items that have it: short where they disagree, so that common
    /// features say little from the start.
    private func placeFeatures(onlyKnown: Bool) {
        let counts = SharedBuffer<Float>(count: vocabulary.rowCount, repeating: 0)
        for i in 0..<rows.count { rows.pointer[i] = 0 }
        for i in texts.indices where known[i] || !onlyKnown {
            for row in vocabulary.itemRows[vocabulary.itemStarts[i]..<vocabulary.itemStarts[i + 1]] {
                Vector.add(
                    items.pointer + i * dimension, times: 1, to: rows.pointer + Int(row) * dimension, dimension)
                counts.pointer[Int(row)] += 1
            }
        }
        for row in 0..<vocabulary.rowCount where counts.pointer[row] > 0 {
            Vector.scale(rows.pointer + row * dimension, by: 1 / counts.pointer[row], dimension)
        }
    }

    /// An item without behaviour starts between where its words lead and a random place of its own.
    private func placeColdItems() {
        for i in texts.indices where !known[i] && !titles[i].main.isEmpty {
            var random = RandomSource(seed: seed, Stream.cold.rawValue, UInt64(i))
            let vector = items.pointer + i * dimension
            for row in vocabulary.itemRows[vocabulary.itemStarts[i]..<vocabulary.itemStarts[i + 1]] {
                let row = Int(row)
                Vector.add(rows.pointer + row * dimension, times: vocabulary.weights[row], to: vector, dimension)
            }
            _ = Vector.normalise(vector, dimension)
            var own = (0..<dimension).map { _ in random.uniform() - 0.5 }
            own.withUnsafeMutableBufferPointer { own in
                guard let own = own.baseAddress else { return }
                _ = Vector.normalise(own, dimension)
                Vector.add(own, times: 0.5, to: vector, dimension)
            }
            _ = Vector.normalise(vector, dimension)
        }
    }

    // MARK: Epochs

    /// One pass over the items. `progress` gets the share of the epoch that is done.
    func epoch(_ epoch: Int, progress: (Double) -> Void) -> QueryEncoder.Report.Epoch {
        let order = deal(epoch)
        var loss = 0.0
        var hits = 0
        var at = 0
        while at < order.count {
            let count = min(options.batch, order.count - at)
            let done = (Float(epoch) + Float(at) / Float(order.count)) / Float(options.epochs)
            for i in 0..<count { batch.items.pointer[i] = order[at + i] }
            step(count, epoch: epoch, rate: options.rate * max(0.02, 1 - done))
            for i in 0..<count {
                loss += Double(batch.losses.pointer[i])
                hits += batch.hits.pointer[i] ? 1 : 0
            }
            at += count
            progress(Double(at) / Double(order.count))
        }
        let n = max(1, order.count)
        return .init(loss: Float(loss / Double(n)), accuracy: Float(hits) / Float(n))
    }

    /// The searchable items, sorted by the hash of a random word of each.
    private func deal(_ epoch: Int) -> [UInt32] {
        var keyed: [(key: UInt64, item: UInt32)] = []
        keyed.reserveCapacity(searchable.count)
        for item in searchable {
            var random = RandomSource(seed: seed, Stream.deal.rawValue, UInt64(epoch), UInt64(item))
            let words = titles[Int(item)].main.split(separator: " ")
            guard !words.isEmpty else { continue }
            let word = words[random.below(words.count)].lowercased()
            keyed.append((StableHash.xxh64(word, seed: seed &+ UInt64(epoch)), item))
        }
        keyed.sort { ($0.key, $0.item) < ($1.key, $1.item) }
        return keyed.map(\.item)
    }

    /// One batch: queries, gradients, updates. Each phase waits for the one before.
    private func step(_ count: Int, epoch: Int, rate: Float) {
        let chunk = 16
        let chunks = (count + chunk - 1) / chunk
        let analysis: @Sendable () -> TextFeatures = { [options] in TextFeatures(buckets: options.buckets) }
        Parallel.forEach(chunks, threads: threads, scratch: analysis) { part, features in
            for i in part * chunk..<min(count, (part + 1) * chunk) { encode(i, epoch: epoch, with: &features) }
        }
        Parallel.forEach(chunks, threads: threads) { part in
            for i in part * chunk..<min(count, (part + 1) * chunk) { gradient(i, of: count) }
        }
        Parallel.forEach(chunks, threads: threads) { part in
            for j in part * chunk..<min(count, (part + 1) * chunk) where !known[Int(batch.items.pointer[j])] {
                moveItem(j, of: count, rate: rate)
            }
        }
        Parallel.forEach(Self.shards, threads: threads) { moveRows(ofShard: $0, count, rate: rate) }
    }

    /// Makes example i's query and its vector.
    private func encode(_ i: Int, epoch: Int, with features: inout TextFeatures) {
        let item = Int(batch.items.pointer[i])
        var random = RandomSource(seed: seed, Stream.query.rawValue, UInt64(epoch), UInt64(item))
        let query = QueryViews.view(of: texts[item], parts: titles[item], using: &random) ?? ""
        var found: [UInt32] = []
        features.collect(query, limit: EncoderBatch.maxFeatures, into: &found)
        let vector = batch.queries.pointer + i * dimension
        let kept = batch.features.pointer + i * EncoderBatch.maxFeatures
        for k in 0..<dimension { vector[k] = 0 }
        var count = 0
        for bucket in found {
            let row = vocabulary.rowOfBucket[Int(bucket)]
            guard row != QueryEncoder.noRow else { continue }
            kept[count] = row
            count += 1
            Vector.add(
                rows.pointer + Int(row) * dimension, times: vocabulary.weights[Int(row)], to: vector, dimension)
        }
        batch.counts.pointer[i] = count
        batch.lengths.pointer[i] = Vector.normalise(vector, dimension)
        let target = batch.targets.pointer + i * dimension
        for k in 0..<dimension { target[k] = items.pointer[item * dimension + k] }
    }

    /// The loss of example i, its softmax, and the gradient of the loss in the query's sum of rows.
    private func gradient(_ i: Int, of count: Int) {
        let d = dimension
        let query = batch.queries.pointer + i * d
        let shares = batch.shares.pointer + i * options.batch
        var largest = -Float.infinity
        var best = 0
        VectorKernels.scores(
            query: query, rows: batch.targets.pointer, stride: d, count: count, dimension: d, into: shares)
        for j in 0..<count {
            shares[j] *= options.scale
            if shares[j] > largest { (largest, best) = (shares[j], j) }
        }
        let own = shares[i]
        var sum: Float = 0
        for j in 0..<count {
            shares[j] = exp(shares[j] - largest)
            sum += shares[j]
        }
        for j in 0..<count { shares[j] /= sum }
        batch.losses.pointer[i] = largest + log(sum) - own
        batch.hits.pointer[i] = best == i
        shares[i] -= 1

        let gradient = batch.gradients.pointer + i * d
        for k in 0..<d { gradient[k] = 0 }
        let length = batch.lengths.pointer[i]
        guard length > 0 else { return }
        for j in 0..<count where abs(shares[j]) > Self.negligible {
            Vector.add(batch.targets.pointer + j * d, times: options.scale * shares[j], to: gradient, d)
        }
        // Through the normalisation: only what is across the query turns it.
        Vector.add(query, times: -Vector.dot(gradient, query, d), to: gradient, d)
        Vector.scale(gradient, by: 1 / length, d)
    }

    /// Moves the vector of the batch's item j, which has no target of its own.
    private func moveItem(_ j: Int, of count: Int, rate: Float) {
        let d = dimension
        let item = Int(batch.items.pointer[j])
        var gradient = [Float](repeating: 0, count: d)
        gradient.withUnsafeMutableBufferPointer { gradient in
            guard let gradient = gradient.baseAddress else { return }
            for i in 0..<count where batch.lengths.pointer[i] > 0 {
                let share = batch.shares.pointer[i * options.batch + j]
                if abs(share) > Self.negligible {
                    Vector.add(batch.queries.pointer + i * d, times: options.scale * share, to: gradient, d)
                }
            }
            let vector = items.pointer + item * d
            Vector.add(vector, times: -Vector.dot(gradient, vector, d), to: gradient, d)
            let square = itemSquares.pointer + item
            square.pointee += Vector.dot(gradient, gradient, d) / Float(d)
            if square.pointee > 0 {
                Vector.add(gradient, times: -rate / square.pointee.squareRoot(), to: vector, d)
                _ = Vector.normalise(vector, d)
            }
        }
    }

    /// Moves the rows r with r mod shards = shard by all examples of the batch, in order.
    private func moveRows(ofShard shard: Int, _ count: Int, rate: Float) {
        let d = dimension
        for i in 0..<count where batch.lengths.pointer[i] > 0 {
            let gradient = batch.gradients.pointer + i * d
            let square = Vector.dot(gradient, gradient, d) / Float(d)
            guard square > 0 else { continue }
            let features = batch.features.pointer + i * EncoderBatch.maxFeatures
            for f in 0..<batch.counts.pointer[i] where Int(features[f]) % Self.shards == shard {
                let row = Int(features[f])
                let weight = vocabulary.weights[row]
                rowSquares.pointer[row] += weight * weight * square
                let step = rate * weight / rowSquares.pointer[row].squareRoot()
                Vector.add(gradient, times: -step, to: rows.pointer + row * d, d)
            }
        }
    }
}
