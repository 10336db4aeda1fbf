/// The inverse of a symmetric positive definite matrix of Floats, in place, on several threads: the same bytes for any
/// number of them and on every instruction set.
///
/// Sweeps (Goodnight 1979, "A Tutorial on the SWEEP Operator", section 3) of whole blocks of pivots. With D the block of
/// the pivots, W the columns of the pivots and V = W D^-1, a sweep replaces
///
///     all else   A   by  A - V Wᵀ          one update of rank `pivots`: n^2 * pivots multiplications, all the work
///     columns    W   by  V
///     pivots     D   by  -D^-1             by Cholesky's decomposition, in Doubles
///
/// and after all sweeps A is the negative of the inverse. Only the lower triangle is read and computed, which makes
/// n^3 / 2 multiplications with their additions, as many as decomposing by Cholesky, inverting the factor and
/// multiplying. Each element takes its products in by one fixed order. Memory: 3 n * `pivots` floats beside the matrix.
public enum SymmetricInverse {
    /// Pivots of a sweep: so many columns of a block of rows and of a block of columns stay in the second cache.
    static let pivots = 256
    static let columnsPerBlock = 256
    static let rowsPerPiece = 512
    static let rowsPerCall = 64

    /// - Parameters:
    ///   - matrix: order x order, row-major; afterwards the inverse, both triangles. Undefined after a failure.
    ///   - progress: the share done, called on this thread.
    /// - Returns: nil, or the row at which the matrix turned out not to be positive definite.
    public static func invert(
        _ matrix: SharedBuffer<Float>, order n: Int, threads: Int, progress: (Double) -> Void = { _ in }
    ) -> Int? {
        precondition(n >= 0 && matrix.count >= n * n, "\(matrix.count) elements of \(n) x \(n)")
        let sweep = Sweep(matrix, order: n, threads: threads)
        for first in stride(from: 0, to: n, by: pivots) {
            let count = min(pivots, n - first)
            guard let inverse = PivotBlock.inverse(of: sweep.block(at: first, count), order: count) else {
                return first
            }
            sweep.gather(first, count)
            sweep.multiply(by: inverse, count)
            sweep.update(count)
            sweep.put(first, count, inverse)
            progress(Double(first + count) / Double(n))
        }
        sweep.negateAndMirror()
        return nil
    }
}

/// The blocks of one inversion and its workspace.
private struct Sweep: Sendable {
    let matrix: SharedBuffer<Float>
    let n: Int
    let threads: Int
    /// n x pivots: the columns of the pivots, and those times the inverse of the pivots.
    let columns: SharedBuffer<Float>
    let product: SharedBuffer<Float>
    /// `columns` once more in panels of 16 rows, see ``PartitionKernels``.
    let panels: SharedBuffer<Float>
    /// The inverse of the pivots in panels.
    let right: SharedBuffer<Float>
    let zeros: SharedBuffer<Float>

    init(_ matrix: SharedBuffer<Float>, order n: Int, threads: Int) {
        self.matrix = matrix
        self.n = n
        self.threads = threads
        let width = SymmetricInverse.pivots
        let padded = (n + 15) / 16 * 16
        columns = SharedBuffer(count: padded * width, repeating: 0)
        product = SharedBuffer(count: padded * width, repeating: 0)
        panels = SharedBuffer(count: padded * width, repeating: 0)
        right = SharedBuffer(count: width * width, repeating: 0)
        zeros = SharedBuffer(count: max(width, SymmetricInverse.columnsPerBlock), repeating: 0)
    }

    private var rowBlocks: Int { (n + SymmetricInverse.rowsPerCall - 1) / SymmetricInverse.rowsPerCall }

    private func rows(ofBlock block: Int) -> Range<Int> {
        let first = block * SymmetricInverse.rowsPerCall
        return first..<min(first + SymmetricInverse.rowsPerCall, n)
    }

    /// The square of pivots, both triangles.
    func block(at first: Int, _ count: Int) -> [Double] {
        var block = [Double](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in 0...i {
                let value = Double(matrix.pointer[(first + i) * n + first + j])
                block[i * count + j] = value
                block[j * count + i] = value
            }
        }
        return block
    }

    /// Fills `columns` and `panels`.
    func gather(_ first: Int, _ count: Int) {
        Parallel.forEach(rowBlocks, threads: threads) { block in
            let a: UnsafeMutablePointer<Float> = matrix.pointer
            for row in rows(ofBlock: block) {
                let out: UnsafeMutablePointer<Float> = columns.pointer + row * count
                let panel: UnsafeMutablePointer<Float> = panels.pointer + row / 16 * count * 16 + row % 16
                for k in 0..<count {
                    let pivot = first + k
                    let value: Float = row >= pivot ? a[row * n + pivot] : a[pivot * n + row]
                    out[k] = value
                    panel[k * 16] = value
                }
            }
        }
    }

