import MagpieKernels

/// The orthonormal axes along which rows have most of their length (the eigenvectors of their second moment), the
/// greatest first. Partitions and codes work on coordinates along them: the first few carry most of what tells
/// vectors apart, and each gets bits by its share (Ge et al. 2013, "Optimized Product Quantization", section 3).
enum PrincipalAxes {
    /// - Returns: `axes` x `d`, row-major.
    static func fit(rows: SharedRows, axes: Int, seed: UInt64, threads: Int) -> [Float] {
        let moment = secondMoment(rows, threads: threads)
        let d = rows.dimension
        if axes == d || d <= 64 { return top(axes, of: moment, d) }
        return subspace(axes, of: moment, d, seed: seed, threads: threads)
    }

    /// X^T X / n in doubles, d x d; sums over blocks of rows in block order.
    private static func secondMoment(_ rows: SharedRows, threads: Int) -> [Double] {
        let d = rows.dimension
        // Columns of a block as rows: the moment is their inner products.
        let blockRows = 1024
        var total = [Double](repeating: 0, count: d * d)
        let transposed = SharedBuffer<Float>(count: d * blockRows, repeating: 0)
        let zeros = [Float](repeating: 0, count: (d + 15) / 16 * 16)
        let products = SharedBuffer<Float>(count: d * ((d + 15) / 16 * 16), repeating: 0)
        let width = (d + 15) / 16 * 16
        for begin in stride(from: 0, to: rows.count, by: blockRows) {
            let count = min(blockRows, rows.count - begin)
            for j in 0..<d {
                for r in 0..<blockRows {
                    transposed.pointer[j * blockRows + r] =
                        r < count ? rows.pointer[(begin + r) * rows.stride + j] : 0
                }
            }
            let panels = PartitionKernels.panels(
                of: transposed.pointer, stride: blockRows, count: d, dimension: blockRows)
            Parallel.forEach((d + 31) / 32, threads: threads) { piece in
                panels.withUnsafeBufferPointer { panels in
                    zeros.withUnsafeBufferPointer { zeros in
                        guard let panels = panels.baseAddress, let zeros = zeros.baseAddress else { return }
                        PartitionKernels.panelScores(
                            rows: transposed.pointer + piece * 32 * blockRows, stride: blockRows,
                            count: min(32, d - piece * 32), dimension: blockRows, panels: panels,
                            panelCount: width / 16, bias: zeros, into: products.pointer + piece * 32 * width,
                            outStride: width)
                    }
                }
            }
            for i in 0..<d { for j in 0..<d { total[i * d + j] += Double(products.pointer[i * width + j]) } }
        }
        let n = Double(max(rows.count, 1))
        for i in total.indices { total[i] /= n }
        return total
    }

    /// All eigenvectors by Jacobi's rotations, the `axes` greatest.
    private static func top(_ axes: Int, of moment: [Double], _ d: Int) -> [Float] {
        let (values, vectors) = jacobi(moment, d)
        let order = (0..<d).sorted { (values[$1], $0) < (values[$0], $1) }
        var result = [Float](repeating: 0, count: axes * d)
        for (a, column) in order.prefix(axes).enumerated() {
            // The sign is free: the largest coordinate is positive.
            var sign: Double = 1
            var most: Double = 0
            for j in 0..<d where abs(vectors[j * d + column]) > most {
                most = abs(vectors[j * d + column])
                sign = vectors[j * d + column] < 0 ? -1 : 1
            }
            for j in 0..<d { result[a * d + j] = Float(sign * vectors[j * d + column]) }
        }
        return result
    }

    /// The greatest few by orthogonal iteration, with Rayleigh and Ritz at the end: enough for coding, where nearly
    /// equal axes may be mixed.
    private static func subspace(_ axes: Int, of moment: [Double], _ d: Int, seed: UInt64, threads: Int) -> [Float] {
        let width = min(d, axes + 16)
        var random = RandomSource(seed: seed, 0x7063)
        var basis = [Double](repeating: 0, count: width * d)
        for i in basis.indices { basis[i] = Double(random.uniform()) - 0.5 }
        orthonormalise(&basis, width, d)
        for _ in 0..<6 {
            basis = product(basis, width, moment, d, threads: threads)
            orthonormalise(&basis, width, d)
        }
        let image = product(basis, width, moment, d, threads: threads)
        var small = [Double](repeating: 0, count: width * width)
        for i in 0..<width {
            for j in 0..<width {
                var sum: Double = 0
                for l in 0..<d { sum += basis[i * d + l] * image[j * d + l] }
                small[i * width + j] = sum
            }
        }
        let turn = top(axes, of: small, width)
        var result = [Float](repeating: 0, count: axes * d)
        for a in 0..<axes {
            for l in 0..<d {
                var sum: Double = 0
                for i in 0..<width { sum += Double(turn[a * width + i]) * basis[i * d + l] }
                result[a * d + l] = Float(sum)
            }
        }
        return result
    }

