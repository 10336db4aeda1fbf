/// Text in one language to terms: tokens (``TextAnalyzer``), stemmed, with what helps to find them.
///
/// | text (en) | pieces |
/// |---|---|
/// | `The Walking Dead` | the (stop word), walk, dead |
/// | `Sci-Fi` | sci, fi, *scifi* (joined), and the synonym's own term if the configuration has one |
/// | `東京タワー` | 東, 京, *東京* (bigram), タワー |
///
/// - *Scripts without spaces* (ideographs, hiragana, Thai, Lao, Khmer, Burmese): each character is a term and so is
///   each pair of neighbours, the usual way without a dictionary of words (Nie, Gao, Zhang, Zhou, SIGIR 2000). A query
///   asks for pairs, and for a character that stands alone.
/// - *Synonyms* are a term of their own, which every member of a group has beside its own terms. So a phrase of three
///   words can mean one of two, and an item that says it in the query's words stands before one that does not.
/// - *Words longer than 128 bytes* are cut there.
///
/// Each distinct token is stemmed once: ``entries`` only grow. Not for two threads at once.
final class TermAnalyzer {
    enum Kind: Int { case plain, stopWord, joined, character, bigram, synonym }

    struct Piece {
        /// The place in ``TermAnalyzer/entries``.
        var entry: Int
        var kind: Kind
        /// The token's place in the text; pieces of one token share it.
        var position: Int
        /// A character that pairs cover: indexed, but not asked for.
        var isCovered = false

        /// Whether it counts in an item's length: what is there by the grace of the analyzer does not.
        var hasLength: Bool { kind == .plain || kind == .character }
        /// Whether the text has it by itself.
        var isOwnWord: Bool { hasLength || kind == .stopWord }
    }

    struct Entry {
        /// As it is written, folded: what dictionaries of words hold. Empty for a synonym.
        var surface: [UInt8]
        var term: [UInt8]
        var isStopWord: Bool
    }

    let language: String
    private(set) var pieces: [Piece] = []
    private(set) var entries: [Entry] = []
    /// Whether the text ended inside its last token.
    var isOpen: Bool { buffer.isOpen }

    private let stemmer: Stemmer?
    private let keepsMarks: Bool
    private let stopWords: Set<[UInt8]>
    private var phrases: [Int: [(terms: [Int], group: Int)]] = [:]
    private var buffer = TokenBuffer()
    private var cache = TermDictionary()
    /// Numbers of terms: several words have one.
    private var termNumbers = TermDictionary()
    private(set) var termOfEntry: [Int] = []
    private var scalars: [Range<Int>] = []
    private var stem: [UInt8] = []

    static let longestWord = 128

    init(_ analysis: TextAnalysis, language: String) {
        self.language = language
        stemmer = Stemmer(language: language)
        // English has no rule that needs an accent, and bytes are quicker than scalars.
        keepsMarks = stemmer != nil && language != "en"
        stopWords = Set(analysis.stopWords(of: language).map(Self.fold))
        for (group, members) in analysis.synonyms.enumerated() {
            for member in members {
                analyze(member)
                let terms = pieces.filter(\.isOwnWord).map { termOfEntry[$0.entry] }
                if let first = terms.first { phrases[first, default: []].append((terms, group)) }
            }
        }
        pieces = []
    }

    static func fold(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        TextFolding.fold(text, into: &bytes)
        return bytes
    }

    /// Replaces ``pieces`` by those of `text`.
    func analyze(_ text: String) {
        pieces.removeAll(keepingCapacity: true)
        buffer.analyze(text, keepingMarks: keepsMarks)
        var position = -1
        for token in buffer.tokens {
            if !token.isJoined { position += 1 }
            if token.isJoined {
                pieces.append(
                    Piece(entry: entry(of: buffer.bytes[cut(token.range)]), kind: .joined, position: position))
            } else if buffer.bytes[token.start] >= 0xE0, isUnspaced(buffer.bytes[token.range]) {
                characters(of: token.range, position: position)
            } else {
                let entry = entry(of: buffer.bytes[cut(token.range)])
                pieces.append(
                    Piece(entry: entry, kind: entries[entry].isStopWord ? .stopWord : .plain, position: position))
            }
        }
        if !phrases.isEmpty { addSynonyms() }
    }

