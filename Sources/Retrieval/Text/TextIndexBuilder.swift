import Foundation
import MagpieArtifacts

extension TextIndex {
    /// What was indexed, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        public var items: Int
        public var terms: Int
        public var words: Int
        public var postings: Int
        /// Items without a single token: no text finds them.
        public var emptyItems: Int
    }

    /// Indexes the texts, the place in the array being the item's index, and writes the file.
    ///
    /// - Parameters:
    ///   - k1: how fast repetition stops to count; 0 = a term is there or not.
    ///   - b: how much a long text is discounted, 0...1.
    ///   - averageLength: what lengths are compared with; nil = the mean of these texts.
    /// Throws ``ArtifactError`` when the file cannot be written.
    @discardableResult
    public static func build(
        _ texts: [ItemText], analysis: TextAnalysis = TextAnalysis(), k1: Float = 1.2, b: Float = 0.75,
        averageLength: Float? = nil, to url: URL
    ) throws -> Report {
        precondition(texts.count < Int(UInt32.max), "\(texts.count) items")
        var collector = TextCollector(analysis)
        for text in texts { collector.add(text) }
        return try collector.write(k1: k1, b: b, averageLength: averageLength, to: url)
    }
}

/// Takes the texts of items one after another, in the order of their indexes, and makes the index of them.
///
///     var collector = TextCollector(analysis)
///     for item in items { collector.add(ItemText(...)) }
///     try collector.write(to: url)
public struct TextCollector {
    private let analysis: TextAnalysis
    private var counter: TermCounter
    private var dictionary = TermDictionary()
    /// Term numbers of the counter's entries, by language.
    private var termOfEntry: [[UInt32]]
    /// Weighted term frequencies by item: terms[i], quantities[i] for i in starts[item] ..< starts[item + 1].
    private var starts = [0]
    private var terms: [UInt32] = []
    private var quantities: [Float] = []
    private var lengths: [Float] = []
    private var emptyItems = 0

    public init(_ analysis: TextAnalysis = TextAnalysis()) {
        self.analysis = analysis
        counter = TermCounter(analysis.languages.map { TermAnalyzer(analysis, language: $0) })
        termOfEntry = analysis.languages.map { _ in [] }
    }

    public mutating func add(_ text: ItemText) {
        counter.count(text)
        for word in counter.words { _ = number(of: word.entry, language: word.language) }
        for found in counter.found {
            terms.append(number(of: found.entry, language: found.language))
            quantities.append(found.quantity)
        }
        // Two languages may have one term.
        if termOfEntry.count > 1 { joinRepeats(from: starts[starts.count - 1]) }
        emptyItems += terms.count == starts[starts.count - 1] ? 1 : 0
        lengths.append(counter.length)
        starts.append(terms.count)
    }

    private mutating func number(of entry: Int, language: Int) -> UInt32 {
        while termOfEntry[language].count <= entry { termOfEntry[language].append(.max) }
        if termOfEntry[language][entry] == .max {
            termOfEntry[language][entry] = UInt32(
                dictionary.number(of: counter.analyzers[language].entries[entry].term[...]))
        }
        return termOfEntry[language][entry]
    }

    private mutating func joinRepeats(from first: Int) {
        let order = (first..<terms.count).sorted { (terms[$0], $0) < (terms[$1], $1) }
        var joined: [(term: UInt32, quantity: Float)] = []
        for i in order {
            if joined.last?.term == terms[i] {
                joined[joined.count - 1].quantity += quantities[i]
            } else {
                joined.append((terms[i], quantities[i]))
            }
        }
        terms.removeLast(terms.count - first)
        quantities.removeLast(quantities.count - first)
        for (term, quantity) in joined {
            terms.append(term)
            quantities.append(quantity)
        }
    }

    /// The mean length of the texts so far.
    public var averageLength: Float {
        // In double and in row order: the same average on every machine.
        let total = lengths.reduce(0.0) { $0 + Double($1) }
        return total > 0 ? Float(total / Double(lengths.count)) : 1
    }

