import MagpieKernels
import Testing

@Suite struct SymmetricInverseTests {
    /// AᵀA + lambda I of random small counts.
    static func matrix(_ n: Int, seed: UInt64, lambda: Float = 5) -> [Float] {
        var random = RandomSource(seed: seed, UInt64(n))
        let rows = (0..<n + 7).map { _ in (0..<n).map { _ in random.below(8) == 0 ? 1 + random.uniform() : 0 } }
        var matrix = [Float](repeating: 0, count: n * n)
        for row in rows {
            for i in 0..<n where row[i] > 0 { for j in 0..<n { matrix[i * n + j] += row[i] * row[j] } }
        }
        for i in 0..<n { matrix[i * n + i] += lambda }
        return matrix
    }

    static func inverse(_ matrix: [Float], order n: Int, threads: Int = 2) -> (failed: Int?, values: [Float]) {
        let buffer = SharedBuffer<Float>(count: n * n, repeating: 0)
        for i in matrix.indices { buffer[i] = matrix[i] }
        return (SymmetricInverse.invert(buffer, order: n, threads: threads), buffer.array())
    }

    /// Sizes around one block of pivots, one panel and one block of rows.
    @Test(arguments: [0, 1, 2, 15, 16, 17, 65, 255, 256, 257, 300, 530]) func timesTheMatrixIsOne(n: Int) {
        let matrix = Self.matrix(n, seed: 1)
        let (failed, inverse) = Self.inverse(matrix, order: n)
        #expect(failed == nil)
        var worst: Double = 0
        for i in 0..<n {
            for j in 0..<n {
                #expect(inverse[i * n + j].bitPattern == inverse[j * n + i].bitPattern)
                if n > 300, (i + j) % 7 > 0 { continue }
                let product = (0..<n).reduce(0.0) { $0 + Double(matrix[i * n + $1]) * Double(inverse[$1 * n + j]) }
                worst = max(worst, abs(product - (i == j ? 1 : 0)))
            }
        }
        #expect(worst < 2e-5, "\(worst)")
    }

    @Test(arguments: [17, 300, 600]) func threadsLeaveNoTrace(n: Int) {
        let matrix = Self.matrix(n, seed: 2)
        let one = Self.inverse(matrix, order: n, threads: 1).values
        for threads in [2, 5] {
            #expect(Self.inverse(matrix, order: n, threads: threads).values.map(\.bitPattern) == one.map(\.bitPattern))
        }
    }

    /// What is no inverse is no answer.
    @Test func whatIsNotPositiveDefiniteIsSaid() {
        #expect(Self.inverse([1, 2, 2, 1], order: 2).failed == 0)
        #expect(Self.inverse([0], order: 1).failed == 0)
        #expect(Self.inverse([.nan], order: 1).failed == 0)
        var matrix = Self.matrix(300, seed: 3)
        matrix[299 * 300 + 299] = -1
        #expect(Self.inverse(matrix, order: 300).failed == 256)
    }
}
