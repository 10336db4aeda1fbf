import MagpieKernels

/// What a query encoder and the search ranker know of an item's text.
public struct EncoderText: Sendable, Equatable {
    public var title: String
    /// Genres, tags: short and closed vocabularies.
    public var keywords: [String]
    /// A description, names, anything longer.
    public var other: String
    /// What people searched for before they came to it.
    public var queries: [String]

    public init(title: String, keywords: [String] = [], other: String = "", queries: [String] = []) {
        self.title = title
        self.keywords = keywords
        self.other = other
        self.queries = queries
    }
}

/// Known-item queries: what somebody types who looks for this very item.
///
/// There is no search log on the first day (queries that led to an item join as they come), but every item tells how it would be searched for (simulated known-item
/// queries: Azzopardi, de Rijke, Balog, SIGIR 2007). "Matrix, The (1999)", genre Sci-Fi gives "the matrix",
/// "matrix", "matrix 1999", "matrix sci-fi", "the matr" (typed so far), and half of them with a slip of the finger: "teh
/// matrix", "matirx".
/// The query encoder and the search ranker are trained on such queries. A pure function of text and random source.
public enum QueryViews {
    /// `count` queries for the item; none when its title is empty.
    public static func views(of text: EncoderText, count: Int, using random: inout RandomSource) -> [String] {
        let parts = TitleParts(text.title)
        return (0..<count).compactMap { _ in view(of: text, parts: parts, using: &random) }
    }

    /// One query for the item, as people made it half of the time where they did, else with typing errors in half of
    /// all; nil when its title is empty.
    public static func view(of text: EncoderText, parts: TitleParts, using random: inout RandomSource) -> String? {
        if !text.queries.isEmpty, !parts.main.isEmpty, random.uniform() < 0.5 {
            return text.queries[random.below(text.queries.count)]
        }
        guard var query = cleanView(of: text, parts: parts, using: &random) else { return nil }
        if random.uniform() < 0.5 {
            query = withTypo(query, using: &random)
            if query.utf8.count > 8, random.uniform() < 0.3 { query = withTypo(query, using: &random) }
        }
        return query
    }

    /// One query for the item without typing errors; nil when its title is empty.
    public static func cleanView(of text: EncoderText, parts: TitleParts, using random: inout RandomSource) -> String? {
        var query = parts.main
        if !parts.alternatives.isEmpty, random.uniform() < 0.25 {
            query = parts.alternatives[random.below(parts.alternatives.count)]
        }
        guard !query.isEmpty else { return nil }
        if random.uniform() < 0.05, let about = someWords(ofFirstSentence: text.other, using: &random) { return about }
        let shape = random.uniform()
        if shape < 0.2 {
            query = TitleParts.withoutArticle(query)
        } else if shape < 0.4 {
            query = someWords(of: query, using: &random)
        } else if shape < 0.46 {
            query = shuffled(query, using: &random)
        }
        query = query.lowercased()
        if random.uniform() < 0.15 { return typedSoFar(query, using: &random) }
        let addition = random.uniform()
        if addition < 0.25, !text.keywords.isEmpty {
            query += " " + text.keywords[random.below(text.keywords.count)].lowercased()
        }
        if addition > 0.125, addition < 0.375, let year = parts.year { query += " " + year }
        return query
    }

    /// Without the end of the last word, of which at least three letters are left: what the box holds while somebody types.
    private static func typedSoFar(_ query: String, using random: inout RandomSource) -> String {
        let start = query.lastIndex(of: " ").map(query.index(after:)) ?? query.startIndex
        let length = query[start...].count
        guard length > 3 else { return query }
        return String(query[..<query.index(start, offsetBy: 3 + random.below(length - 3))])
    }

    /// The words in any order (Fisher and Yates).
    private static func shuffled(_ title: String, using random: inout RandomSource) -> String {
        var words = title.split(separator: " ")
        for i in words.indices.dropLast() { words.swapAt(i, i + random.below(words.count - i)) }
        return words.joined(separator: " ")
    }

