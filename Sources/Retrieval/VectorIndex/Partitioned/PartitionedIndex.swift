import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// The k best of millions without looking at each: vectors in partitions, 4-bit codes scanned in registers, the
/// survivors scored again from 10 bits a coordinate. File: kind "partitioned-index", layout 3, for n vectors of an
/// item table of N rows, d coordinates, P partitions, a axes, M subspaces, B blocks of 64 vectors.
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `axes` | F32 | ceil(a/16), d, 16 | panels of principal axes; absent: coordinates are taken as they are |
/// | `mean` | F32 | d | for L2: subtracted from every vector and query |
/// | `centroids` | F32 | ceil(P/16), a, 16 | panels of the partitions' centroids, along the axes |
/// | `centroid_bias` | F32 | 16 ceil(P/16) | -abs(c)^2 / 2 for L2, else 0; minus infinity past P |
/// | `books` | F32 | a, 16 | the codewords: coordinate j of the 16 of j's subspace |
/// | `begins` | U32 | M + 1 | the first axis of each subspace |
/// | `firsts` | U32 | P + 1 | the first position of each partition's list |
/// | `blocks` | U32 | P + 1 | the first block of each partition's codes |
/// | `codes` | U8 | B, M/2, 64 | byte v of pair m: vector v's code of subspace 2 m low, of 2 m + 1 high |
/// | `biases` | I16 | B, 64 | what is added to a code's score: even vectors of the block, then odd ones |
/// | `records` | U8 | n (8 + D (+ D/4)) + 12 | for the last scores, see `mk_record` in CPartition.h; D = 4 ceil(d/4) |
/// | `items` | U32 | n | position -> item |
/// | `positions` | U32 | N | item -> position; 4,294,967,295 = not in the index |
///
/// Metadata: `about`, JSON (``About``).
///
/// The method is inverted lists over product codes (Jegou et al. 2011, "Product quantization for nearest neighbor
/// search"), 4 bits a subspace looked up by byte shuffles (Andre et al. 2015, "Cache locality is not enough"). What
/// differs:
/// 1. Subspaces have unequal lengths, chosen by the variance along principal axes.
/// 2. A code's error along its own vector and its centroid is known when it is made, and is what a query near the
///    vector will see: it is added to the score as a 16-bit bias, with weights fitted on true neighbours. (ScaNN
///    chooses codewords for it instead: Guo et al. 2020, "Accelerating large-scale inference with anisotropic vector
///    quantization".) For L2 the bias carries the vector's length too.
/// 3. How wide to search for a wanted recall is measured against exact search when the index is built.
public final class PartitionedIndex: Sendable {
    static let kind = "partitioned-index"
    static let layouts = 3...3

    /// The part of the file that is not tensors.
    struct About: Codable, Sendable, Equatable {
        var metric: VectorMetric
        var dimension: Int
        var isFine: Bool
        var biasScale: Float
        var biasMiddle: Float
        var biasLeast: Int16
        var biasMost: Int16
        var partitions: Int
        var plan: SearchPlan
    }

    public let metric: VectorMetric
    /// Rows of the item table, whether indexed or not.
    public let itemCount: Int
    /// Vectors.
    public let count: Int
    public let dimension: Int
    let tables: PartitionTables
    let plan: SearchPlan
    let pool: WorkspacePool
    let file: TensorFile
    /// The vectors themselves, if somebody has them.
    let vectors: VectorSet?

