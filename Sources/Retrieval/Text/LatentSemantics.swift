import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

public struct SemanticOptions: Codable, Sendable, Hashable {
    /// d: how many directions are kept. Fewer where items or terms are fewer.
    public var dimensions = 64
    /// How often the directions are sharpened; 4 leave nothing to gain that a search would show.
    public var iterations = 4
    /// A catalogue of more items gets no latent vectors; 0 = none does. An item takes d bytes, and above
    /// `index.minimumItems` about 2 d more in an index.
    public var maximumItems = 2_000_000

    public init() {}
}

/// Where items and words stand in the space of their latent semantics (Deerwester, Dumais, Furnas, Landauer, Harshman,
/// "Indexing by Latent Semantic Analysis", JASIS 1990): words that keep the same company point the same way, so that a
/// text about cars is near the query "automobile" though it never says so.
///
/// A is the matrix of n items and v terms of a ``TextIndex``,
///
///     a(d, t) = impact(t, d) * idf(t),  rows scaled to length 1
///
/// and the columns of V are its d greatest right singular vectors. An item stands at A(item) V, a text at
///
///     sum over its terms of  count * idf(t) * V(t)
///
/// (the impacts of BM25 in place of a logarithm of counts: one reading of an item for both), and what is compared is the
/// angle. What an item without a row says is placed as an item, by its own impacts.
///
/// File, kind "semantic", layout 1; n items, v terms in the order of the text index, d dimensions:
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `terms`, `terms.scales` | ``CodedRows`` | v, d | V; d is the same in both |
/// | `items`, `items.scales` | ``CodedRows`` | n, d | of length 1; scale 0 = nothing is said of the item |
///
/// Metadata: `options`, ``SemanticOptions`` as JSON; `terms`, the checksum (``checksum(of:)``) of the terms: with another text
/// index, or one that was trained again, the numbers would mean other words.
public final class LatentSemantics: Sendable {
    public static let fileName = "semantic.safetensors"
    static let kind = "semantic"
    static let layout = 1

    public let text: TextIndex
    public var dimension: Int { items.dimension }
    let terms: CodedRows
    let items: CodedRows

    /// Throws ``ArtifactError`` for what is not a whole file, or of another text index.
    public init(opening url: URL, text: TextIndex) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layout...Self.layout)
        let wanted = Self.checksum(of: text)
        let got = try file.requiredMetadata("terms")
        guard got == wanted else {
            throw file.outOfRange(
                "__metadata__", got: "terms \"\(got.prefix(40))\"",
                expected: "\"\(wanted)\", those of the text index: the two are not of one training")
        }
        terms = try CodedRows("terms", of: file, count: text.termCount)
        items = try CodedRows("items", of: file, count: text.itemCount)
        guard terms.dimension == items.dimension else {
            throw file.wrongTensor(
                "terms", got: "\(terms.dimension) dimensions", expected: "the \(items.dimension) of the items")
        }
        self.text = text
    }

    /// XXH64 of the terms and of how often each is there, in hexadecimal.
    static func checksum(of text: TextIndex) -> String {
        func hash<Element>(_ tensor: Tensor<Element>) -> UInt64 {
            tensor.withUnsafeBufferPointer { StableHash.xxh64(UnsafeRawBufferPointer($0)) }
        }
        var bytes: [UInt8] = []
        for term in 0..<text.terms.count {
            text.terms.withBytes(term) { bytes += $0 }
            bytes.append(0)
        }
        let words = bytes.withUnsafeBytes { StableHash.xxh64($0) }
        return String(words ^ (hash(text.postings) &* 31), radix: 16)
    }

    /// The vector of a text, of length 1; nil when no word of it is known.
    ///
    /// A word is what the text index takes it for: itself, or the likeliest of what a misspelt or unfinished one may have
    /// been meant to be, for as much less as there.
    public func vector(of words: String, options: TextSearchOptions = TextSearchOptions()) -> [Float]? {
        let query = TextQueryBuilder(index: text, options: options).query(words)
        return unit { sum in
            for clause in query.clauses {
                guard let meant = clause.alternatives.first, meant.term >= 0 else { continue }
                terms.add(meant.term, times: meant.weight, to: &sum)
            }
        }
    }

    /// Where an item stands that has this text: as training would have placed it, its new words left out; nil when it has
    /// only such.
    public func vector(of item: ItemText) -> [Float]? {
        let document = SideTextIndex.Document(item, for: text)
        return unit { sum in
            for (bytes, impact) in document.impacts {
                guard let term = text.terms.firstIndex(ofSorted: bytes) else { continue }
                let idf = TextIndex.idf(text.frequency(term), of: text.itemCount)
                terms.add(term, times: Float(impact) * idf, to: &sum)
            }
        }
    }

    private func unit(_ add: (inout [Float]) -> Void) -> [Float]? {
        var sum = [Float](repeating: 0, count: dimension)
        add(&sum)
        let length = VectorKernels.dot(sum, sum).squareRoot()
        guard length > 0, length.isFinite else { return nil }
        for j in sum.indices { sum[j] /= length }
        return sum
    }
}
