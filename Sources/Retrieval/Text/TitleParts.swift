/// A catalogue title taken apart the way people say it.
///
/// `"City of Lost Children, The (Cité des enfants perdus, La) (1995)"` has the main title "The City of Lost
/// Children", the alternative "La Cité des enfants perdus" and the year "1995".
public struct TitleParts: Sendable, Equatable {
    /// Without year and alternatives, the article back in front.
    public var main: String
    /// What stood in other brackets at the end, without "a.k.a.".
    public var alternatives: [String] = []
    /// Four digits.
    public var year: String?

    public init(_ title: String) {
        var rest = title[...].trimmed()
        var groups: [Substring] = []
        while let group = Self.trailingGroup(of: rest) {
            groups.append(rest[group].dropFirst().dropLast().trimmed())
            rest = rest[..<group.lowerBound].trimmed()
        }
        for group in groups.reversed() where !group.isEmpty {
            if let year = Self.year(group) {
                self.year = year
            } else {
                alternatives.append(Self.withArticleInFront(Self.withoutAlias(group)))
            }
        }
        main = Self.withArticleInFront(rest)
    }

    /// The title without its leading article: "Matrix". The title itself when nothing else is left.
    public static func withoutArticle(_ title: String) -> String {
        guard let space = title.firstIndex(of: " "), articles.contains(title[..<space].lowercased()) else {
            return title
        }
        let rest = title[space...].trimmed()
        return rest.isEmpty ? title : String(rest)
    }

    // In catalogues the article stands last, so only a whole word after the last comma counts.
    private static let articles: Set<String> = [
        "the", "a", "an", "la", "le", "les", "l'", "il", "lo", "gli", "i", "el", "los", "las", "der", "die", "das",
        "den", "det", "de", "een", "en", "et", "un", "une", "una", "uno", "o", "os", "as",
    ]

    private static func withArticleInFront(_ title: Substring) -> String {
        guard let comma = title.lastIndex(of: ",") else { return String(title) }
        let article = title[title.index(after: comma)...].trimmed()
        guard articles.contains(article.lowercased()) else { return String(title) }
        let rest = title[..<comma].trimmed()
        return article.hasSuffix("'") ? "\(article)\(rest)" : "\(article) \(rest)"
    }

    /// The range of a bracket that ends the title and does not make up all of it.
    private static func trailingGroup(of text: Substring) -> Range<Substring.Index>? {
        guard text.last == ")" else { return nil }
        var depth = 0
        for index in text.indices.reversed() {
            if text[index] == ")" { depth += 1 }
            if text[index] == "(" { depth -= 1 }
            if depth == 0 { return index > text.startIndex ? index..<text.endIndex : nil }
        }
        return nil
    }

    /// "1999", and for a series "2004-2009" or "2010-" its first year.
    private static func year(_ group: Substring) -> String? {
        let digits = group.prefix { $0.isASCII && $0.isNumber }
        guard digits.count == 4 else { return nil }
        let rest = group[digits.endIndex...]
        guard rest.allSatisfy({ $0 == "-" || $0 == "–" || $0 == " " || ($0.isASCII && $0.isNumber) }) else {
            return nil
        }
        return String(digits)
    }

    private static func withoutAlias(_ group: Substring) -> Substring {
        for alias in ["a.k.a.", "aka "] where group.lowercased().hasPrefix(alias) {
            return group.dropFirst(alias.count).trimmed()
        }
        return group
    }
}

extension Substring {
    fileprivate func trimmed() -> Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