    /// Opens an index. Throws ``ArtifactError`` for a file that is not a sound one; O(n) only for two checks of ranges.
    ///
    /// - Parameters:
    ///   - itemCount: rows of the item table; nil where it is not known.
    ///   - vectors: those that were indexed, by item, where they are at hand (mapped, they cost nothing): then a filter
    ///     that passes only what lies far from the query is answered from them. Without them such answers, of which
    ///     thousands are about equally far, are as exact as 10 bits a coordinate are.
    public init(opening url: URL, itemCount: Int? = nil, vectors: VectorSet? = nil) throws {
        file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        let words = try file.requiredMetadata("about")
        guard let about = try? JSONDecoder().decode(About.self, from: Data(words.utf8)), about.isSound else {
            throw ArtifactError.missing(path: url.path, name: "readable \"about\" in __metadata__")
        }
        let d = about.dimension
        let panels = (about.partitions + 15) / 16
        let books: Tensor<Float> = try file.tensor("books", shape: [nil, 16])
        let axes = books.shape[0]
        let centroids: Tensor<Float> = try file.tensor("centroids", shape: [panels, axes, 16])
        let centroidBias: Tensor<Float> = try file.tensor("centroid_bias", shape: [panels * 16])
        var projection: Tensor<Float>?
        if file.contains("axes") {
            projection = try file.tensor("axes", shape: [(axes + 15) / 16, d, 16])
        } else if axes != d {
            throw file.wrongTensor("books", got: "\(axes) axes", expected: "\(d)")
        }
        let begins: Tensor<UInt32> = try file.tensor("begins", shape: [nil])
        let firsts: Tensor<UInt32> = try file.tensor("firsts", shape: [about.partitions + 1])
        let blocks: Tensor<UInt32> = try file.tensor("blocks", shape: [about.partitions + 1])
        let items: Tensor<UInt32> = try file.tensor("items", shape: [nil])
        let positions: Tensor<UInt32> = try file.tensor("positions", shape: [itemCount])
        let biases: Tensor<Int16> = try file.tensor("biases", shape: [nil, PartitionKernels.block])
        let subspaces = begins.count - 1
        guard subspaces >= 2, subspaces % 2 == 0, subspaces <= PartitionTables.subspaceLimit else {
            throw file.wrongTensor(
                "begins", got: "\(subspaces) subspaces",
                expected: "an even number up to \(PartitionTables.subspaceLimit)"
            )
        }
        let codes: Tensor<UInt8> = try file.tensor(
            "codes", shape: [biases.shape[0], subspaces / 2, PartitionKernels.block])
        var tables = PartitionTables(
            centroids: centroids.pointer, centroidBias: centroidBias.pointer, books: books.pointer,
            begins: begins.pointer, firsts: firsts.pointer, blocks: blocks.pointer, codes: codes.pointer,
            biases: biases.pointer, records: UnsafePointer(codes.pointer), items: items.pointer,
            positions: positions.pointer, zeros: centroids.pointer, owner: file)
        let zeros = SharedBuffer<Float>(count: (axes + 15) / 16 * 16, repeating: 0)
        tables.zeros = UnsafePointer(zeros.pointer)
        tables.metric = about.metric
        tables.dimension = d
        tables.axes = axes
        tables.partitions = about.partitions
        tables.subspaces = subspaces
        tables.count = items.count
        tables.itemCount = positions.count
        tables.isFine = about.isFine
        tables.biasScale = about.biasScale
        tables.biasMiddle = about.biasMiddle
        tables.biasRange = about.biasLeast...about.biasMost
        tables.projection = projection?.pointer
        if about.metric == .euclidean {
            let mean: Tensor<Float> = try file.tensor("mean", shape: [d])
            try Self.checkFinite(mean, "mean", file)
            tables.mean = mean.pointer
        }
        let records: Tensor<UInt8> = try file.tensor("records", shape: [tables.record.bytes(items.count)])
        tables.records = records.pointer
        tables.owner = Owned(parts: [file, zeros])

        try Self.checkFinite(centroids, "centroids", file)
        try Self.checkFinite(books, "books", file)
        if let projection { try Self.checkFinite(projection, "axes", file) }
        for p in 0..<about.partitions where !centroidBias[p].isFinite {
            throw file.outOfRange("centroid_bias", got: "\(centroidBias[p]) at \(p)", expected: "a finite number")
        }
        for p in about.partitions..<16 * panels where centroidBias[p] != -.infinity {
            throw file.outOfRange("centroid_bias", got: "\(centroidBias[p]) at \(p)", expected: "minus infinity")
        }
        try Self.checkRises(begins, "begins", end: axes, file)
        try Self.checkRises(firsts, "firsts", end: items.count, file)
        try Self.checkRises(blocks, "blocks", end: biases.shape[0], file)
        for p in 0..<about.partitions {
            let length = Int(firsts[p + 1] - firsts[p])
            guard Int(blocks[p + 1] - blocks[p]) == (length + PartitionKernels.block - 1) / PartitionKernels.block
            else {
                throw file.outOfRange(
                    "blocks", got: "\(blocks[p + 1] - blocks[p]) blocks of partition \(p)",
                    expected: "those of \(length) vectors")
            }
        }
        try file.checkIndices(items, name: "items", below: positions.count)
        try Self.checkPositions(positions, below: items.count, file)
        self.vectors = vectors
        self.tables = tables
        metric = about.metric
        count = items.count
        self.itemCount = positions.count
        dimension = d
        plan = about.plan
        pool = WorkspacePool(for: tables)
        try vectors.map(check)
    }

