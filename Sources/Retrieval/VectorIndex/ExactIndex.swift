import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Looks at every row: the truth that other indexes approximate, and fast enough for some 10,000 items.
///
/// Has no file of its own: it reads the rows of another artifact (F32, n x d) where they are mapped.
public struct ExactIndex: ExhaustiveIndex {
    public let count: Int
    public let dimension: Int
    /// Of ``count`` items those that have a vector.
    let present: ItemSet
    private let rows: Tensor<Float>
    /// Rows between two looks at the clock: tens of microseconds.
    private static let rowsPerBlock = 1_024

    /// - Parameters:
    ///   - rows: n x d.
    ///   - present: of n items those that have a vector.
    public init(rows: Tensor<Float>, present: ItemSet) {
        precondition(rows.shape.count == 2 && rows.shape[0] == present.itemCount, "shape \(rows.shape)")
        self.rows = rows
        self.present = present
        count = rows.shape[0]
        dimension = rows.shape[1]
    }

    public func search(_ query: [Float], k: Int, excluding: ItemSet, deadline: Deadline) -> [Scored] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        var best = TopK(k)
        guard best.limit > 0 else { return [] }
        var scores = [Float](repeating: 0, count: min(Self.rowsPerBlock, count))
        for begin in stride(from: 0, to: count, by: Self.rowsPerBlock) {
            if deadline.hasPassed { return [] }
            let length = min(Self.rowsPerBlock, count - begin)
            scores.withUnsafeMutableBufferPointer { scores in
                guard let out = scores.baseAddress else { return }
                rows.withUnsafeBufferPointer { rows in
                    guard let first = rows.baseAddress else { return }
                    VectorKernels.scores(
                        query: query, rows: first + begin * dimension, stride: dimension, count: length,
                        dimension: dimension, into: out)
                }
                for row in 0..<length where scores[row] >= best.threshold {
                    let item = ItemIndex(begin + row)
                    if present.contains(item), !excluding.contains(item) { best.offer(item, scores[row]) }
                }
            }
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    public func scores(of items: [ItemIndex], _ query: [Float]) -> [Float] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        var scores = [Float](repeating: .nan, count: items.count)
        let places = items.indices.filter { present.contains(items[$0]) }
        if places.count == items.count {
            score(items[...], query, into: &scores)
        } else if !places.isEmpty {
            var known = [Float](repeating: 0, count: places.count)
            score(places.map { items[$0] }[...], query, into: &known)
            for (place, score) in zip(places, known) { scores[place] = score }
        }
        return scores
    }

    /// The same for several queries, a list for each: an item's row is read once.
    func scores(of items: [ItemIndex], _ queries: [[Float]]) -> [[Float]] {
        precondition(queries.allSatisfy { $0.count == dimension })
        var lists = queries.map { _ in [Float](repeating: .nan, count: items.count) }
        let side = queries.flatMap(\.self)
        var scores = [Float](repeating: 0, count: queries.count)
        rows.withUnsafeBufferPointer { rows in
            guard let first = rows.baseAddress else { return }
            for (place, item) in items.enumerated() {
                if place + Self.rowsAhead < items.count, present.contains(items[place + Self.rowsAhead]) {
                    prefetch(first + Int(items[place + Self.rowsAhead]) * dimension, count: dimension)
                }
                guard present.contains(item) else { continue }
                VectorKernels.scores(
                    query: first + Int(item) * dimension, rows: side, stride: dimension, count: queries.count,
                    dimension: dimension, into: &scores)
                for query in lists.indices { lists[query][place] = scores[query] }
            }
        }
        return lists
    }

    private static let rowsAhead = 4

    /// `items` are rows of this index.
    private func score(_ items: ArraySlice<ItemIndex>, _ query: [Float], into scores: inout [Float]) {
        items.withUnsafeBufferPointer { items in
            rows.withUnsafeBufferPointer { rows in
                guard let ids = items.baseAddress, let first = rows.baseAddress else { return }
                VectorKernels.scores(
                    query: query, rows: first, stride: dimension, at: ids, count: items.count, dimension: dimension,
                    into: &scores)
            }
        }
    }
}
