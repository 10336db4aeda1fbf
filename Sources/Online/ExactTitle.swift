import MagpieDomain
import MagpieRetrieval

/// Whether a search names a title and nothing else: "the matrix", "matrix 1999" and "Matrix, The (1999)" all name
/// "Matrix, The (1999)", and "spider man" names "Spider-Man (2002)". Case, diacritics, punctuation, spaces and a leading
/// article do not count; a word left out does.
///
/// Who types a title wants that item: it stands first, whatever taste or popularity say (``Recommender``).
struct ExactTitle {
    private let query: [UInt8]
    private static let analyzer = TextAnalyzer()

    /// nil for a text without a letter or digit.
    init?(_ text: String) {
        let parts = TitleParts(text)
        query = Self.letters(parts.main) + parts.alternatives.flatMap(Self.letters) + Self.year(parts)
        if query.isEmpty { return nil }
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
        guard let exact = text.flatMap(ExactTitle.init) else { return order }
        let isNamed = order.map { row in snapshot.items.title(of: stage.items[row]).map(exact.isNamed) ?? false }
        let places = order.indices
        return places.filter { isNamed[$0] }.map { order[$0] } + places.filter { !isNamed[$0] }.map { order[$0] }
    }
}
