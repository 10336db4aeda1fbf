import Foundation
import MagpieArtifacts

/// What skip-gram learned: for each item one vector as the input (what was liked) and one as the output (what is
/// liked with it). `input[a] . output[b]` estimates log(P(b near a) / noise(b)) up to a constant (Levy and Goldberg
/// 2014); input against input is a measure of likeness, not of what comes next.
///
/// `skip-gram.safetensors`, kind "skipgram", layout 1, between training and ``EmbeddingTable``:
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `in` | F32 | n, d | raw input vectors; zeros for an item that is not in the corpus |
/// | `out` | F32 | n, d | raw output vectors; the same |
/// | `counts` | I64 | n | occurrences in the corpus |
public struct SkipGramModel: Sendable {
    static let kind = "skipgram"
    static let layouts = 1...1

    public let dimension: Int
    /// n x d, row-major.
    public var input: [Float]
    /// n x d, row-major.
    public var output: [Float]
    /// Occurrences of each item in the corpus; 0 = no vectors.
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
