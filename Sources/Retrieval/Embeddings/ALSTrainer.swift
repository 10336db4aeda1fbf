import Foundation
import MagpieDomain
import MagpieKernels

/// Factorises the matrix of users and items: implicit alternating least squares (Hu, Koren and Volinsky 2008,
/// "Collaborative Filtering for Implicit Feedback Datasets"), each row by a few steps of conjugate gradients that go
/// on from its last value (Takacs, Pilaszy and Tikk 2011).
///
/// It minimises, over all cells, c (p - x . y)^2 + lambda (|x|^2 + |y|^2) with p = 1 and c = 1 + confidence * r where
/// there is a cell, p = 0 and c = 1 where there is none. The empty cells are dealt with all at once, by the sum of
/// y y^T over all rows.
///
/// What serves are the items' factors. A user's are solved from the history when asked (``HistoryFold``), so newcomers
/// and new events need no training.
///
/// Deterministic for any number of threads: each row is solved by one thread from the other side alone; the sum of y y^T
/// is made in blocks of 1,024 rows that are added in order. Memory: both tables, and the matrix by rows and by columns,
/// 16 bytes a cell.
public enum ALSTrainer {
    /// What was learned, and from how much.
    public struct Result: Sendable {
        public var model: EmbeddingModel
        /// Cells of the matrix.
        public var cells = 0
        /// Seconds of the parts: the "matrix", solving "users", solving "items".
        public var seconds: [String: Double] = [:]
    }

    private static let stream: UInt64 = 0x0061_6C73
    static let rowsPerBlock = 1_024
    private static let rowsPerPiece = 32

    /// - Parameters:
    ///   - progress: the share done, called on this thread.
    public static func train(
        on interactions: Interactions, options: ALSOptions, seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }
    ) -> Result {
        precondition(options.dimensions > 0, "\(options.dimensions) dimensions")
        var watch = PartTimes()
        let byUser = ConfidenceMatrix(of: interactions, scale: Float(options.confidence))
        let byItem = byUser.transposed
        let users = Factors(byUser, options, seed: nil)
        let items = Factors(byItem, options, seed: seed)
        watch.ended("matrix")
        for epoch in 0..<max(options.epochs, 0) {
            users.solve(against: items, options, threads: threads)
            watch.ended("users")
            progress((Double(epoch) + 0.5) / Double(options.epochs))
            items.solve(against: users, options, threads: threads)
            watch.ended("items")
            progress(Double(epoch + 1) / Double(options.epochs))
        }
        let rows = packedRows(
            items.rows, stride: items.stride, count: items.count, dimension: options.dimensions)
        let counts = (0..<items.count).map { Int64(byItem.cells(of: $0).count) }
        return Result(
            model: EmbeddingModel(dimension: options.dimensions, input: rows, output: rows, counts: counts),
            cells: byUser.cellCount, seconds: watch.seconds)
    }

    /// One side: its factors and its rows of the matrix.
    private struct Factors: Sendable {
        let matrix: ConfidenceMatrix
        let dimension: Int
        let stride: Int
        let rows: SharedBuffer<Float>

        var count: Int { matrix.rowCount }

        /// - Parameter seed: starts at small random factors; nil at zeros. Rows without a cell stay zeros.
        init(_ matrix: ConfidenceMatrix, _ options: ALSOptions, seed: UInt64?) {
            self.matrix = matrix
            dimension = options.dimensions
            stride = SkipGramKernel.stride(for: dimension)
            rows = SharedBuffer(count: matrix.rowCount * stride, repeating: 0)
            guard let seed else { return }
            for row in 0..<matrix.rowCount where !matrix.cells(of: row).isEmpty {
                var random = RandomSource(seed: seed, ALSTrainer.stream, UInt64(row))
                for i in 0..<dimension { rows.pointer[row * stride + i] = random.uniform() * 0.01 }
            }
        }

        func solve(against other: Factors, _ options: ALSOptions, threads: Int) {
            let gram = ALSTrainer.gram(other.rows, stride: stride, count: other.count, threads: threads)
            for i in 0..<dimension { gram.pointer[i * stride + i] += Float(options.regularization) }
            let pieces = (count + ALSTrainer.rowsPerPiece - 1) / ALSTrainer.rowsPerPiece
            Parallel.forEach(
                pieces, threads: threads,
                scratch: { SharedBuffer<Float>(count: LeastSquaresKernel.workCount(stride: stride), repeating: 0) },
                { piece, work in
                    let first = piece * ALSTrainer.rowsPerPiece
                    LeastSquaresKernel.solve(
                        rows: other.rows.pointer, stride: stride, dimension: dimension, gram: gram.pointer,
                        offsets: matrix.offsets.pointer + first, count: min(ALSTrainer.rowsPerPiece, count - first),
                        ids: matrix.ids.pointer, weights: matrix.weights.pointer, x: rows.pointer + first * stride,
                        steps: options.steps, work: work.pointer)
                })
        }
    }

    /// The sum of y y^T over `count` rows: `stride` x `stride`.
    static func gram(
        _ rows: SharedBuffer<Float>, stride: Int, count: Int, threads: Int
    ) -> SharedBuffer<Float> {
        let sum = SharedBuffer<Float>(count: stride * stride, repeating: 0)
        let blocks = (count + rowsPerBlock - 1) / rowsPerBlock
        let blocksAtOnce = 16
        let parts = (0..<min(blocksAtOnce, blocks)).map { _ in
            SharedBuffer<Float>(count: stride * stride, repeating: 0)
        }
        for begin in Swift.stride(from: 0, to: blocks, by: blocksAtOnce) {
            let these = min(blocksAtOnce, blocks - begin)
            Parallel.forEach(these, threads: threads) { part in
                let first = (begin + part) * rowsPerBlock
                parts[part].pointer.update(repeating: 0, count: stride * stride)
                LeastSquaresKernel.addGram(
                    of: rows.pointer + first * stride, stride: stride, count: min(rowsPerBlock, count - first),
                    to: parts[part].pointer)
            }
            for part in 0..<these {
                VectorKernels.axpy(1, parts[part].pointer, into: sum.pointer, count: stride * stride)
            }
        }
        return sum
    }
}
