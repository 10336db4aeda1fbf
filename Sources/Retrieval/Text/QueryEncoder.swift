import Foundation
import MagpieArtifacts
import MagpieKernels

/// A text to a point of the item space, so that one vector index answers searches too and a misspelt, half
/// remembered or new text still lands near its item.
///
/// The vector of a text is the sum of one row per hashed feature (``TextFeatures``: words, bigrams, character
/// n-grams, deletions), scaled to length 1: fastText's bag of subwords (Bojanowski et al., TACL 2017) with a
/// contrastive training, see ``EncoderTrainer``. Features that no item has are left out, so a typing error adds
/// no noise; what remains of "matirx" are its features in common with "matrix".
///
/// File, kind "query-encoder", layout 1; r rows of d floats, B buckets (a power of two):
///
///     buckets        U32 [B]     the row of each hash bucket, 0xFFFFFFFF = no item has such a feature
///     rows           F32 [r, d]  the feature vectors, the feature's weight already in
public final class QueryEncoder: TextEmbedder {
    public static let fileName = "query-encoder.safetensors"
    static let kind = "query-encoder"
    static let layout = 1
    static let noRow = UInt32.max

    public let dimension: Int
    public let rowCount: Int
    let buckets: Tensor<UInt32>
    let rows: Tensor<Float>

    /// A query has no more features than this; the rest of a very long text is not looked at.
    static let maxFeatures = 2048

    /// Throws ``ArtifactError`` for what is not a whole query encoder.
    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layout...Self.layout)
        buckets = try file.tensor("buckets", as: UInt32.self, shape: [nil])
        rows = try file.tensor("rows", as: Float.self, shape: [nil, nil])
        rowCount = rows.shape[0]
        dimension = rows.shape[1]
        guard buckets.count > 0, buckets.count & (buckets.count - 1) == 0, buckets.count <= 1 << 32 else {
            throw file.wrongTensor("buckets", got: "\(buckets.count) of them", expected: "a power of two")
        }
        guard dimension > 0 else { throw file.wrongTensor("rows", got: "dimension 0", expected: "at least 1") }
        for row in buckets where row != Self.noRow && Int(row) >= rowCount {
            throw file.outOfRange("buckets", got: "row \(row)", expected: "less than \(rowCount)")
        }
    }

    /// The unit vector of the text; nil when no item has anything in common with it.
    public func embed(_ text: String) -> [Float]? {
        var features = TextFeatures(buckets: buckets.count)
        var found: [UInt32] = []
        features.collect(text, limit: Self.maxFeatures, into: &found)
        return sum(of: found)
    }

    /// Where an item belongs that was not there when the encoder was trained: the unit vector of all its features, which
    /// is where training lets such an item start. nil when no other item has anything in common with it.
    public func embed(item text: EncoderText) -> [Float]? {
        var features = TextFeatures(buckets: buckets.count)
        var found: [UInt32] = []
        features.collect(text, TitleParts(text.title), limit: Self.maxFeatures, into: &found)
        // Each feature once, as in training: a long text says nothing more by repeating itself.
        found.sort()
        return sum(of: found.indices.filter { $0 == 0 || found[$0] != found[$0 - 1] }.map { found[$0] })
    }

    private func sum(of found: [UInt32]) -> [Float]? {
        var vector = [Float](repeating: 0, count: dimension)
        let base: UnsafePointer<Float> = rows.pointer
        let rowOf: UnsafePointer<UInt32> = buckets.pointer
        vector.withUnsafeMutableBufferPointer { vector in
            guard let sum = vector.baseAddress else { return }
            for bucket in found {
                let row = rowOf[Int(bucket)]
                if row != Self.noRow { Vector.add(base + Int(row) * dimension, times: 1, to: sum, dimension) }
            }
        }
        let length: Float = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0, length.isFinite else { return nil }
        for i in vector.indices { vector[i] /= length }
        return vector
    }
}
