import MagpieArtifacts
import MagpieDomain
import MagpieRetrieval

/// Whether a search names a title and nothing else: "the matrix", "matrix 1999" and "Matrix, The (1999)" all name
/// "Matrix, The (1999)", and "spider man" names "Spider-Man (2002)". Case, diacritics, punctuation, spaces and a leading
/// article do not count; a word left out does.
///
/// Who types a title wants that item: it stands first, whatever taste or popularity say (``Recommender``).
struct ExactTitle {
    private let query: [UInt8]
    /// Which letters and digits it has.
    private let alphabet: UInt64
    private static let analyzer = TextAnalyzer()

    /// nil for a text without a letter or digit.
    init?(_ text: String) {
        let parts = TitleParts(text)
        query = Self.letters(parts.main) + parts.alternatives.flatMap(Self.letters) + Self.year(parts)
        alphabet = query.reduce(0) { $0 | Self.bits($1) }
        if query.isEmpty { return nil }
    }

    /// Most titles lack a letter of the query, and need not be taken apart.
    func isNamed(_ title: UnsafeBufferPointer<UInt8>) -> Bool {
        mayBeNamed(title) && isNamed(String(decoding: title, as: UTF8.self))
    }

    /// Whether a title has all letters of the query; true where it has any beyond ASCII.
    func mayBeNamed(_ title: UnsafeBufferPointer<UInt8>) -> Bool {
        var own: UInt64 = 0
        for byte in title {
            if byte >= 0x80 { return true }
            own |= Self.bits(byte)
        }
        return alphabet & ~own == 0
    }

    /// Upper and lower case alike; "&" is said as "and" (``TextAnalyzer``).
    private static func bits(_ byte: UInt8) -> UInt64 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): 1 << UInt64(byte & 31)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): 1 << UInt64(32 + byte & 15)
        case UInt8(ascii: "&"): bits(UInt8(ascii: "a")) | bits(UInt8(ascii: "n")) | bits(UInt8(ascii: "d"))
        case 0x80...: 1 << 63
        default: 0
        }
    }

    func isNamed(_ title: String) -> Bool {
        let parts = TitleParts(title)
        return ([parts.main] + parts.alternatives).contains { name in
            let letters = Self.letters(name)
            return !letters.isEmpty && (query == letters || query == letters + Self.year(parts))
        }
    }

    private static func letters(_ name: String) -> [UInt8] {
        analyzer.letters(of: TitleParts.withoutArticle(name))
    }

    private static func year(_ parts: TitleParts) -> [UInt8] { parts.year.map { Array($0.utf8) } ?? [] }
}

extension Recommender {
    /// The rows of `order` with those in front whose title the text names; among these, and among the others, the order
    /// holds.
    func namedFirst(_ order: [Int], _ stage: Candidates, text: String?) -> [Int] {
        guard let exact = text.flatMap(ExactTitle.init), let titles = snapshot.items.text(ReservedAttribute.title)
        else {
            return order
        }
        let isNamed = order.map { row in
            let item = Int(stage.items[row])
            return titles.present[item] != 0 && titles.texts.withBytes(item) { exact.isNamed($0) }
        }
        let places = order.indices
        return places.filter { isNamed[$0] }.map { order[$0] } + places.filter { !isNamed[$0] }.map { order[$0] }
    }
}
