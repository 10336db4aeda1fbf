import CKernels

/// The loops over 32-bit floats that everything heavy stands on, in C with one version per instruction set.
///
/// Results have the same bits on every machine: a sum has 16 virtual lanes and one fixed tree, and products are
/// rounded before they are added (`CKernels.h`). So a model trained with AVX-512 equals one trained without.
///
/// The pointer forms take whole blocks and check nothing; the array forms are for tests and small work.
public enum VectorKernels {
    /// "avx512", "avx2" or "scalar": what this machine runs.
    public static var instructionSet: String { String(cString: mk_instruction_set()) }

    /// `out[r] = query . row r` for `count` rows of `dimension` floats, `stride` floats apart.
    @inlinable public static func scores(
        query: UnsafePointer<Float>, rows: UnsafePointer<Float>, stride: Int, count: Int, dimension: Int,
        into out: UnsafeMutablePointer<Float>
    ) {
        mk_scores(query, rows, stride, count, dimension, out)
    }

    /// `out[r] = query . row ids[r]`.
    @inlinable public static func scores(
        query: UnsafePointer<Float>, rows: UnsafePointer<Float>, stride: Int, at ids: UnsafePointer<UInt32>,
        count: Int, dimension: Int, into out: UnsafeMutablePointer<Float>
    ) {
        mk_scores_at(query, rows, stride, ids, count, dimension, out)
    }

    /// `out[r] = |query - (row ids[r] - mean)|^2`; `work` is scratch of `dimension` floats.
    @inlinable public static func squaredDistances(
        query: UnsafePointer<Float>, mean: UnsafePointer<Float>, rows: UnsafePointer<Float>, stride: Int,
        at ids: UnsafePointer<UInt32>, count: Int, dimension: Int, work: UnsafeMutablePointer<Float>,
        into out: UnsafeMutablePointer<Float>
    ) {
        mk_squared_distances_at(query, mean, rows, stride, ids, count, dimension, work, out)
    }

    @inlinable public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
        var result: Float = 0
        mk_scores(a, b, count, 1, count, &result)
        return result
    }

    /// `y += a x`
    @inlinable public static func axpy(
        _ a: Float, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        mk_axpy(a, x, y, count)
    }

    /// Scales each row to length 1; a row of zeros stays.
    @inlinable public static func normalise(
        rows: UnsafeMutablePointer<Float>, stride: Int, count: Int, dimension: Int
    ) {
        mk_normalise(rows, stride, count, dimension)
    }

    @inlinable public static func dot(_ a: [Float], _ b: [Float]) -> Float {
        precondition(a.count == b.count, "\(a.count) against \(b.count) dimensions")
        var result: Float = 0
        mk_scores(a, b, a.count, 1, a.count, &result)
        return result
    }

    /// `y += a x`
    @inlinable public static func axpy(_ a: Float, _ x: [Float], into y: inout [Float]) {
        precondition(x.count == y.count, "\(x.count) against \(y.count) dimensions")
        mk_axpy(a, x, &y, x.count)
    }

    /// Scales the vector to length 1; zeros stay.
    @inlinable public static func normalise(_ vector: inout [Float]) {
        let count = vector.count
        mk_normalise(&vector, count, 1, count)
    }
}