    private init(_ other: PartitionedIndex, _ vectors: VectorSet) {
        metric = other.metric
        itemCount = other.itemCount
        count = other.count
        dimension = other.dimension
        tables = other.tables
        plan = other.plan
        pool = other.pool
        file = other.file
        self.vectors = vectors
    }

    /// The same index with its vectors at hand, see ``init(opening:itemCount:vectors:)``. Throws
    /// ``VectorIndexError/otherVectors(name:got:expected:)``.
    public func with(vectors: VectorSet) throws -> PartitionedIndex {
        try check(vectors)
        return PartitionedIndex(self, vectors)
    }

    private func check(_ vectors: VectorSet) throws {
        guard vectors.count == itemCount, vectors.dimension == dimension else {
            throw VectorIndexError.otherVectors(
                name: vectors.name, got: "\(vectors.count) x \(vectors.dimension)",
                expected: "\(itemCount) x \(dimension)")
        }
    }

    private static func checkFinite(_ values: Tensor<Float>, _ name: String, _ file: TensorFile) throws {
        let isSound = values.withUnsafeBufferPointer { values in
            var rest: Float = 0
            for value in values { rest += value * 0 }  // NaN as soon as one is not finite
            return rest == 0
        }
        guard isSound else { throw file.outOfRange(name, got: "an infinity or no number", expected: "finite numbers") }
    }

    private static func checkPositions(_ positions: Tensor<UInt32>, below limit: Int, _ file: TensorFile) throws {
        let isSound = positions.withUnsafeBufferPointer { values in
            let limit = UInt32(clamping: limit)
            var isSound = true
            for value in values { isSound = isSound && (value < limit || value == PartitionTables.absent) }
            return isSound
        }
        guard isSound else {
            throw file.outOfRange("positions", got: "a position past the last", expected: "less than \(limit)")
        }
    }

    private static func checkRises(_ values: Tensor<UInt32>, _ name: String, end: Int, _ file: TensorFile) throws {
        var previous: UInt32 = 0
        for i in 0..<values.count {
            let value = values[i]
            guard value >= previous, i > 0 || value == 0 else {
                throw file.outOfRange(name, got: "\(value) at \(i)", expected: i == 0 ? "0" : "at least \(previous)")
            }
            previous = value
        }
        guard Int(previous) == end else { throw file.outOfRange(name, got: "\(previous)", expected: "\(end)") }
    }

    /// Of fewer vectors a search looks at every one: that is quicker there (docs/adr/0015).
    public static let minimumItems = 20_000

    /// The recall that searches aim at where nobody says another. Of candidates that are ranked the last hardly matter: at a
    /// million items 99 of 100 places of an answer were those of exact search, in 0.6 of the time of 0.97 (docs/adr/0037).
    public static let defaultRecall = 0.9