    /// product = columns x inverse.
    func multiply(by inverse: [Float], _ count: Int) {
        let padded = (count + 15) / 16 * 16
        for c in 0..<count {
            // Symmetric: column c is row c.
            for k in 0..<count { right.pointer[(c / 16 * count + k) * 16 + c % 16] = inverse[c * count + k] }
        }
        Parallel.forEach(
            rowBlocks, threads: threads,
            scratch: { [Float](repeating: 0, count: SymmetricInverse.rowsPerCall * padded) }
        ) { block, work in
            let rows = rows(ofBlock: block)
            work.withUnsafeMutableBufferPointer { work in
                guard let out = work.baseAddress else { return }
                PartitionKernels.panelScores(
                    rows: columns.pointer + rows.lowerBound * count, stride: count, count: rows.count,
                    dimension: count, panels: right.pointer, panelCount: padded / 16, bias: zeros.pointer,
                    into: out, outStride: padded)
                for row in rows {
                    (product.pointer + row * count).update(from: out + (row - rows.lowerBound) * padded, count: count)
                }
            }
        }
    }

    /// The lower triangle less product x columnsᵀ.
    func update(_ count: Int) {
        let width = SymmetricInverse.columnsPerBlock
        let height = SymmetricInverse.rowsPerPiece
        var pieces: [(column: Int, row: Int)] = []
        for column in stride(from: 0, to: n, by: width) {
            for row in stride(from: column / height * height, to: n, by: height) {
                pieces.append((column, max(row, column)))
            }
        }
        let work = pieces
        Parallel.forEach(
            work.count, threads: threads,
            scratch: { [Float](repeating: 0, count: SymmetricInverse.rowsPerCall * width) }
        ) { piece, products in
            let (column, first) = work[piece]
            let end = min(first / height * height + height, n)
            let wide = min(width, n - column)
            products.withUnsafeMutableBufferPointer { products in
                guard let out = products.baseAddress else { return }
                for row in stride(from: first, to: end, by: SymmetricInverse.rowsPerCall) {
                    let rows = min(SymmetricInverse.rowsPerCall, end - row)
                    PartitionKernels.panelScores(
                        rows: product.pointer + row * count, stride: count, count: rows, dimension: count,
                        panels: panels.pointer + column * count, panelCount: (wide + 15) / 16, bias: zeros.pointer,
                        into: out, outStride: width)
                    for r in 0..<rows {
                        // Of the block on the diagonal also what lies above it: nobody reads that.
                        VectorKernels.axpy(
                            -1, out + r * width, into: matrix.pointer + (row + r) * n + column, count: wide)
                    }
                }
            }
        }
    }

    /// The swept columns and pivots.
    func put(_ first: Int, _ count: Int, _ inverse: [Float]) {
        Parallel.forEach(rowBlocks, threads: threads) { block in
            let a: UnsafeMutablePointer<Float> = matrix.pointer
            for row in rows(ofBlock: block) {
                let values: UnsafeMutablePointer<Float> = product.pointer + row * count
                if row >= first + count {
                    (a + row * n + first).update(from: values, count: count)
                } else if row < first {
                    for k in 0..<count { a[(first + k) * n + row] = values[k] }
                } else {
                    for k in 0..<count { a[row * n + first + k] = -inverse[(row - first) * count + k] }
                }
            }
        }
    }

    func negateAndMirror() {
        let width = SymmetricInverse.columnsPerBlock
        let blocks = (n + width - 1) / width
        Parallel.forEach(blocks, threads: threads) { block in
            let a: UnsafeMutablePointer<Float> = matrix.pointer
            // This thread owns columns `first ..< end` below the diagonal, and rows `first ..< end` above it.
            let first = block * width
            let end = min(first + width, n)
            for top in stride(from: first, to: n, by: 16) {
                for row in top..<min(top + 16, n) {
                    for column in first..<min(end, row + 1) {
                        let value: Float = -a[row * n + column]
                        a[row * n + column] = value
                        a[column * n + row] = value
                    }
                }
            }
        }
    }
}

/// The inverse of one block of pivots by Cholesky's decomposition, in Doubles.
private enum PivotBlock {
    /// - Returns: nil when it is not positive definite.
    static func inverse(of block: [Double], order n: Int) -> [Float]? {
        var lower = block
        var left = [Double](repeating: 0, count: n * n)
        var inverse = left
        let isPositive = lower.withUnsafeMutableBufferPointer { lower -> Bool in
            guard let l = lower.baseAddress else { return true }
            for i in 0..<n {
                for j in 0...i {
                    var sum: Double = l[i * n + j]
                    for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
                    if i > j {
                        l[i * n + j] = sum / l[j * n + j]
                    } else {
                        // What is left of the diagonal must be more than the rounding of the Floats it is made of.
                        guard sum > l[i * n + i] * Double(Float.ulpOfOne), sum.isFinite else { return false }
                        l[i * n + i] = sum.squareRoot()
                    }
                }
            }
            return true
        }
        guard isPositive else { return nil }
        // left = lower^-1, row by row; the inverse is leftᵀ left.
        lower.withUnsafeBufferPointer { l in
            left.withUnsafeMutableBufferPointer { m in
                for i in 0..<n {
                    for k in 0..<i {
                        let factor: Double = l[i * n + k]
                        for j in 0...k { m[i * n + j] -= factor * m[k * n + j] }
                    }
                    m[i * n + i] = 1
                    let pivot: Double = l[i * n + i]
                    for j in 0...i { m[i * n + j] /= pivot }
                }
            }
        }
        left.withUnsafeBufferPointer { m in
            inverse.withUnsafeMutableBufferPointer { p in
                for k in 0..<n {
                    for i in 0...k {
                        let factor: Double = m[k * n + i]
                        for j in 0...k { p[i * n + j] += factor * m[k * n + j] }
                    }
                }
            }
        }
        return inverse.map { Float($0) }
    }
}
