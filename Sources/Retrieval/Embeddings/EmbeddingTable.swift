import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

public struct EmbeddingTableOptions: Codable, Sendable, Hashable {
    /// alpha: how much log(1 + popularity) adds to the score of an item for a user. What the noise exponent of
    /// skip-gram takes away from popular items this gives back.
    public var popularityWeight = 0.25
    /// The weight of a history's item is this to the power of its place, the newest at place 0. 1 = all alike.
    public var recencyDecay = 0.7

    public init() {}
}

/// The vectors that serve: `embeddings.safetensors`, kind "embeddings", layout 2, for n items and d dimensions.
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `in` | F32 | n, d | input vectors of length 1, for likeness between items and for texts; zeros = none |
/// | `norms` | F32 | n | their lengths before: `norms[i] * in[i]` is what was learned |
/// | `out` | F32 | n, d + 1 | output vectors; the last coordinate is popularityWeight * log(1 + popularity) |
/// | `known` | U8 | n | 1: from behaviour, blended with text; 2: `in` from the item's text; 3: both from it; 0: none |
/// | `gram` | F32 | d, d | the sum of y y^T over the output vectors y; only where histories are folded by least squares |
///
/// A user's query is d numbers made from the history (``HistoryFold``) with a 1 behind them: one inner product with a
/// row of `out` gives the score and its popularity term. (Input against input ranks what is alike, and is worthless
/// for "what next".) Metadata: `options` and `fold`, JSON. Layout 1 has neither `fold` nor `gram` nor 3 in `known`: its
/// histories are folded to means.
public struct EmbeddingTable: Sendable {
    static let kind = "embeddings"
    static let layouts = 1...2

    public let itemCount: Int
    /// d
    public let dimension: Int
    public let options: EmbeddingTableOptions
    public let fold: HistoryFold
    public let input: Tensor<Float>
    public let norms: Tensor<Float>
    public let output: Tensor<Float>
    /// Items with an input vector, from behaviour or from text.
    public let withInput: ItemSet
    /// Items with an output vector.
    public let withOutput: ItemSet
    /// Items whose vectors are from their text alone.
    public let byText: ItemSet
    let file: TensorFile
    private let leastSquares: LeastSquaresFold?

    /// Throws ``ArtifactError`` for a file that is not a sound table.
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        let known = try file.tensor("known", as: UInt8.self, shape: [itemCount])
        input = try file.tensor("in", as: Float.self, shape: [known.count, nil])
        dimension = input.shape[1]
        norms = try file.tensor("norms", as: Float.self, shape: [known.count])
        output = try file.tensor("out", as: Float.self, shape: [known.count, dimension + 1])
        self.itemCount = known.count
        options = try Self.decoded("options", of: file)
        fold = file.layout == 1 ? .mean : try Self.decoded("fold", of: file)
        switch fold {
        case .mean: leastSquares = nil
        case .leastSquares(let regularization, let confidence):
            leastSquares = LeastSquaresFold(
                gram: try file.tensor("gram", as: Float.self, shape: [dimension, dimension]), dimension: dimension,
                regularization: regularization, confidence: confidence)
        }
        var withInput = ItemSet(itemCount: known.count)
        var withOutput = ItemSet(itemCount: known.count)
        var byText = ItemSet(itemCount: known.count)
        for (item, origin) in known.enumerated() where origin != 0 {
            withInput.insert(ItemIndex(item))
            if origin != 1 { byText.insert(ItemIndex(item)) }
            if origin != 2 { withOutput.insert(ItemIndex(item)) }
        }
        self.withInput = withInput
        self.withOutput = withOutput
        self.byText = byText
    }

    private static func decoded<Value: Decodable>(_ name: String, of file: TensorFile) throws -> Value {
        let words = try file.requiredMetadata(name)
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(words.utf8)) else {
            throw ArtifactError.missing(path: file.url.path, name: "readable \(name) in __metadata__")
        }
        return value
    }

    /// The unit input vector of an item; nil when it has none.
    public func unitInput(of item: ItemIndex) -> [Float]? {
        guard withInput.contains(item) else { return nil }
        return input.withUnsafeBufferPointer { Array($0[Int(item) * dimension..<(Int(item) + 1) * dimension]) }
    }

    /// The query of a history, newest first, against ``output``: d + 1 coordinates; nil when no item of it has an output
    /// vector.
    public func query(for history: [Interest]) -> [Float]? {
        var items: [(row: Int, weight: Float)] = []
        var weight: Float = 1
        let decay = Float(options.recencyDecay)
        for interest in history {
            if weight < Self.nothing { break }
            let share = weight * max(interest.weight, 0)
            weight *= decay
            if share > 0, withOutput.contains(interest.item) { items.append((Int(interest.item), share)) }
        }
        guard !items.isEmpty, var query = leastSquares.map({ solved($0, items) }) ?? mean(items) else { return nil }
        query.append(1)
        return query
    }

    /// A share of the newest item's weight below the precision of a Float: what is older need not be read.
    private static let nothing: Float = 0x1p-30

    private func solved(_ fold: LeastSquaresFold, _ items: [(row: Int, weight: Float)]) -> [Float]? {
        output.withUnsafeBufferPointer { rows in
            rows.baseAddress.flatMap { fold.solve(rows: $0, rowStride: dimension + 1, items) }
        }
    }

    /// Rows at random are asked for so many before their turn.
    private static let rowsAhead = 4

    private func mean(_ items: [(row: Int, weight: Float)]) -> [Float]? {
        var mean = [Float](repeating: 0, count: dimension)
        var total: Float = 0
        input.withUnsafeBufferPointer { rows in
            mean.withUnsafeMutableBufferPointer { mean in
                guard let rows = rows.baseAddress, let mean = mean.baseAddress else { return }
                for (place, (row, weight)) in items.enumerated() {
                    if place + Self.rowsAhead < items.count {
                        prefetch(rows + items[place + Self.rowsAhead].row * dimension, count: dimension)
                    }
                    VectorKernels.axpy(weight * norms[row], rows + row * dimension, into: mean, count: dimension)
                    total += weight
                }
            }
        }
        for i in 0..<dimension { mean[i] /= total }
        return mean
    }
}
