import CKernels

/// The two loops of implicit alternating least squares: see `mk_table.gram` and `mk_table.least_squares` in
/// `CKernels.h`. Rows are as wide as ``SkipGramKernel/stride(for:)`` and padded with zeros.
public enum LeastSquaresKernel {
    /// Floats of scratch for rows of that stride.
    public static func workCount(stride: Int) -> Int { 12 * stride }

    /// `out += sum of y y^T` over `count` rows y, in order; `stride` x `stride` floats.
    public static func addGram(
        of rows: UnsafePointer<Float>, stride: Int, count: Int, to out: UnsafeMutablePointer<Float>
    ) {
        precondition(stride % 16 == 0, "a stride of \(stride) floats")
        mk_gram(rows, stride, count, out)
    }

    /// `steps` steps of conjugate gradients for each of `count` rows of one side, in CSR form, against the other side.
    ///
    /// - Parameters:
    ///   - rows: the other side's rows, `stride` floats apart, of which those from `dimension` on are zero.
    ///   - gram: their ``addGram(of:stride:count:to:)``, lambda added on the diagonal.
    ///   - offsets: `count + 1` of them: row r has `offsets[r] ..< offsets[r + 1]` of `ids` and `weights`.
    ///   - ids: rows of the other side.
    ///   - weights: confidence - 1, not negative.
    ///   - x: `count` rows: where to start, and the result.
    ///   - work: scratch of ``workCount(stride:)`` floats.
    public static func solve(
        rows: UnsafePointer<Float>, stride: Int, dimension: Int, gram: UnsafePointer<Float>,
        offsets: UnsafePointer<Int>, count: Int, ids: UnsafePointer<UInt32>, weights: UnsafePointer<Float>,
        x: UnsafeMutablePointer<Float>, steps: Int, work: UnsafeMutablePointer<Float>
    ) {
        precondition(stride % 16 == 0 && dimension <= stride, "a stride of \(stride) floats for \(dimension)")
        var problem = mk_least_squares(
            rows: rows, stride: stride, dimension: dimension, gram: gram, offsets: offsets, ids: ids,
            weights: weights, count: count, x: x, steps: UInt32(steps), work: work)
        mk_solve_least_squares(&problem)
    }
}