    /// Two to five words in a row of what the item is said to be about; nil where nothing is said.
    private static func someWords(ofFirstSentence text: String, using random: inout RandomSource) -> String? {
        let sentence = text.prefix { $0 != "." && $0 != "!" && $0 != "?" }.prefix(400)
        let words = sentence.split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "-" }
        guard words.count > 2 else { return nil }
        let count = min(2 + random.below(4), words.count)
        let start = random.below(words.count - count + 1)
        return words[start..<start + count].joined(separator: " ").lowercased()
    }

    /// A run of at least half of the words, always with the longest, which most often tells the item apart.
    private static func someWords(of title: String, using random: inout RandomSource) -> String {
        let words = title.split(separator: " ")
        guard words.count > 1 else { return title }
        var longest = 0
        for i in words.indices where words[i].utf8.count > words[longest].utf8.count { longest = i }
        let count = (words.count + 1) / 2
        let first = Swift.max(0, longest - count + 1)
        let last = Swift.min(longest, words.count - count)
        let start = first + random.below(last - first + 1)
        return words[start..<start + count].joined(separator: " ")
    }

    /// The text with one slip of the finger: two letters swapped, one left out, a wrong one, one too many or
    /// doubled (the four edit operations of Damerau 1964, and the double strike). Letters only, so a year stays;
    /// words of three letters or more if there are any. Text without letters comes back as it was.
    public static func withTypo(_ text: String, using random: inout RandomSource) -> String {
        var scalars = Array(text.unicodeScalars)
        var places = letterPlaces(scalars, minimumLength: 3)
        if places.isEmpty { places = letterPlaces(scalars, minimumLength: 1) }
        guard !places.isEmpty else { return text }
        let at = places[random.below(places.count)]
        // A single letter is not left out: nobody types nothing.
        switch scalars.count > 1 ? random.below(5) : 2 + random.below(3) {
        case 0: transpose(&scalars, at)
        case 1: scalars.remove(at: at)
        case 2: scalars[at] = wrongLetter(for: scalars[at], using: &random)
        case 3: scalars.insert(wrongLetter(for: scalars[at], using: &random), at: at)
        default: scalars.insert(scalars[at], at: at)
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    private static func letterPlaces(_ scalars: [Unicode.Scalar], minimumLength: Int) -> [Int] {
        var places: [Int] = []
        var start = 0
        for i in 0...scalars.count where i == scalars.count || !scalars[i].properties.isAlphabetic {
            if i - start >= minimumLength { places.append(contentsOf: start..<i) }
            start = i + 1
        }
        return places
    }

    /// Swaps with the neighbour inside the word that differs, the right one first.
    private static func transpose(_ scalars: inout [Unicode.Scalar], _ at: Int) {
        for other in [at + 1, at - 1]
        where scalars.indices.contains(other) && scalars[other].properties.isAlphabetic && scalars[other] != scalars[at]
        {
            scalars.swapAt(at, other)
            return
        }
        scalars.remove(at: at)
    }

    private static let keyboard = ["qwertyuiop", "asdfghjkl", "zxcvbnm"].map { Array($0.unicodeScalars) }
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz".unicodeScalars)

    /// A key beside the right one two times of three, else any letter; never the right one.
    private static func wrongLetter(for letter: Unicode.Scalar, using random: inout RandomSource) -> Unicode.Scalar {
        let lower = letter.properties.lowercaseMapping.unicodeScalars.first ?? letter
        if random.uniform() < 2.0 / 3 {
            for row in keyboard {
                guard let at = row.firstIndex(of: lower) else { continue }
                let beside = at == 0 ? 1 : at == row.count - 1 ? at - 1 : random.below(2) == 0 ? at - 1 : at + 1
                return row[beside]
            }
        }
        let wrong = letters[random.below(letters.count)]
        return wrong != lower ? wrong : letters[(Int(wrong.value) - 97 + 1) % letters.count]
    }
}
