import MagpieArtifacts
import MagpieKernels

/// How a history becomes a query vector.
public enum HistoryFold: Codable, Sendable, Hashable {
    /// The mean of its items' raw input vectors, newer ones weighing more: skip-gram, and a caller's own vectors.
    case mean
    /// The factors that ALS would give a user with this history: the solution x of
    /// (Y^T Y + lambda I + sum of w y y^T) x = sum of (1 + w) y, over its items, w = confidence * weight (Hu, Koren and
    /// Volinsky 2008, equation 4). No training, microseconds.
    case leastSquares(regularization: Double, confidence: Double)
}

/// Solves a history's factors against the items': ``HistoryFold/leastSquares(regularization:confidence:)``.
struct LeastSquaresFold: Sendable {
    /// Enough for four digits on matrices that ALS makes; a step is 2 d^2 + 4 d products an item.
    private static let steps = 12

    let dimension: Int
    let stride: Int
    let confidence: Float
    /// Y^T Y + lambda I, `stride` x `stride`.
    private let gram: [Float]

    /// - Parameter gram: Y^T Y, d x d.
    init(gram: Tensor<Float>, dimension: Int, regularization: Double, confidence: Double) {
        self.dimension = dimension
        self.confidence = Float(confidence)
        stride = SkipGramKernel.stride(for: dimension)
        var padded = [Float](repeating: 0, count: stride * stride)
        for i in 0..<dimension {
            for j in 0..<dimension { padded[i * stride + j] = gram[i * dimension + j] }
            padded[i * stride + i] += Float(regularization)
        }
        self.gram = padded
    }

    /// - Parameters:
    ///   - rows: the items' factors, `rowStride` floats apart.
    ///   - items: row numbers, and how much each counts (1 = as one event in training).
    /// - Returns: the factors; nil when the numbers of a damaged table lead nowhere.
    func solve(
        rows: UnsafePointer<Float>, rowStride: Int, _ items: [(row: Int, weight: Float)]
    ) -> [Float]? {
        var history = [Float](repeating: 0, count: items.count * stride)
        for (place, item) in items.enumerated() {
            for i in 0..<dimension { history[place * stride + i] = rows[item.row * rowStride + i] }
        }
        let ids = (0..<UInt32(items.count)).map { $0 }
        let weights = items.map { $0.weight * confidence }
        var x = [Float](repeating: 0, count: stride)
        var work = [Float](repeating: 0, count: LeastSquaresKernel.workCount(stride: stride))
        LeastSquaresKernel.solve(
            rows: history, stride: stride, dimension: dimension, gram: gram, offsets: [0, items.count], count: 1,
            ids: ids, weights: weights, x: &x, steps: Self.steps, work: &work)
        return x.allSatisfy(\.isFinite) ? Array(x.prefix(dimension)) : nil
    }
}
