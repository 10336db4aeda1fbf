import Foundation
import MagpieArtifacts
import MagpieDomain

/// An inverted index over the items' texts, scored by BM25: which items have the words of a query, and how much
/// that says.
///
/// For a query with terms t and an item d of `n` items
///
///     score(d) = sum over t of  count(t) * idf(t) * tf(t, d) * (k1 + 1) / (tf(t, d) + k1 * (1 - b + b * |d| / avg))
///     idf(t)   = ln(1 + (n - df(t) + 0.5) / (df(t) + 0.5))
///
/// - `tf` is the number of occurrences, each weighted by its field's boost, and |d| the sum of `tf` over all terms:
///   fields are joined *before* the saturation (simple BM25F: Robertson, Zaragoza, Taylor, CIKM 2004), so a word in
///   title and plot is not paid twice.
/// - `idf` is Lucene's: never negative, so that a common word does not push an item down.
/// - BM25, k1 and b: Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.4.
///
/// File, kind "text", layout 1; n items, v terms, p postings:
///
///     terms.bytes    U8          ``StringTable`` of the terms, ascending by bytes
///     terms.offsets  I64 [v + 1]
///     postings       I64 [v + 1] term t has the postings postings[t] ..< postings[t + 1]
///     items          U32 [p]     items with the term, ascending within a term
///     quantities     F32 [p]     tf, finite and positive
///     lengths        F32 [n]     |d|, finite, not negative
///     parameters     F32 [2]     k1, b
///
/// Opening checks all offsets, items and quantities, so that a query needs no checks.
public final class TextIndex: Sendable {
    public static let fileName = "text.safetensors"
    static let kind = "text"
    static let layout = 1

    public let itemCount: Int
    public var termCount: Int { terms.count }
    let terms: StringTable
    let postings: Tensor<Int64>
    let items: Tensor<UInt32>
    let quantities: Tensor<Float>
    /// k1 * (1 - b + b * |d| / avg) of each item.
    let norms: [Float]
    let k1: Float

    /// Throws ``ArtifactError`` for what is not a whole text index.
    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layout...Self.layout)
        terms = try file.strings("terms")
        items = try file.tensor("items", as: UInt32.self, shape: [nil])
        quantities = try file.tensor("quantities", as: Float.self, shape: [items.count])
        let lengths = try file.tensor("lengths", as: Float.self, shape: [nil])
        postings = try file.tensor("postings", as: Int64.self, shape: [terms.count + 1])
        let parameters = try file.tensor("parameters", as: Float.self, shape: [2])
        itemCount = lengths.count
        try file.checkOffsets(postings, name: "postings", end: items.count)
        try file.checkIndices(items, name: "items", below: lengths.count)
        for quantity in quantities where !(quantity > 0 && quantity.isFinite) {
            throw file.outOfRange("quantities", got: "\(quantity)", expected: "finite and positive")
        }
        for length in lengths where !(length >= 0 && length.isFinite) {
            throw file.outOfRange("lengths", got: "\(length)", expected: "finite, not negative")
        }
        k1 = parameters[0]
        let b = parameters[1]
        guard k1 >= 0, k1.isFinite, b >= 0, b <= 1 else {
            throw file.outOfRange("parameters", got: "k1 \(k1), b \(b)", expected: "k1 >= 0 and b in 0...1")
        }
        norms = Self.norms(lengths: lengths, k1: k1, b: b)
    }

    private static func norms(lengths: Tensor<Float>, k1: Float, b: Float) -> [Float] {
        // In double and in row order: the same average on every machine.
        let total = lengths.reduce(0.0) { $0 + Double($1) }
        let average = total > 0 ? Float(total / Double(lengths.count)) : 1
        return lengths.map { k1 * (1 - b + b * $0 / average) }
    }

    /// A term of a query: its number here and its weight, count * idf * (k1 + 1).
    struct QueryTerm {
        var postings: Range<Int>
        var weight: Float
    }

    /// The query's terms that some item has, ascending, each once.
    func terms(of text: String) -> [QueryTerm] {
        var buffer = TokenBuffer()
        buffer.analyze(text)
        var numbers: [Int] = []
        for token in buffer.tokens {
            let term = String(decoding: buffer.bytes[token.range], as: UTF8.self)
            if let number = terms.firstIndex(ofSorted: term) { numbers.append(number) }
        }
        numbers.sort()
        var result: [QueryTerm] = []
        var at = 0
        while at < numbers.count {
            let number = numbers[at]
            let first = at
            while at < numbers.count, numbers[at] == number { at += 1 }
            let range = Int(postings[number])..<Int(postings[number + 1])
            result.append(QueryTerm(postings: range, weight: Float(at - first) * idf(range.count) * (k1 + 1)))
        }
        return result
    }

    func idf(_ documentFrequency: Int) -> Float {
        let (n, df) = (Double(itemCount), Double(documentFrequency))
        // A damaged file may list an item twice for a term; then df exceeds n.
        return Float(log(1 + max(0, n - df + 0.5) / (df + 0.5)))
    }

    /// The score of one item; NaN when it has none of the terms.
    func score(of item: ItemIndex, terms: [QueryTerm]) -> Float {
        guard Int(item) < itemCount else { return .nan }
        var score: Float = 0
        var matches = false
        for term in terms {
            var low = term.postings.lowerBound
            var high = term.postings.upperBound
            while low < high {
                let middle = low + (high - low) / 2
                if items.pointer[middle] < item { low = middle + 1 } else { high = middle }
            }
            guard low < term.postings.upperBound, items.pointer[low] == item else { continue }
            let tf: Float = quantities.pointer[low]
            score += term.weight * tf / (tf + norms[Int(item)])
            matches = true
        }
        return matches ? score : .nan
    }
}
