/// Text to tokens, the same for what is indexed and for what is asked, so that the two always meet.
///
/// | text | tokens |
/// |---|---|
/// | `The MATRIX (1999)` | the, matrix, 1999 |
/// | `Sci-Fi` | sci, fi, **scifi** |
/// | `Schindler's List` | schindler, **schindlers**, list |
/// | `E.T. & M*A*S*H` | e, t, **et**, and, m, a, s, h, **mash** |
/// | `Amélie`, `Straße` | amelie, strasse |
///
/// Tokens are runs of letters and digits after ``TextFolding``. Where a hyphen, an apostrophe or an acronym's dots
/// stand inside a word, the parts are tokens and so is the whole (bold), because people type both. A single letter
/// beside an apostrophe (the "s" of "Schindler's", the "l" of "l'avventura") is part of the whole only.
/// No stemming and no stop words: BM25's idf does what a stop list would.
public struct TextAnalyzer: Sendable {
    public init() {}

    /// The tokens in the order of the text, a joined form right after its parts.
    public func tokens(in text: String) -> [String] {
        var buffer = TokenBuffer()
        buffer.analyze(text)
        return buffer.tokens.map { String(decoding: buffer.bytes[$0.range], as: UTF8.self) }
    }

    /// The letters and digits of a text, folded, and nothing between them: "spiderman" of "Spider-Man" and "spider man".
    public func letters(of text: String) -> [UInt8] {
        var folded: [UInt8] = []
        TextFolding.fold(text, into: &folded)
        return folded.filter(TextFolding.isWord)
    }
}

/// The tokens of one text as ranges of folded bytes; reused from text to text so that analysis does not allocate.
struct TokenBuffer {
    struct Token {
        var start: Int
        var end: Int
        /// Whether this is the joined form of the parts just before it.
        var isJoined = false

        var range: Range<Int> { start..<end }
    }

    private(set) var bytes: [UInt8] = []
    private(set) var tokens: [Token] = []
    private var folded: [UInt8] = []
    private var parts: [Range<Int>] = []

    /// The longest chain of parts that is also joined: "will-o'-the-wisp" is, a line of dashes is not.
    private static let maxParts = 8

    /// Whether the text ended inside its last token: somebody may be typing it still.
    var isOpen: Bool { folded.last.map(TextFolding.isWord) ?? false }

    /// Replaces the contents by the tokens of `text`.
    mutating func analyze(_ text: String, keepingMarks: Bool = false) {
        folded.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        TextFolding.fold(text, keepingMarks: keepingMarks, into: &folded)
        var at = 0
        while at < folded.count {
            if TextFolding.isWord(folded[at]) {
                at = compound(from: at)
            } else {
                at += 1
            }
        }
    }

    /// Emits the word or compound that starts at `start`; returns where it ends.
    private mutating func compound(from start: Int) -> Int {
        parts.removeAll(keepingCapacity: true)
        var end = endOfRun(start)
        parts.append(start..<end)
        while let next = joined(after: end), parts.count < Self.maxParts {
            parts.append(next)
            end = next.upperBound
        }
        if parts.count == 1 {
            emit(start..<end)
            return end
        }
        for part in parts where !isElision(part) { emit(part) }
        let from = bytes.count
        for part in parts { bytes.append(contentsOf: folded[part]) }
        tokens.append(Token(start: from, end: bytes.count, isJoined: true))
        return end
    }

    /// The run that a joiner at `end` ties to the run before it, or nil.
    private func joined(after end: Int) -> Range<Int>? {
        guard end + 1 < folded.count, TextFolding.isWord(folded[end + 1]) else { return nil }
        let runEnd = endOfRun(end + 1)
        switch folded[end] {
        case TextFolding.hyphen, TextFolding.apostrophe: return end + 1..<runEnd
        case TextFolding.dot:
            // Only between single letters: "S.W.A.T." is one word, "2.5" and "Inc.The" are two.
            let isInitial = isLetter(folded[end - 1]) && (end < 2 || !TextFolding.isWord(folded[end - 2]))
            return isInitial && runEnd == end + 2 && isLetter(folded[end + 1]) ? end + 1..<runEnd : nil
        default: return nil
        }
    }

    private func isElision(_ part: Range<Int>) -> Bool {
        guard part.count == 1 else { return false }
        return (part.lowerBound > 0 && folded[part.lowerBound - 1] == TextFolding.apostrophe)
            || (part.upperBound < folded.count && folded[part.upperBound] == TextFolding.apostrophe)
    }

    private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private func endOfRun(_ start: Int) -> Int {
        var at = start
        while at < folded.count, TextFolding.isWord(folded[at]) { at += 1 }
        return at
    }

    private mutating func emit(_ range: Range<Int>) {
        let from = bytes.count
        bytes.append(contentsOf: folded[range])
        tokens.append(Token(start: from, end: bytes.count))
    }
}
