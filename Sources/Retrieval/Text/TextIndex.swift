import Foundation
import MagpieArtifacts
import MagpieDomain
import Synchronization

/// An inverted index over the items' texts, scored by BM25: which items have the words of a query, and how much
/// that says.
///
/// For a query with terms t and an item d of `n` items
///
///     score(d)  = sum over t of  count(t) * idf(t) * (k1 + 1) * impact(t, d)
///     impact    = tf / (tf + k1 * (1 - b + b * |d| / avg)),  in steps of 1 / 65535
///     idf(t)    = ln(1 + (n - df(t) + 0.5) / (df(t) + 0.5))
///
/// - `tf` is the number of occurrences, each weighted by its field's boost, and |d| the same sum over the item's words
///   without stop words: fields are joined *before* the saturation (simple BM25F: Robertson, Zaragoza, Taylor, CIKM
///   2004), so a word in title and plot is not paid twice.
/// - `idf` is Lucene's: never negative, so that a common word does not push an item down.
/// - BM25, k1 and b: Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.4.
/// - Impacts are made when the index is (Anh, Moffat, SIGIR 2006): a query multiplies, and knows the largest of each 128
///   postings beforehand (block maxima: Ding, Suel, SIGIR 2011), so that most postings need not be looked at, see
///   ``TextSearch``.
///
/// File, kind "text", layout 2; n items, v terms, w words, p postings, B blocks:
///
///     terms.bytes    U8          ``StringTable`` of the terms (stems), ascending by bytes
///     terms.offsets  I64 [v + 1]
///     words.bytes    U8          ``StringTable`` of the words as they are written (folded), ascending by bytes
///     words.offsets  I64 [w + 1]
///     word.terms     U32 [w]     the term of each word; a word of two languages may stand twice
///     word.shared    U8  [w]     how many bytes it has in common with the word before: what spelling is searched by
///     postings       I64 [v + 1] term t has the postings postings[t] ..< postings[t + 1]
///     items          U32 [p]     items with the term, ascending within a term
///     impacts        U16 [p]
///     blocks         I64 [v + 1] term t has the blocks blocks[t] ..< blocks[t + 1], of 128 postings, the last shorter
///     maxima         U16 [B]     the largest impact of each block
///     parameters     F32 [3]     k1, b, avg
///     metadata       "items" = n; "analysis" = ``TextAnalysis`` as JSON
///
/// Opening checks all offsets, items, words and blocks, so that a query needs no checks.
public final class TextIndex: Sendable {
    public static let fileName = "text.safetensors"
    static let kind = "text"
    static let layout = 2
    static let blockSize = 128

    public let itemCount: Int
    public var termCount: Int { terms.count }
    public var wordCount: Int { words.count }
    public let analysis: TextAnalysis
    /// Mean |d|: an item that is added later is measured by it.
    let averageLength: Float
    let k1: Float
    let b: Float
    let terms: StringTable
    let words: StringTable
    let wordTerms: Tensor<UInt32>
    let wordShared: Tensor<UInt8>
    /// The least `wordShared` of each 64.
    let sharedMinima: [UInt8]
    let postings: Tensor<Int64>
    let items: Tensor<UInt32>
    let impacts: Tensor<UInt16>
    let blocks: Tensor<Int64>
    let maxima: Tensor<UInt16>
    let analyzers: AnalyzerPool

