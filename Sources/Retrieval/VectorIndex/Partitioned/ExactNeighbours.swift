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
            var best = (0..<count).map { TopK(k(first + $0)) }
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
                        best[q].offer(UInt32(begin + r), scores[q] - less)
                        thresholds.pointer[q] = best[q].threshold
                    }
                }
            }
            return best.map { $0.sorted().map(\.id) }
        }
        return found.flatMap { $0 }
    }
}
