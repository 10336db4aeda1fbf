import MagpieKernels

/// A dense matrix by rows, which threads fill in together.
struct DenseRows: Sendable {
    let count: Int
    let width: Int
    private let buffer: SharedBuffer<Float>
    var pointer: UnsafeMutablePointer<Float> { buffer.pointer }

    init(count: Int, width: Int) {
        self.count = count
        self.width = width
        buffer = SharedBuffer(count: count * width, repeating: 0)
    }
}

/// The greatest right singular vectors of a sparse matrix by randomised subspace iteration (Halko, Martinsson, Tropp,
/// "Finding structure with randomness", SIAM Review 2011, algorithm 4.4, and 5.3 for the decomposition), on the side of
/// the terms:
///
///     Q = orthonormal(AᵀA omega), omega random;  q times  Q = orthonormal(AᵀA Q);  V = Q times the greatest
///     eigenvectors of Qᵀ AᵀA Q
///
/// Two things differ. Only Q is made orthonormal, not A Q between the two products: the spectra of texts fall so slowly
/// (hundredfold within the first hundred) that a Float holds their squares. And it is made so by the eigenvectors of
/// its Gram matrix, twice, instead of by reflections: sums over rows, which threads can share, and directions that are
/// not there at all (few items, equal items) come out as such. So does the rank: there are as many axes as it has, at least
/// one.
struct LatentAxes {
    private let matrix: TermMatrix
    private let threads: Int
    /// More directions than are wanted while it iterates (Halko, Martinsson, Tropp, section 4.2).
    private static let spare = 16
    /// A direction with so small a share of the greatest squared singular value is rounding.
    private static let nothing = 1e-6

    init(_ matrix: TermMatrix, threads: Int) {
        self.matrix = matrix
        self.threads = threads
    }

    /// - Returns: V (v x d, d at least 1), and the sum of the squared singular values.
    func fit(
        _ dimensions: Int, iterations: Int, seed: UInt64, progress: (Double) -> Void
    ) -> (axes: DenseRows, energy: Double) {
        let v = matrix.termCount
        let width = max(1, min(dimensions + Self.spare, v, matrix.itemCount))
        var q = DenseRows(count: v, width: width)
        let omega = q
        Parallel.forEach((v + 1_023) / 1_024, threads: threads) { block in
            var random = RandomSource(seed: seed, 0x6C73_61, UInt64(block))
            for i in block * 1_024 * width..<min((block + 1) * 1_024, v) * width {
                omega.pointer[i] = random.uniform() - 0.5
            }
        }
        for step in 0...iterations {
            q = orthonormal(orthonormal(matrix.gram(times: q, threads: threads)))
            progress(Double(step + 1) / Double(iterations + 2))
        }
        let image = matrix.gram(times: q, threads: threads)
        let (values, vectors) = descending(products(q, image), width)
        let rank = values.prefix(dimensions).count { $0 > 0 && $0 > Self.nothing * values[0] }
        let d = max(1, rank)
        var turn = [Float](repeating: 0, count: width * d)
        for a in 0..<rank { for i in 0..<width { turn[i * d + a] = Float(vectors[a][i]) } }
        return (times(q, turn, d), values.prefix(rank).reduce(0, +))
    }

    /// Eigenvalues and unit eigenvectors, the greatest first, their largest coordinates positive.
    private func descending(_ symmetric: [Double], _ n: Int) -> (values: [Double], vectors: [[Double]]) {
        let (values, columns) = PrincipalAxes.jacobi(symmetric, n)
        let order = (0..<n).sorted { (values[$1], $0) < (values[$0], $1) }
        let vectors = order.map { column in
            let vector = (0..<n).map { columns[$0 * n + column] }
            let most = vector.max { abs($0) < abs($1) } ?? 0
            return most < 0 ? vector.map { -$0 } : vector
        }
        return (order.map { values[$0] }, vectors)
    }

    /// Orthonormal columns with the span of those given; a column of zeros for one that vanishes.
    private func orthonormal(_ rows: DenseRows) -> DenseRows {
        let w = rows.width
        var gram = products(rows, rows)
        // Columns differ in length by orders of magnitude, and rounding goes with a column's own length.
        let scales: [Double] = (0..<w).map { gram[$0 * w + $0] > 0 ? 1 / gram[$0 * w + $0].squareRoot() : 0 }
        for i in 0..<w { for j in 0..<w { gram[i * w + j] *= scales[i] * scales[j] } }
        let (values, vectors) = descending(gram, w)
        var turn = [Float](repeating: 0, count: w * w)
        for a in 0..<w where values[a] > 1e-12 {
            let scale = 1 / values[a].squareRoot()
            for i in 0..<w { turn[i * w + a] = Float(vectors[a][i] * scale * scales[i]) }
        }
        return times(rows, turn, w)
    }

    /// aᵀ b, made symmetric. Sums over blocks of 1,024 rows in Floats, those in Doubles in the order of the blocks.
    private func products(_ a: DenseRows, _ b: DenseRows) -> [Double] {
        let w = a.width
        let blocks = (a.count + 1_023) / 1_024
        var total = [Double](repeating: 0, count: w * w)
        let batch = 64
        for first in stride(from: 0, to: blocks, by: batch) {
            let sums: [[Float]] = Parallel.map(min(batch, blocks - first), threads: threads) { piece in
                let begin = (first + piece) * 1_024
                var sums = [Float](repeating: 0, count: w * w)
                sums.withUnsafeMutableBufferPointer { sums in
                    guard let out = sums.baseAddress else { return }
                    for row in begin..<min(begin + 1_024, a.count) {
                        let left: UnsafePointer<Float> = UnsafePointer(a.pointer + row * w)
                        let right: UnsafePointer<Float> = UnsafePointer(b.pointer + row * w)
                        for i in 0..<w where left[i] != 0 {
                            VectorKernels.axpy(left[i], right, into: out + i * w, count: w)
                        }
                    }
                }
                return sums
            }
            for block in sums { for i in total.indices { total[i] += Double(block[i]) } }
        }
        var symmetric = total
        for i in 0..<w { for j in 0..<w { symmetric[i * w + j] = (total[i * w + j] + total[j * w + i]) / 2 } }
        return symmetric
    }

    /// `rows` (v x w) times `turn` (w x d).
    private func times(_ rows: DenseRows, _ turn: [Float], _ d: Int) -> DenseRows {
        let result = DenseRows(count: rows.count, width: d)
        let w = rows.width
        Parallel.forEach((rows.count + 255) / 256, threads: threads) { block in
            turn.withUnsafeBufferPointer { turn in
                guard let turn = turn.baseAddress else { return }
                for row in block * 256..<min(block * 256 + 256, rows.count) {
                    let from: UnsafePointer<Float> = UnsafePointer(rows.pointer + row * w)
                    for i in 0..<w where from[i] != 0 {
                        VectorKernels.axpy(from[i], turn + i * d, into: result.pointer + row * d, count: d)
                    }
                }
            }
        }
        return result
    }
}