    /// Writes the file; see ``TextIndex/build(_:analysis:k1:b:averageLength:to:)``.
    @discardableResult
    public func write(
        k1: Float = 1.2, b: Float = 0.75, averageLength: Float? = nil, to url: URL
    ) throws -> TextIndex.Report {
        precondition(k1 >= 0 && (0...1).contains(b), "k1 \(k1), b \(b)")
        let average = averageLength ?? self.averageLength
        let order = dictionary.sorted()
        var rank = [Int](repeating: 0, count: order.count)
        for (place, number) in order.enumerated() { rank[number] = place }

        // Counting sort by term; items stay in ascending order because they were collected so.
        var offsets = [Int64](repeating: 0, count: order.count + 1)
        for number in terms { offsets[rank[Int(number)] + 1] += 1 }
        for i in order.indices { offsets[i + 1] += offsets[i] }
        var next = offsets
        var items = [UInt32](repeating: 0, count: terms.count)
        var impacts = [UInt16](repeating: 0, count: terms.count)
        for item in lengths.indices {
            for i in starts[item]..<starts[item + 1] {
                let term = rank[Int(terms[i])]
                let place = Int(next[term])
                items[place] = UInt32(item)
                impacts[place] = TextIndex.impact(
                    quantities[i], length: lengths[item], k1: k1, b: b, average: average)
                next[term] += 1
            }
        }
        var blocks: [Int64] = [0]
        var maxima: [UInt16] = []
        for term in order.indices {
            for first in stride(from: Int(offsets[term]), to: Int(offsets[term + 1]), by: TextIndex.blockSize) {
                let end = min(first + TextIndex.blockSize, Int(offsets[term + 1]))
                maxima.append(impacts[first..<end].max() ?? 0)
            }
            blocks.append(Int64(maxima.count))
        }

        let words = spelled(rank)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and arrays of them: there is nothing in it that JSON cannot say.
        let spec = (try? encoder.encode(analysis)) ?? Data("{}".utf8)
        var writer = TensorFileWriter(
            kind: TextIndex.kind, layout: TextIndex.layout,
            metadata: ["items": "\(lengths.count)", "analysis": String(decoding: spec, as: UTF8.self)])
        writer.add("terms", strings: order.map { dictionary.string($0) })
        writer.add("words", strings: words.map { String(decoding: $0.bytes, as: UTF8.self) })
        writer.add("word.terms", words.map { UInt32($0.term) })
        writer.add("word.shared", Self.shared(words.map(\.bytes)))
        writer.add("postings", offsets)
        writer.add("items", items)
        writer.add("impacts", impacts)
        writer.add("blocks", blocks)
        writer.add("maxima", maxima)
        writer.add("parameters", [k1, b, average])
        try writer.write(to: url)
        return TextIndex.Report(
            items: lengths.count, terms: order.count, words: words.count, postings: items.count,
            emptyItems: emptyItems)
    }

    /// The words of all languages with their terms' ranks, ascending, each pair once.
    private func spelled(_ rank: [Int]) -> [(bytes: [UInt8], term: Int)] {
        var words: [(bytes: [UInt8], term: Int)] = []
        for (language, analyzer) in counter.analyzers.enumerated() {
            for (entry, word) in analyzer.entries.enumerated() where !word.surface.isEmpty {
                // Entries that only synonyms have were never counted.
                guard entry < termOfEntry[language].count, termOfEntry[language][entry] != .max else { continue }
                words.append((word.surface, rank[Int(termOfEntry[language][entry])]))
            }
        }
        words.sort {
            $0.bytes == $1.bytes ? $0.term < $1.term : $0.bytes.lexicographicallyPrecedes($1.bytes)
        }
        var distinct: [(bytes: [UInt8], term: Int)] = []
        for word in words where distinct.last.map({ $0 != word }) ?? true { distinct.append(word) }
        return distinct
    }

    static func shared(_ words: [[UInt8]]) -> [UInt8] {
        words.indices.map { i in
            i == 0 ? 0 : UInt8(clamping: zip(words[i - 1], words[i]).prefix { $0 == $1 }.count)
        }
    }
}

/// Counts the terms of one item after another, weighted by their fields: what index and side index have in common.
struct TermCounter {
    /// A term and how often it is there. Two languages may have one term.
    struct Found {
        /// The first word that had it: of the analyzer of `language`.
        var entry: Int
        var language: Int
        var quantity: Float
    }

    let analyzers: [TermAnalyzer]
    /// Of the last item, in the order of its text, each term once a language.
    private(set) var found: [Found] = []
    /// The words that it has, each once a language.
    private(set) var words: [(language: Int, entry: Int)] = []
    private(set) var length: Float = 0
    /// By language and term: place in `found` + 1, zero outside of the item at hand; by entry: whether it is in `words`.
    private var places: [[UInt32]]
    private var isThere: [[Bool]]

    init(_ analyzers: [TermAnalyzer]) {
        self.analyzers = analyzers
        places = analyzers.map { _ in [] }
        isThere = places.map { _ in [] }
    }

    mutating func count(_ text: ItemText) {
        found.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        length = 0
        guard !analyzers.isEmpty else { return }
        for field in text.fields where field.boost > 0 && field.boost.isFinite {
            let language = analyzers.firstIndex { $0.language == field.language } ?? 0
            let analyzer = analyzers[language]
            analyzer.analyze(field.text)
            // There are no more terms than words.
            let room = analyzer.entries.count - isThere[language].count
            places[language] += repeatElement(0, count: room)
            isThere[language] += repeatElement(false, count: room)
            for piece in analyzer.pieces {
                if piece.hasLength { length += field.boost }
                if !isThere[language][piece.entry] {
                    isThere[language][piece.entry] = true
                    words.append((language, piece.entry))
                }
                let term = analyzer.termOfEntry[piece.entry]
                let place = Int(places[language][term])
                if place == 0 {
                    found.append(Found(entry: piece.entry, language: language, quantity: field.boost))
                    places[language][term] = UInt32(found.count)
                } else {
                    found[place - 1].quantity += field.boost
                }
            }
        }
        for (language, entry) in words {
            isThere[language][entry] = false
            places[language][analyzers[language].termOfEntry[entry]] = 0
        }
    }
}