    /// rows x moment: `width` x d.
    private static func product(
        _ basis: [Double], _ width: Int, _ moment: [Double], _ d: Int, threads: Int
    ) -> [Double] {
        let rows: [[Double]] = Parallel.map(width, threads: threads) { i in
            var row = [Double](repeating: 0, count: d)
            moment.withUnsafeBufferPointer { moment in
                basis.withUnsafeBufferPointer { basis in
                    row.withUnsafeMutableBufferPointer { row in
                        for l in 0..<d {
                            let factor: Double = basis[i * d + l]
                            for j in 0..<d { row[j] += factor * moment[l * d + j] }
                        }
                    }
                }
            }
            return row
        }
        return rows.flatMap { $0 }
    }

    /// Gram and Schmidt, twice for the digits; a row that vanishes becomes a unit vector.
    private static func orthonormalise(_ rows: inout [Double], _ count: Int, _ d: Int) {
        rows.withUnsafeMutableBufferPointer { rows in
            for i in 0..<count {
                for _ in 0..<2 {
                    for k in 0..<i {
                        var dot: Double = 0
                        for j in 0..<d { dot += rows[i * d + j] * rows[k * d + j] }
                        for j in 0..<d { rows[i * d + j] -= dot * rows[k * d + j] }
                    }
                }
                var length: Double = 0
                for j in 0..<d { length += rows[i * d + j] * rows[i * d + j] }
                length = length.squareRoot()
                for j in 0..<d { rows[i * d + j] = length > 1e-200 ? rows[i * d + j] / length : (j == i % d ? 1 : 0) }
            }
        }
    }

    /// Cyclic Jacobi (Golub and Van Loan, section 8.5): eigenvalues, and eigenvectors as columns.
    static func jacobi(_ symmetric: [Double], _ d: Int) -> (values: [Double], vectors: [Double]) {
        var a = symmetric
        var v = [Double](repeating: 0, count: d * d)
        for i in 0..<d { v[i * d + i] = 1 }
        a.withUnsafeMutableBufferPointer { a in
            v.withUnsafeMutableBufferPointer { v in
                for _ in 0..<30 {
                    var off: Double = 0
                    var diagonal: Double = 0
                    for i in 0..<d {
                        diagonal += a[i * d + i] * a[i * d + i]
                        for j in 0..<i { off += a[i * d + j] * a[i * d + j] }
                    }
                    if off <= 1e-16 * diagonal || off == 0 { break }
                    for p in 0..<d {
                        for q in (p + 1)..<max(d, p + 1) {
                            let apq: Double = a[p * d + q]
                            if abs(apq) < 1e-300 { continue }
                            let theta: Double = (a[q * d + q] - a[p * d + p]) / (2 * apq)
                            let t: Double = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                            let c: Double = 1 / (t * t + 1).squareRoot()
                            let s: Double = t * c
                            for i in 0..<d {  // rows p and q, then columns: the vectors are kept as rows
                                let x: Double = a[p * d + i]
                                let y: Double = a[q * d + i]
                                a[p * d + i] = c * x - s * y
                                a[q * d + i] = s * x + c * y
                            }
                            for i in 0..<d {
                                let x: Double = a[i * d + p]
                                let y: Double = a[i * d + q]
                                a[i * d + p] = c * x - s * y
                                a[i * d + q] = s * x + c * y
                            }
                            for i in 0..<d {
                                let x: Double = v[p * d + i]
                                let y: Double = v[q * d + i]
                                v[p * d + i] = c * x - s * y
                                v[q * d + i] = s * x + c * y
                            }
                        }
                    }
                }
            }
        }
        var columns = [Double](repeating: 0, count: d * d)
        for i in 0..<d { for j in 0..<d { columns[j * d + i] = v[i * d + j] } }
        return ((0..<d).map { a[$0 * d + $0] }, columns)
    }
}