    // MARK: Words

    /// The entry of a token, a new one where it was not seen before.
    private func entry(of token: ArraySlice<UInt8>) -> Int {
        let number = cache.number(of: token)
        if number < entries.count { return number }
        let surface = keepsMarks ? Self.fold(String(decoding: token, as: UTF8.self)) : Array(token)
        var term = surface
        if let stemmer {
            token.withUnsafeBufferPointer { stemmer.stem($0, into: &stem) }
            term = keepsMarks ? Self.fold(String(decoding: stem, as: UTF8.self)) : stem
        }
        // Folding may leave nothing of a mark that stood alone, or put a space where a word is to be.
        term.removeAll { !TextFolding.isWord($0) }
        append(
            Entry(
                surface: surface, term: term.isEmpty ? surface : term,
                isStopWord: stopWords.contains(surface)))
        return number
    }

    private func append(_ entry: Entry) {
        entries.append(entry)
        termOfEntry.append(termNumbers.number(of: entry.term[...]))
    }

    private func cut(_ range: Range<Int>) -> Range<Int> {
        guard range.count > Self.longestWord else { return range }
        var end = range.lowerBound + Self.longestWord
        while end > range.lowerBound + 1, buffer.bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return range.lowerBound..<end
    }

    // MARK: Scripts without spaces

    private func isUnspaced(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let scalar = String(decoding: bytes.prefix(4), as: UTF8.self).unicodeScalars.first else { return false }
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3041...0x309F: return true
        default: return scalar.properties.isIdeographic
        }
    }

    /// A piece for each character, and one for each pair, across tokens that follow one another.
    private func characters(of range: Range<Int>, position: Int) {
        scalars.removeAll(keepingCapacity: true)
        for i in range where buffer.bytes[i] & 0xC0 != 0x80 {
            var end = i + 1
            while end < range.upperBound, buffer.bytes[end] & 0xC0 == 0x80 { end += 1 }
            scalars.append(i..<end)
        }
        for scalar in scalars {
            let entry = entry(of: buffer.bytes[scalar])
            // Characters follow one another as the last pieces: a pair stands before its second character.
            guard let before = pieces.last, before.kind == .character else {
                pieces.append(Piece(entry: entry, kind: .character, position: position))
                continue
            }
            pieces[pieces.count - 1].isCovered = true
            let pair = entries[before.entry].surface + entries[entry].surface
            pieces.append(Piece(entry: self.entry(of: pair[...]), kind: .bigram, position: position))
            pieces.append(Piece(entry: entry, kind: .character, position: position, isCovered: true))
        }
    }

    // MARK: Synonyms

    private func addSynonyms() {
        let words = pieces.filter(\.isOwnWord)
        for joined in pieces where joined.kind == .joined { match([joined], from: 0) }
        for start in words.indices { match(words, from: start) }
    }

    private func match(_ words: [Piece], from start: Int) {
        guard let candidates = phrases[termOfEntry[words[start].entry]] else { return }
        for (terms, group) in candidates where start + terms.count <= words.count {
            let isThere = terms.indices.allSatisfy { termOfEntry[words[start + $0].entry] == terms[$0] }
            if isThere {
                pieces.append(Piece(entry: synonym(group), kind: .synonym, position: words[start].position))
            }
        }
    }

    /// No text has such a term: a control character is never a word.
    private func synonym(_ group: Int) -> Int {
        let term = [1] + Array("\(group)".utf8)
        let number = cache.number(of: term[...])
        if number == entries.count { append(Entry(surface: [], term: term, isStopWord: false)) }
        return number
    }
}
