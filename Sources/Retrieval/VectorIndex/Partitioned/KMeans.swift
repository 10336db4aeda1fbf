import MagpieKernels

/// Lloyd's k-means over rows of floats, the same bytes for any number of threads: assignment in parallel, a stable
/// counting sort by cluster, each centroid summed by one thread in row order.
enum KMeans {
    static let blockRows = 512

    /// Centroids, `clusters` x `dimension`, from distinct rows on. A cluster that nobody joins is split off the
    /// largest one.
    /// - Parameter rows: `count` rows, `stride` floats apart; `count` is at least `clusters`.
    static func fit(
        rows: SharedRows, clusters: Int, iterations: Int, seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }
    ) -> [Float] {
        let d = rows.dimension
        let n = rows.count
        precondition(clusters > 0 && n >= clusters, "\(clusters) clusters of \(n) rows")
        var random = RandomSource(seed: seed, 0x6B6D)
        var centroids = [Float](repeating: 0, count: clusters * d)
        for (c, row) in distinct(clusters, of: n, using: &random).enumerated() {
            for j in 0..<d { centroids[c * d + j] = rows.pointer[row * rows.stride + j] }
        }
        for round in 0..<iterations {
            let assigned = assign(rows, to: Columns(centroids, dimension: d), threads: threads)
            let (means, counts) = means(rows, assigned, clusters: clusters, threads: threads)
            centroids = means
            splitLargest(into: &centroids, counts: counts, dimension: d)
            progress(Double(round + 1) / Double(iterations))
        }
        return centroids
    }

    /// The mean of each cluster's rows, summed in their order, and how many there are.
    private static func means(
        _ rows: SharedRows, _ assigned: SharedBuffer<UInt32>, clusters: Int, threads: Int
    ) -> (means: [Float], counts: [Int]) {
        let d = rows.dimension
        let sums = SharedBuffer<Float>(count: clusters * d, repeating: 0)
        var counts = [Int](repeating: 0, count: clusters)
        if threads == 1 {  // short rows, for the most part: a sort and a call each would cost more than the sums
            for r in 0..<rows.count {
                let c = Int(assigned.pointer[r])
                let row = rows.pointer + r * rows.stride
                for j in 0..<d { sums.pointer[c * d + j] += row[j] }
                counts[c] += 1
            }
        } else {
            let order = CountingSort(keys: assigned, keyCount: clusters)
            counts = (0..<clusters).map { order.range(of: $0).count }
            Parallel.forEach(clusters, threads: threads) { c in
                for place in order.range(of: c) {
                    VectorKernels.axpy(
                        1, rows.pointer + Int(order.rows[place]) * rows.stride, into: sums.pointer + c * d, count: d)
                }
            }
        }
        for c in 0..<clusters where counts[c] > 0 {
            for j in 0..<d { sums.pointer[c * d + j] /= Float(counts[c]) }
        }
        return (sums.array(), counts)
    }

    /// The nearest column of each row.
    static func assign(_ rows: SharedRows, to columns: Columns, threads: Int) -> SharedBuffer<UInt32> {
        let best = SharedBuffer<UInt32>(count: rows.count, repeating: 0)
        Parallel.forEach((rows.count + blockRows - 1) / blockRows, threads: threads) { block in
            let begin = block * blockRows
            columns.best(
                of: rows.pointer + begin * rows.stride, stride: rows.stride, count: min(blockRows, rows.count - begin),
                into: best.pointer + begin)
        }
        return best
    }

    /// `count` different numbers below `n`, in random order (Fisher and Yates, the first part).
    static func distinct(_ count: Int, of n: Int, using random: inout RandomSource) -> [Int] {
        var moved: [Int: Int] = [:]
        return (0..<count).map { place in
            let other = place + random.below(n - place)
            let value = moved[other] ?? other
            moved[other] = moved[place] ?? place
            return value
        }
    }

    private static func splitLargest(into centroids: inout [Float], counts: [Int], dimension d: Int) {
        var counts = counts
        for empty in counts.indices where counts[empty] == 0 {
            guard let largest = counts.indices.max(by: { (counts[$0], $1) < (counts[$1], $0) }), counts[largest] > 1
            else { return }
            for j in 0..<d {
                let value = centroids[largest * d + j]
                let nudge: Float = j % 2 == 0 ? 1 / 1024 : -1 / 1024
                centroids[empty * d + j] = value * (1 + nudge)
                centroids[largest * d + j] = value * (1 - nudge)
            }
            counts[empty] = counts[largest] / 2
            counts[largest] -= counts[empty]
        }
    }
}

/// Rows of floats that several threads read. Unchecked, for a pointer is never Sendable: nobody writes through this one.
struct SharedRows: @unchecked Sendable {
    let pointer: UnsafePointer<Float>
    let stride: Int
    let count: Int
    let dimension: Int
    /// Keeps the memory.
    let owner: AnyObject?
}

/// Centroids or codewords as the kernels want them, with what makes the largest inner product the nearest.
struct Columns: Sendable {
    let count: Int
    let dimension: Int
    let panels: [Float]
    /// -|c|^2 / 2; minus infinity past `count`.
    let bias: [Float]

    init(_ columns: [Float], dimension: Int) {
        self.dimension = dimension
        count = columns.count / dimension
        var bias = [Float](repeating: -.infinity, count: (count + 15) / 16 * 16)
        panels = columns.withUnsafeBufferPointer { columns in
            guard let base = columns.baseAddress else { return [] }
            for c in 0..<columns.count / dimension {
                var sum: Double = 0
                for j in 0..<dimension {
                    let value = Double(base[c * dimension + j])
                    sum += value * value
                }
                bias[c] = Float(-sum / 2)
            }
            return PartitionKernels.panels(
                of: base, stride: dimension, count: columns.count / dimension, dimension: dimension)
        }
        self.bias = bias
    }

    func best(
        of rows: UnsafePointer<Float>, stride: Int, count rowCount: Int, into best: UnsafeMutablePointer<UInt32>
    ) {
        panels.withUnsafeBufferPointer { panels in
            bias.withUnsafeBufferPointer { bias in
                guard let panels = panels.baseAddress, let bias = bias.baseAddress else { return }
                PartitionKernels.panelBest(
                    rows: rows, stride: stride, count: rowCount, dimension: dimension, panels: panels,
                    panelCount: (count + 15) / 16, bias: bias, into: best)
            }
        }
    }
}

/// Rows in the order of their keys, rows of one key ascending.
struct CountingSort: Sendable {
    /// Row numbers, by key.
    let rows: [UInt32]
    /// Where each key begins; one more than there are keys.
    let begins: [Int]

    init(keys: SharedBuffer<UInt32>, keyCount: Int) {
        var begins = [Int](repeating: 0, count: keyCount + 1)
        for i in 0..<keys.count { begins[Int(keys.pointer[i]) + 1] += 1 }
        for key in 0..<keyCount { begins[key + 1] += begins[key] }
        var next = begins
        rows = [UInt32](unsafeUninitializedCapacity: keys.count) { rows, count in
            for i in 0..<keys.count {
                let key = Int(keys.pointer[i])
                rows[next[key]] = UInt32(i)
                next[key] += 1
            }
            count = keys.count
        }
        self.begins = begins
    }

    func range(of key: Int) -> Range<Int> { begins[key]..<begins[key + 1] }
}
