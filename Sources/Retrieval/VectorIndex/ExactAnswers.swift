import MagpieDomain
import MagpieKernels

/// Exact search over vectors in memory: what the answers of an index are measured against.
///
/// All rows are looked at in 32-bit floats, a few more than k are taken, and those are put into order by 64-bit sums
/// over the vectors as they were given. So a truth does not depend on how 32 bits round, unless more rows than the
/// spare ones lie within that rounding of the k-th. For L2 the rows are first moved by their mean, which changes no
/// distance and keeps the squares small.
///
/// Vectors have to be finite, as ``PartitionedIndex/build(_:present:metric:queries:options:seed:threads:progress:to:)``
/// checks them: a row with a NaN is found by nobody.
public struct ExactAnswers: Sendable {
    public let metric: VectorMetric
    public var count: Int { base.count }
    public var dimension: Int { base.dimension }
    private let base: VectorSet
    /// The rows that 32-bit scores are of: for the cosine of unit length, for L2 less the mean; nil: as given.
    private let moved: SharedBuffer<Float>?
    /// For L2 half the square of a row's length, which is subtracted from its inner product.
    private let halfSquares: SharedBuffer<Float>?
    private let mean: [Float]
    private static let blockRows = 1_024

    public init(_ base: VectorSet, metric: VectorMetric, threads: Int) {
        self.base = base
        self.metric = metric
        let (n, d) = (base.count, base.dimension)
        guard metric != .innerProduct else {
            (moved, halfSquares, mean) = (nil, nil, [])
            return
        }
        let mean = metric == .euclidean ? Self.mean(of: base) : []
        let moved = SharedBuffer<Float>(count: n * d, repeating: 0)
        let halves = SharedBuffer<Float>(count: metric == .euclidean ? n : 0, repeating: 0)
        base.withRows { given in
            Parallel.forEach((n + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
                let begin = block * Self.blockRows
                let length = min(Self.blockRows, n - begin)
                let rows: UnsafeMutablePointer<Float> = moved.pointer + begin * d
                rows.update(from: given.pointer + begin * d, count: length * d)
                if metric == .cosine {
                    VectorKernels.normalise(rows: rows, stride: d, count: length, dimension: d)
                    return
                }
                for r in 0..<length {
                    let row: UnsafeMutablePointer<Float> = rows + r * d
                    for j in 0..<d { row[j] -= mean[j] }
                    halves.pointer[begin + r] = VectorKernels.dot(row, row, count: d) / 2
                }
            }
        }
        self.mean = mean
        self.moved = moved
        halfSquares = metric == .euclidean ? halves : nil
    }

    private static func mean(of base: VectorSet) -> [Float] {
        let d = base.dimension
        var sums = [Double](repeating: 0, count: d)
        base.withUnsafeBufferPointer { all in
            for r in 0..<base.count { for j in 0..<d { sums[j] += Double(all[r * d + j]) } }
        }
        return sums.map { Float($0 / Double(max(base.count, 1))) }
    }

    /// The k best rows of each query, best first, of equals the smaller number.
    public func find(_ queries: VectorSet, k: Int, threads: Int) -> [[UInt32]] {
        let asked = (0..<queries.count).map { queries.row($0) }
        let flat = asked.flatMap { prepared($0) }
        let found: [[UInt32]] = flat.withUnsafeBufferPointer { flat in
            guard let first = flat.baseAddress else { return [] }
            let rows = SharedRows(
                pointer: first, stride: dimension, count: asked.count, dimension: dimension, owner: nil)
            let depth = withSpare(k)
            return withScoredRows {
                ExactNeighbours.find(
                    queries: rows, in: $0, halfSquares: halfSquares?.array(), k: { _ in depth }, skipping: nil,
                    threads: threads)
            }
        }
        return Parallel.map(found.count, threads: threads) { q in ordered(found[q], by: asked[q], k: k) }
    }

    /// The k best of `items`, best first: exact like ``find(_:k:threads:)``.
    public func find(_ query: [Float], k: Int, among items: [UInt32]) -> [UInt32] {
        ordered(best(query, k: withSpare(k), among: items).map(\.item), by: query, k: k)
    }

    /// The k best of `items` by 32-bit scores alone, best first: what whoever has the rows of a filter in hand would
    /// do without an index. Scores are larger where better, and only their order means anything.
    public func best(_ query: [Float], k: Int, among items: [UInt32]) -> [Scored] {
        var best = TopK(k)
        guard best.limit > 0 else { return [] }
        let query = prepared(query)
        var scores = [Float](repeating: 0, count: min(Self.blockRows, items.count))
        withScoredRows { rows in
            items.withUnsafeBufferPointer { items in
                for begin in stride(from: 0, to: items.count, by: Self.blockRows) {
                    let part = UnsafeBufferPointer(
                        rebasing: items[begin..<min(begin + Self.blockRows, items.count)])
                    guard let ids = part.baseAddress else { return }
                    VectorKernels.scores(
                        query: query, rows: rows.pointer, stride: dimension, at: ids, count: part.count,
                        dimension: dimension, into: &scores)
                    var threshold = best.threshold
                    for i in 0..<part.count {
                        let score: Float = scores[i] - (halfSquares.map { $0.pointer[Int(ids[i])] } ?? 0)
                        guard score >= threshold else { continue }
                        best.offer(ids[i], score)
                        threshold = best.threshold
                    }
                }
            }
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    /// 32-bit scores of all rows, larger where better; only their order means anything.
    public func scores(_ query: [Float]) -> [Float] {
        let query = prepared(query)
        var scores = [Float](repeating: 0, count: count)
        withScoredRows { rows in
            VectorKernels.scores(
                query: query, rows: rows.pointer, stride: dimension, count: count, dimension: dimension, into: &scores)
        }
        if let halfSquares { for i in scores.indices { scores[i] -= halfSquares.pointer[i] } }
        return scores
    }

    /// The metric itself of some rows, in 64 bits.
    public static func scores(
        _ query: [Float], of items: [UInt32], in base: VectorSet, metric: VectorMetric
    ) -> [Double] {
        let d = base.dimension
        precondition(query.count == d, "\(query.count) coordinates against \(d)")
        return base.withUnsafeBufferPointer { all in
            items.map { item in
                let begin = Int(item) * d
                return metric.exactScore(query, UnsafeBufferPointer(rebasing: all[begin..<begin + d]))
            }
        }
    }
}

// MARK: Parts

extension ExactAnswers {
    /// How many to take by 32-bit scores, so that the k best of 64 bits are among them.
    private func withSpare(_ k: Int) -> Int { min(k + k / 8 + 16, count) }

    private func ordered(_ items: [UInt32], by query: [Float], k: Int) -> [UInt32] {
        let exact = Self.scores(query, of: items, in: base, metric: metric)
        let ranked = zip(items, exact).sorted { $0.1 > $1.1 || ($0.1 == $1.1 && $0.0 < $1.0) }
        return ranked.prefix(k).map(\.0)
    }

    /// The query as the scored rows see it.
    private func prepared(_ query: [Float]) -> [Float] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        switch metric {
        case .innerProduct: return query
        case .euclidean: return zip(query, mean).map { $0 - $1 }
        case .cosine:
            var unit = query
            VectorKernels.normalise(&unit)
            return unit
        }
    }

    private func withScoredRows<Result>(_ body: (SharedRows) -> Result) -> Result {
        guard let moved else { return base.withRows(body) }
        return body(
            SharedRows(
                pointer: UnsafePointer(moved.pointer), stride: dimension, count: count, dimension: dimension,
                owner: moved))
    }
}

extension VectorSet {
    /// The rows for several threads to read; the pointer holds during the call.
    fileprivate func withRows<Result>(_ body: (SharedRows) -> Result) -> Result {
        withUnsafeBufferPointer { all in
            guard let first = all.baseAddress else { preconditionFailure("\(name): no vectors") }
            return body(SharedRows(pointer: first, stride: dimension, count: count, dimension: dimension, owner: nil))
        }
    }
}

extension VectorMetric {
    /// In 64 bits, in the order of the coordinates.
    fileprivate func exactScore(_ query: [Float], _ row: UnsafeBufferPointer<Float>) -> Double {
        var (product, querySquare, rowSquare, distance) = (0.0, 0.0, 0.0, 0.0)
        for j in query.indices {
            let (q, x) = (Double(query[j]), Double(row[j]))
            product += q * x
            querySquare += q * q
            rowSquare += x * x
            distance += (q - x) * (q - x)
        }
        switch self {
        case .innerProduct: return product
        case .euclidean: return -distance
        case .cosine:
            let lengths = (querySquare * rowSquare).squareRoot()
            return lengths > 0 ? product / lengths : 0
        }
    }
}
