import MagpieDomain
import MagpieKernels

/// The true k best rows of many queries at once, by looking at all: what calibration compares with.
enum ExactNeighbours {
    /// - Parameters:
    ///   - rows: as inner products see them (unit length for the cosine).
    ///   - halfSquares: subtracted from a row's score: |x|^2 / 2 for L2; nil: nothing.
    ///   - k: how many for a query.
    ///   - skipping: a row that is not counted for a query (the query itself); nil: none.
    /// - Returns: for each query row numbers, best first, of equals the smaller.
    static func find(
        queries: SharedRows, in rows: SharedRows, halfSquares: [Float]?, k: @Sendable (Int) -> Int, skipping: [Int]?,
        threads: Int
    ) -> [[UInt32]] {
        let group = 64
        let d = rows.dimension
        let pieces = (queries.count + group - 1) / group
        let blockRows = 256
        let found: [[[UInt32]]] = Parallel.map(pieces, threads: threads) { piece in
            let first = piece * group
            let count = min(group, queries.count - first)
            let panels = PartitionKernels.panels(
                of: queries.pointer + first * queries.stride, stride: queries.stride, count: count, dimension: d)
            let width = (count + 15) / 16 * 16
            let zeros = [Float](repeating: 0, count: width)
            let out = SharedBuffer<Float>(count: blockRows * width, repeating: 0)
            let thresholds = SharedBuffer<Float>(count: width, repeating: -.infinity)
            var best = (0..<count).map { KeptKeys(k(first + $0)) }
            for begin in stride(from: 0, to: rows.count, by: blockRows) {
                let length = min(blockRows, rows.count - begin)
                panels.withUnsafeBufferPointer { panels in
                    zeros.withUnsafeBufferPointer { zeros in
                        guard let panels = panels.baseAddress, let zeros = zeros.baseAddress else { return }
                        PartitionKernels.panelScores(
                            rows: rows.pointer + begin * rows.stride, stride: rows.stride, count: length,
                            dimension: d, panels: panels, panelCount: width / 16, bias: zeros, into: out.pointer,
                            outStride: width)
                    }
                }
                for r in 0..<length {
                    let less: Float = halfSquares?[begin + r] ?? 0
                    let scores: UnsafeMutablePointer<Float> = out.pointer + r * width
                    for q in 0..<count where scores[q] - less >= thresholds.pointer[q] {
                        if let skipping, skipping[first + q] == begin + r { continue }
                        if best[q].takes(UInt32(begin + r), scores[q] - less) {
                            thresholds.pointer[q] = best[q].threshold
                        }
                    }
                }
            }
            return best.indices.map { best[$0].sorted() }
        }
        return found.flatMap { $0 }
    }
}

/// The k best of many in room for a few times k, and once in a while those alone: a heap of a thousand costs more.
private struct KeptKeys {
    private let k: Int
    private let keys: SharedBuffer<UInt64>
    private var count = 0
    /// What a score must reach, as of the last time.
    private(set) var threshold = -Float.infinity

    init(_ k: Int) {
        self.k = max(k, 1)
        keys = SharedBuffer(count: 4 * max(k, 1) + 64, repeating: 0)
    }

    /// - Parameter score: a number.
    /// - Returns: whether the threshold has risen.
    mutating func takes(_ id: UInt32, _ score: Float) -> Bool {
        keys.pointer[count] = RankedKey.key(score, id)
        count += 1
        guard count == keys.count else { return false }
        let first = RankedKey.sortFirst(k, of: UnsafeMutableBufferPointer(start: keys.pointer, count: count))
        count = first.count
        threshold = first.last.map(RankedKey.score) ?? threshold
        return true
    }

    /// Best first.
    func sorted() -> [UInt32] {
        RankedKey.sortFirst(k, of: UnsafeMutableBufferPointer(start: keys.pointer, count: count)).map(RankedKey.item)
    }
}
