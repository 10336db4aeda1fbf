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

/// The vectors that serve: `embeddings.safetensors`, kind "embeddings", layout 1, for n items and d dimensions.
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `in` | F32 | n, d | input vectors of length 1, for likeness between items and for texts; zeros = none |
/// | `norms` | F32 | n | their lengths before: `norms[i] * in[i]` is what skip-gram learned |
/// | `out` | F32 | n, d + 1 | output vectors; the last coordinate is popularityWeight * log(1 + popularity) |
/// | `known` | U8 | n | 1: from behaviour, 2: `in` filled from the item's text, 0: no vector |
///
/// A user's query is the mean of the history's raw input vectors with a 1 behind it: one inner product with a row of
/// `out` gives the score and its popularity term. (Input against input ranks what is alike, and is worthless
/// for "what next".) Metadata: `options`, JSON.
public struct EmbeddingTable: Sendable {
    static let kind = "embeddings"
    static let layouts = 1...1

    public let itemCount: Int
    /// d
    public let dimension: Int
    public let options: EmbeddingTableOptions
    public let input: Tensor<Float>
    public let norms: Tensor<Float>
    public let output: Tensor<Float>
    /// Items with an input vector, from behaviour or from text.
    public let withInput: ItemSet
    /// Items with an output vector: those from behaviour.
    public let withOutput: ItemSet
    let file: TensorFile

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
        let words = try file.requiredMetadata("options")
        guard let options = try? JSONDecoder().decode(EmbeddingTableOptions.self, from: Data(words.utf8)) else {
            throw ArtifactError.missing(path: url.path, name: "readable options in __metadata__")
        }
        self.options = options
        var withInput = ItemSet(itemCount: known.count)
        var withOutput = ItemSet(itemCount: known.count)
        for (item, origin) in known.enumerated() where origin != 0 {
            withInput.insert(ItemIndex(item))
            if origin == 1 { withOutput.insert(ItemIndex(item)) }
        }
        self.withInput = withInput
        self.withOutput = withOutput
    }

    /// The unit input vector of an item; nil when it has none.
    public func unitInput(of item: ItemIndex) -> [Float]? {
        guard withInput.contains(item) else { return nil }
        return input.withUnsafeBufferPointer { Array($0[Int(item) * dimension..<(Int(item) + 1) * dimension]) }
    }

    /// The query of a history, newest first, against ``output``: d + 1 coordinates; nil when no item of it is known
    /// from behaviour.
    public func query(for history: [Interest]) -> [Float]? {
        var query = [Float](repeating: 0, count: dimension + 1)
        var total: Float = 0
        var weight: Float = 1
        let decay = Float(options.recencyDecay)
        input.withUnsafeBufferPointer { rows in
            query.withUnsafeMutableBufferPointer { query in
                guard let rows = rows.baseAddress, let query = query.baseAddress else { return }
                for interest in history {
                    defer { weight *= decay }
                    let share = weight * max(interest.weight, 0)
                    guard withOutput.contains(interest.item), share > 0 else { continue }
                    let row = Int(interest.item)
                    VectorKernels.axpy(share * norms[row], rows + row * dimension, into: query, count: dimension)
                    total += share
                }
            }
        }
        guard total > 0 else { return nil }
        for i in 0..<dimension { query[i] /= total }
        query[dimension] = 1
        return query
    }
}

extension EmbeddingTable {
    /// What was written, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        public var dimension: Int
        /// Items with vectors from behaviour.
        public var learned: Int
        /// Items whose input vector came from their text.
        public var filled: Int
    }

    /// Writes `embeddings.safetensors`.
    ///
    /// - Parameters:
    ///   - popularity: positives of each item.
    ///   - filled: input vectors, of any length above 0, for items that the model does not know (`counts` 0); others are
    ///     left out, and so are vectors of length 0.
    public static func build(
        from model: SkipGramModel, popularity: [Int], filled: [(item: ItemIndex, vector: [Float])] = [],
        options: EmbeddingTableOptions, to url: URL
    ) throws -> Report {
        precondition(popularity.count == model.itemCount, "\(popularity.count) counts of \(model.itemCount) items")
        let d = model.dimension
        var input = model.input
        var known: [UInt8] = model.counts.map { $0 > 0 ? 1 : 0 }
        var report = Report(dimension: d, learned: known.reduce(0) { $0 + Int($1) }, filled: 0)
        for (item, vector) in filled where known[Int(item)] == 0 {
            precondition(vector.count == d, "\(vector.count) coordinates against \(d)")
            guard vector.contains(where: { $0 != 0 }) else { continue }
            input.replaceSubrange(Int(item) * d..<(Int(item) + 1) * d, with: vector)
            known[Int(item)] = 2
            report.filled += 1
        }
        var norms = [Float](repeating: 0, count: model.itemCount)
        input.withUnsafeMutableBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            for i in norms.indices {
                norms[i] = VectorKernels.dot(rows + i * d, rows + i * d, count: d).squareRoot()
            }
            VectorKernels.normalise(rows: rows, stride: d, count: norms.count, dimension: d)
        }
        var output: [Float] = []
        output.reserveCapacity(model.itemCount * (d + 1))
        for item in 0..<model.itemCount {
            output.append(contentsOf: model.output[item * d..<(item + 1) * d])
            output.append(known[item] == 1 ? Float(options.popularityWeight * log1p(Double(popularity[item]))) : 0)
        }
        var writer = TensorFileWriter(
            kind: kind, layout: layouts.upperBound, metadata: ["options": try canonicalJSON(options)])
        writer.add("in", input, shape: [model.itemCount, d])
        writer.add("norms", norms)
        writer.add("out", output, shape: [model.itemCount, d + 1])
        writer.add("known", known)
        try writer.write(to: url)
        return report
    }
}
