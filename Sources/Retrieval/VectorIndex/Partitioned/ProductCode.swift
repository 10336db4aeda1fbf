import Foundation
import MagpieKernels

/// A product code of 4 bits a subspace (Jegou et al. 2011): coordinates fall into runs, and each run of a vector is
/// written as the number of the nearest of 16 codewords. Runs are longer where coordinates vary less.
struct ProductCode: Sendable {
    /// Where each subspace begins; one more than there are subspaces. Their number is even.
    let begins: [UInt32]
    /// dimension x 16: coordinate j of the 16 codewords of its subspace.
    let books: [Float]

    var subspaces: Int { begins.count - 1 }
    static let longestRun = 16

    /// Learns codewords from rows of residuals.
    static func fit(rows: SharedRows, subspaces: Int, seed: UInt64, threads: Int) -> ProductCode {
        let d = rows.dimension
        let begins = runs(variances(rows), subspaces: subspaces)
        let books = SharedBuffer<Float>(count: d * 16, repeating: 0)
        Parallel.forEach(subspaces, threads: threads) { m in
            let begin = Int(begins[m])
            let length = Int(begins[m + 1]) - begin
            guard length > 0 else { return }
            let part = SharedRows(
                pointer: rows.pointer + begin, stride: rows.stride, count: rows.count, dimension: length,
                owner: rows.owner)
            let words = min(16, rows.count)
            let centroids = KMeans.fit(
                rows: part, clusters: words, iterations: 12, seed: seed &+ UInt64(m), threads: 1)
            for j in 0..<length {
                for c in 0..<16 { books.pointer[(begin + j) * 16 + c] = centroids[min(c, words - 1) * length + j] }
            }
        }
        return ProductCode(begins: begins, books: books.array())
    }

    /// The columns of one subspace; nil for an empty one.
    func columns(of m: Int) -> Columns? {
        let begin = Int(begins[m])
        let length = Int(begins[m + 1]) - begin
        guard length > 0 else { return nil }
        var words = [Float](repeating: 0, count: 16 * length)
        for c in 0..<16 { for j in 0..<length { words[c * length + j] = books[(begin + j) * 16 + c] } }
        return Columns(words, dimension: length)
    }

    private static func variances(_ rows: SharedRows) -> [Double] {
        var sums = [Double](repeating: 0, count: rows.dimension)
        for r in 0..<rows.count {
            for j in 0..<rows.dimension {
                let value = Double(rows.pointer[r * rows.stride + j])
                sums[j] += value * value
            }
        }
        return sums.map { $0 / Double(max(rows.count, 1)) }
    }

    /// Cuts coordinates into `subspaces` runs so that the expected squared error is least (dynamic programming). A
    /// run of g coordinates at 4 bits has about factor(g) * g * (product of variances)^(1/g) * 2^(-8/g) of it
    /// (Gersho and Gray 1992, section 8.3; the factor, from trials with Gaussians, is what so few codewords lose).
    static func runs(_ variances: [Double], subspaces: Int) -> [UInt32] {
        let d = variances.count
        let factors: [Double] = [0, 2.9, 1.75, 1.6, 1.45, 1.35, 1.3, 1.25, 1.2]
        let most = max(longestRun, (d + subspaces - 1) / subspaces)
        var least = [[Double]](
            repeating: [Double](repeating: .infinity, count: d + 1), count: subspaces + 1)
        var from = [[Int]](repeating: [Int](repeating: 0, count: d + 1), count: subspaces + 1)
        least[0][0] = 0
        let logs = variances.map { log2(max($0, 1e-60)) }
        for m in 1...subspaces {
            for end in 0...d {
                var sum: Double = 0
                var logSum: Double = 0
                for length in 0...min(most, end) {
                    if length > 0 {
                        sum += variances[end - length]
                        logSum += logs[end - length]
                    }
                    let g = Double(length)
                    let factor = factors[min(length, factors.count - 1)]
                    let error = length == 0 ? 0 : min(sum, factor * g * exp2(logSum / g - 8 / g))
                    let total = least[m - 1][end - length] + error
                    if total < least[m][end] {
                        least[m][end] = total
                        from[m][end] = length
                    }
                }
            }
        }
        var begins = [UInt32](repeating: UInt32(d), count: subspaces + 1)
        var end = d
        for m in stride(from: subspaces, to: 0, by: -1) {
            end -= from[m][end]
            begins[m - 1] = UInt32(end)
        }
        return begins
    }
}