    /// The k best items, best first; scores by the metric, from 10 bits a coordinate (8 where the index was built so).
    /// - Parameters:
    ///   - query: ``dimension`` coordinates. One that is not finite, or without direction for the cosine, finds nothing.
    ///   - recall: the share of the true k best to aim at, on average over queries like those of the calibration.
    public func search(
        _ query: [Float], k: Int, excluding: ItemSet? = nil, recall: Double = defaultRecall,
        deadline: Deadline = .none
    ) -> [Scored] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        let k = min(k, count)
        guard k > 0, !deadline.hasPassed else { return [] }
        let width = plan.width(k: k, target: recall)
        return pool.with { workspace in
            var search = PartitionSearch(tables, workspace)
            guard query.withUnsafeBufferPointer({ $0.baseAddress.map { search.take($0) } ?? false }) else { return [] }
            func plain(_ excluded: UnsafePointer<UInt64>?) -> Int {
                search.scan(search.choosePartitions(width), k: k, margin: width.margin, excluded: excluded)
            }
            guard let excluding else {
                search.scorePartitions()
                let kept = plain(nil)
                if kept >= k { return search.best(of: kept, k: k) }
                // Partitions that promised much and hold little (copies by the thousand): all of them, then.
                let all = search.orderPartitions(tables.partitions)
                return search.best(of: search.scan(all, k: k, margin: width.margin, excluded: nil), k: k)
            }
            return excluding.withWords(of: itemCount) { words in
                let filtered = FilteredSearch(search, of: self, excluded: words)
                let share = filtered.passingShare
                if let few = filtered.bestOfFew(k: k, share: share) { return few }
                search.scorePartitions()
                if share > Self.nearlyAll {
                    let kept = plain(words.baseAddress)
                    if kept >= k { return search.best(of: kept, k: k) }
                }
                return filtered.best(k: k, recall: recall, share: share, deadline: deadline)
            }
        }
    }

    /// When so many pass, what a request has seen or what is hidden changes nothing about how wide to search.
    private static let nearlyAll = 0.97
}

extension PartitionedIndex {
    /// The k best of some items by their vectors; none where the index has no vectors.
    func exactly(_ items: [ItemIndex], _ search: PartitionSearch, k: Int) -> [Scored] {
        guard let vectors else { return [] }
        return vectors.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return [] }
            return search.best(of: items, by: base, k: k)
        }
    }
}

extension ItemSet {
    /// The words of a set over at least `count` items: what is past its own items is not in it.
    fileprivate func withWords<Result>(of count: Int, _ body: (UnsafeBufferPointer<UInt64>) -> Result) -> Result {
        if itemCount >= count { return withUnsafeWords(body) }
        var wider = withUnsafeWords { Array($0) }
        wider += [UInt64](repeating: 0, count: (count + 63) / 64 - wider.count)
        return wider.withUnsafeBufferPointer(body)
    }
}

/// Keeps several objects.
final class Owned: Sendable {
    let parts: [any AnyObject & Sendable]
    init(parts: [any AnyObject & Sendable]) { self.parts = parts }
}

extension PartitionedIndex.About {
    /// That the numbers are such as the builder writes, so that nothing downstream can overflow.
    var isSound: Bool {
        (1...65_536).contains(dimension) && (1...PartitionKernels.partitionLimit).contains(partitions)
            && biasScale.isFinite && biasScale >= 0 && biasMiddle.isFinite && biasLeast <= biasMost && plan.isSound
    }
}

extension SearchPlan {
    var isSound: Bool {
        !ks.isEmpty && !targets.isEmpty && widths.count == ks.count && widths.allSatisfy { $0.count == targets.count }
            && zip(ks, ks.dropFirst()).allSatisfy(<) && zip(targets, targets.dropFirst()).allSatisfy(<)
            && ks.allSatisfy { (1...1_000_000).contains($0) } && targets.allSatisfy { $0 > 0 && $0 < 1 }
            && widths.allSatisfy {
                $0.allSatisfy {
                    (1...PartitionKernels.partitionLimit).contains($0.probes) && $0.gap >= 0 && $0.margin >= 0
                }
            } && reaches.count == ks.count && reaches.allSatisfy { $0.count == targets.count }
            && work.count == ks.count
            && work.allSatisfy {
                $0.count == targets.count
                    && $0.allSatisfy { work in
                        [work.lists, work.scanned, work.depth].allSatisfy { (0...1e12).contains($0) }
                    }
            }
    }
}

extension PartitionedIndex {
    /// How wide a search for the k best looks to reach a recall, on average: partitions scanned, candidates scored
    /// again.
    public func width(k: Int, recall: Double) -> (probes: Int, depth: Int) {
        let work = plan.usual(k: k, target: recall).work
        return (Int(work.lists.rounded()), Int(work.depth.rounded()))
    }
}
