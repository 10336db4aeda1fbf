import MagpieDomain
import MagpieKernels

/// What a build is calibrated with: queries, and the exact answers to them.
extension PartitionedIndexBuilder {
    /// Queries to calibrate with: rows of floats, as inner products see them.
    struct Asked {
        let rows: SharedRows
        /// The items that they are themselves; nil: queries from outside.
        let own: [Int]?
    }

    func calibrationQueries(_ given: VectorSet?) throws -> Asked {
        var random = RandomSource(seed: seed, 0x7175)
        let limit = max(options.calibrationQueries, 1)
        if let given {
            guard given.dimension == d else {
                throw VectorIndexError.dimension(name: given.name, got: given.dimension, expected: d)
            }
            let chosen = KMeans.distinct(min(limit, given.count), of: given.count, using: &random)
            var copy: [Float] = []
            try given.withUnsafeBufferPointer { all in
                for row in chosen {
                    var query = Array(all[row * d..<(row + 1) * d])
                    if let j = query.firstIndex(where: { !$0.isFinite }) {
                        throw VectorIndexError.notFinite(name: given.name, row: row, coordinate: j)
                    }
                    if let mean { for j in 0..<d { query[j] -= mean[j] } }
                    let length = VectorKernels.dot(query, query)
                    guard length.isFinite else { throw VectorIndexError.tooLong(name: given.name, row: row) }
                    // Everything is equally near a query without a direction: nothing to learn from.
                    guard metric == .euclidean || length > 0 else { continue }
                    if metric == .cosine { VectorKernels.normalise(&query) }
                    copy += query
                }
            }
            return Asked(rows: shared(copy), own: nil)
        }
        var own: [Int] = []
        var copy: [Float] = []
        for i in KMeans.distinct(min(limit, ids.count), of: ids.count, using: &random) {
            let row = UnsafeBufferPointer(start: rows.pointer + Int(ids[i]) * rows.stride, count: d)
            guard metric == .euclidean || row.contains(where: { $0 != 0 }) else { continue }
            own.append(Int(ids[i]))
            copy += row
        }
        return Asked(rows: shared(copy), own: own)
    }

    private func shared(_ values: [Float]) -> SharedRows {
        let buffer = SharedBuffer<Float>(count: values.count, repeating: 0)
        for i in values.indices { buffer.pointer[i] = values[i] }
        return SharedRows(
            pointer: UnsafePointer(buffer.pointer), stride: d, count: values.count / d, dimension: d, owner: buffer)
    }

    /// Items, the true best first.
    func truth(of asked: Asked) -> [[UInt32]] {
        let isPart = ids.count < itemCount
        // Rows that are not in the index can be no answer: theirs are pushed out by an infinite half square.
        var halfSquares: [Float]?
        if metric == .euclidean || isPart {
            let squares = SharedBuffer<Float>(count: itemCount, repeating: isPart ? .infinity : 0)
            Parallel.forEach((ids.count + 4095) / 4096, threads: threads) { [rows, ids, d, metric] piece in
                for i in piece * 4096..<min(piece * 4096 + 4096, ids.count) {
                    let row = rows.pointer + Int(ids[i]) * rows.stride
                    squares.pointer[Int(ids[i])] =
                        metric == .euclidean ? VectorKernels.dot(row, row, count: d) / 2 : 0
                }
            }
            halfSquares = squares.array()
        }
        let most = max(ids.count - (asked.own == nil ? 0 : 1), 1)
        return ExactNeighbours.find(
            queries: asked.rows, in: rows, halfSquares: halfSquares,
            k: { min($0 < Calibration.largeQueries ? Calibration.ks.last ?? 1 : Calibration.smallK, most) },
            skipping: asked.own, threads: threads)
    }
}