    /// Throws ``ArtifactError`` for what is not a whole text index.
    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layout...Self.layout)
        terms = try file.strings("terms")
        words = try file.strings("words")
        wordTerms = try file.tensor("word.terms", as: UInt32.self, shape: [words.count])
        wordShared = try file.tensor("word.shared", as: UInt8.self, shape: [words.count])
        postings = try file.tensor("postings", as: Int64.self, shape: [terms.count + 1])
        items = try file.tensor("items", as: UInt32.self, shape: [nil])
        impacts = try file.tensor("impacts", as: UInt16.self, shape: [items.count])
        blocks = try file.tensor("blocks", as: Int64.self, shape: [terms.count + 1])
        maxima = try file.tensor("maxima", as: UInt16.self, shape: [nil])
        let parameters = try file.tensor("parameters", as: Float.self, shape: [3])
        let count = try file.requiredMetadata("items")
        guard let itemCount = Int(count), (0..<Int(UInt32.max)).contains(itemCount) else {
            throw file.outOfRange("__metadata__", got: "\"\(count.prefix(40))\" items", expected: "a whole number")
        }
        self.itemCount = itemCount
        analysis = try Self.analysis(of: file)
        analyzers = AnalyzerPool(analysis)
        (k1, b, averageLength) = (parameters[0], parameters[1], parameters[2])
        guard k1 >= 0, k1.isFinite, b >= 0, b <= 1, averageLength > 0, averageLength.isFinite else {
            throw file.outOfRange(
                "parameters", got: "k1 \(k1), b \(b), avg \(averageLength)",
                expected: "k1 >= 0, b in 0...1, avg > 0")
        }
        try file.checkOffsets(postings, name: "postings", end: items.count)
        try file.checkOffsets(blocks, name: "blocks", end: maxima.count)
        try file.checkIndices(wordTerms, name: "word.terms", below: terms.count)
        try Self.checkItems(file, items, postings, blocks, below: itemCount)
        sharedMinima = try Self.checkShared(file, words, wordShared)
    }

    private static func analysis(of file: TensorFile) throws -> TextAnalysis {
        let words = try file.requiredMetadata("analysis")
        let analysis: TextAnalysis
        do {
            analysis = try JSONDecoder().decode(TextAnalysis.self, from: Data(words.utf8))
        } catch {
            throw file.outOfRange("__metadata__", got: "an analysis that cannot be read", expected: "languages in JSON")
        }
        guard analysis.languages.count <= TextAnalysis.knownLanguages.count else {
            throw file.outOfRange(
                "__metadata__", got: "\(analysis.languages.count) languages",
                expected: "at most \(TextAnalysis.knownLanguages.count)")
        }
        return analysis
    }

    /// Items ascend within a term, so that they are below `limit` when the last is; blocks are as many as they must be.
    private static func checkItems(
        _ file: TensorFile, _ items: Tensor<UInt32>, _ postings: Tensor<Int64>, _ blocks: Tensor<Int64>,
        below limit: Int
    ) throws {
        let item: UnsafePointer<UInt32> = items.pointer
        for term in 0..<postings.count - 1 {
            let (begin, end) = (Int(postings.pointer[term]), Int(postings.pointer[term + 1]))
            let wanted = (end - begin + blockSize - 1) / blockSize
            guard Int(blocks.pointer[term + 1] - blocks.pointer[term]) == wanted else {
                throw file.outOfRange("blocks", got: "another number for term \(term)", expected: "\(wanted)")
            }
            if begin == end { continue }
            var isAscending = true
            for i in begin + 1..<max(end, begin + 1) where item[i - 1] >= item[i] { isAscending = false }
            guard isAscending, Int(item[end - 1]) < limit else {
                throw file.outOfRange(
                    "items", got: isAscending ? "\(item[end - 1])" : "no ascending order in term \(term)",
                    expected: "ascending, less than \(limit)")
            }
        }
    }

    private static func checkShared(
        _ file: TensorFile, _ words: StringTable, _ shared: Tensor<UInt8>
    ) throws -> [UInt8] {
        var minima = [UInt8](repeating: .max, count: (words.count + 63) / 64)
        var before = 0
        for word in 0..<words.count {
            let length = words.withBytes(word) { $0.count }
            let value: UInt8 = shared.pointer[word]
            guard Int(value) <= min(before, length) else {
                throw file.outOfRange("word.shared", got: "\(value) at \(word)", expected: "at most \(before)")
            }
            minima[word / 64] = min(minima[word / 64], value)
            before = length
        }
        return minima
    }

    /// How many items have a term.
    func frequency(_ term: Int) -> Int { Int(postings.pointer[term + 1] - postings.pointer[term]) }

    /// `ln(1 + (n - df + 0.5) / (df + 0.5))`, n a little more than ``itemCount`` when items were added.
    static func idf(_ documentFrequency: Int, of itemCount: Int) -> Float {
        let (n, df) = (Double(itemCount), Double(min(documentFrequency, itemCount)))
        return Float(log(1 + (n - df + 0.5) / (df + 0.5)))
    }

    /// The impact of a term that an item of length |d| has `quantity` times, in 1 ... 65535.
    static func impact(_ quantity: Float, length: Float, k1: Float, b: Float, average: Float) -> UInt16 {
        let norm: Float = k1 * (1 - b + b * length / average)
        let share: Float = quantity / (quantity + norm)
        return share.isFinite ? UInt16(max(1, min(65535, (share * 65535).rounded()))) : 1
    }
}

extension StringTable {
    /// The first string that is not before `bytes`. O(log n).
    func lowerBound(of bytes: [UInt8]) -> Int {
        bytes.withUnsafeBufferPointer { wanted in
            var (low, high) = (0, count)
            while low < high {
                let middle = low + (high - low) / 2
                if withBytes(middle, { Self.isBefore($0, wanted) }) { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// Where `bytes` stands; nil when it does not.
    func firstIndex(ofSorted bytes: [UInt8]) -> Int? {
        let place = lowerBound(of: bytes)
        return place < count && withBytes(place, { $0.elementsEqual(bytes) }) ? place : nil
    }

    /// The strings that begin with `prefix`.
    func range(ofPrefix prefix: [UInt8]) -> Range<Int> {
        let first = lowerBound(of: prefix)
        // Strings are UTF-8, which has no byte 0xFF.
        let end = max(first, lowerBound(of: prefix + [0xFF]))
        return first..<end
    }

    private static func isBefore(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let x = a.baseAddress, let y = b.baseAddress else { return a.count < b.count }
        let order = memcmp(x, y, min(a.count, b.count))
        return order < 0 || (order == 0 && a.count < b.count)
    }
}

/// Analyzers of an index's languages, as many sets as queries ever ran at once.
final class AnalyzerPool: Sendable {
    /// One set. Unchecked, for an analyzer changes as it works: it is in the hands of one query at a time.
    private final class Shelf: @unchecked Sendable {
        let analyzers: [TermAnalyzer]
        init(_ analysis: TextAnalysis) {
            analyzers = analysis.languages.map { TermAnalyzer(analysis, language: $0) }
        }
    }

    private let analysis: TextAnalysis
    private let free = Mutex<[Shelf]>([])
    /// An analyzer remembers every word that it has seen.
    private static let wordLimit = 20_000

    init(_ analysis: TextAnalysis) { self.analysis = analysis }

    func with<Result>(_ body: ([TermAnalyzer]) throws -> Result) rethrows -> Result {
        let shelf = free.withLock { $0.popLast() } ?? Shelf(analysis)
        defer {
            if shelf.analyzers.allSatisfy({ $0.entries.count < Self.wordLimit }) {
                free.withLock { $0.append(shelf) }
            }
        }
        return try body(shelf.analyzers)
    }
}
