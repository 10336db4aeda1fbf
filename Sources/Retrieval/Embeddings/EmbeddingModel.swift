import Foundation
import MagpieArtifacts
import MagpieKernels

/// What a source of embeddings gives: for each item one vector as the input (what was liked) and one as the output
/// (what is liked next), whoever learned them.
///
/// | source | input | output | what `input[a] . output[b]` means |
/// |---|---|---|---|
/// | ``SkipGramTrainer`` | word2vec's input vector | word2vec's output vector | about log(P(b near a) / noise(b)) (Levy and Goldberg 2014) |
/// | ``ALSTrainer`` | the item's factors | the same | how much who likes a likes b |
/// | a caller's own | the query side | the item side | the caller's business |
///
/// `embedding-model.safetensors`, kind "embedding-model", layout 1, between training and ``EmbeddingTable``:
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `in` | F32 | n, d | raw input vectors; zeros for an item without vectors |
/// | `out` | F32 | n, d | raw output vectors; the same |
/// | `counts` | I64 | n | what an item's vectors were learned from (occurrences in the corpus, entries of the matrix); 0 = no vectors |
public struct EmbeddingModel: Sendable {
    static let kind = "embedding-model"
    static let layouts = 1...1

    public let dimension: Int
    /// n x d, row-major.
    public var input: [Float]
    /// n x d, row-major.
    public var output: [Float]
    /// 0 = no vectors, or after a ``TextBlend`` vectors from the item's text.
    public var counts: [Int64]

    public init(dimension: Int, input: [Float], output: [Float], counts: [Int64]) {
        precondition(input.count == counts.count * dimension && output.count == input.count, "shapes differ")
        self.dimension = dimension
        self.input = input
        self.output = output
        self.counts = counts
    }

    public var itemCount: Int { counts.count }

    public func write(to url: URL) throws {
        var writer = TensorFileWriter(kind: Self.kind, layout: Self.layouts.upperBound)
        writer.add("in", input, shape: [itemCount, dimension])
        writer.add("out", output, shape: [itemCount, dimension])
        writer.add("counts", counts)
        try writer.write(to: url)
    }

    /// Throws ``ArtifactError``. Copies: the model is read by training only.
    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        let counts = try file.tensor("counts", as: Int64.self, shape: [nil])
        let input = try file.tensor("in", as: Float.self, shape: [counts.count, nil])
        let output = try file.tensor("out", as: Float.self, shape: [counts.count, input.shape[1]])
        self.init(dimension: input.shape[1], input: Array(input), output: Array(output), counts: Array(counts))
    }
}

/// Packs `count` rows of `dimension` floats that stand `stride` apart.
func packedRows(_ table: SharedBuffer<Float>, stride: Int, count: Int, dimension: Int) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count * dimension)
    for row in 0..<count {
        values.append(contentsOf: UnsafeBufferPointer(start: table.pointer + row * stride, count: dimension))
    }
    return values
}
