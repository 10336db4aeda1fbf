import MagpieArtifacts
import MagpieDomain
import MagpieRetrieval

/// What a search page wants beside the best items: how many there are, of which kinds, and perhaps another order.
public struct SearchPage: Sendable, Hashable {
    /// By an attribute; items without it come last, equal ones in the order of their ids.
    public struct Sort: Sendable, Hashable {
        public var attribute: String
        public var isDescending: Bool

        public init(attribute: String, isDescending: Bool = false) {
            self.attribute = attribute
            self.isDescending = isDescending
        }

        /// "year", or "-year" for the largest first; nil without a name.
        public init?(_ notation: String) {
            isDescending = notation.hasPrefix("-")
            attribute = String(notation.drop { $0 == "-" })
            if attribute.isEmpty { return nil }
        }
    }

    public var wantsTotal: Bool
    /// Attributes of which the values are counted.
    public var facets: [String]
    public var sort: Sort?

    public init(wantsTotal: Bool = false, facets: [String] = [], sort: Sort? = nil) {
        self.wantsTotal = wantsTotal
        self.facets = facets
        self.sort = sort
    }

    public var isEmpty: Bool { !wantsTotal && facets.isEmpty && sort == nil }

    /// Totals are exact up to this many.
    public static let totalLimit = 10_000
    /// Facets and another order look at so many matches, the first by row.
    public static let matchLimit = 1_000_000
    /// Values of a facet, the most frequent ones.
    public static let facetLimit = 50
}

extension Answer {
    /// The items that match a search's text, whatever the order (``TextMatches``).
    public struct Matches: Sendable, Equatable {
        public struct Facet: Sendable, Equatable {
            public var attribute: String
            public var values: [Value]

            public struct Value: Sendable, Equatable {
                public var value: String
                public var count: Int
            }
        }

        public var count: Int
        /// False: there are at least so many, and facets are those of so many.
        public var isExact: Bool
        /// Whether they have all the words of the text or, as none has, any of them.
        public var words: TextMatches.Words
        public var facets: [Facet]
    }
}

extension Recommender {
    /// The items that match a query's text; nil without a text or without a text index.
    func matches(_ query: Query, _ request: Request, now: Timestamp) -> TextMatches? {
        let page = request.page
        guard !page.isEmpty, query.text != nil,
            let text = snapshot.retrievers.lazy.compactMap({ $0 as? TextRetriever }).first
        else { return nil }
        let isWhole = !page.facets.isEmpty || page.sort != nil
        var matches = text.matches(query, limit: isWhole ? SearchPage.matchLimit : SearchPage.totalLimit)
        let all = matches.added.count
        matches.added.removeAll { id in catalogue.items?.entry(id).map { !isShown($0, request, now) } ?? true }
        matches.count -= all - matches.added.count
        return matches
    }

    /// Throws ``RequestError`` for an attribute that cannot be counted, or sorted by.
    func check(_ page: SearchPage) throws {
        let schema = snapshot.items.schema
        func names(where isGood: (AttributeType) -> Bool) -> [String] {
            schema.filter { isGood($0.value) }.keys.sorted()
        }
        for name in page.facets {
            let known = names(where: \.isFacet)
            guard known.contains(name) else { throw RequestError.attribute(use: "facet", got: name, expected: known) }
        }
        if let name = page.sort?.attribute {
            let known = names(where: \.isSortable)
            guard known.contains(name) else { throw RequestError.attribute(use: "sort", got: name, expected: known) }
        }
    }

    func described(_ matches: TextMatches, _ page: SearchPage) -> Answer.Matches {
        .init(
            count: matches.count, isExact: matches.isExact, words: matches.words,
            facets: page.facets.map { .init(attribute: $0, values: facet($0, of: matches)) })
    }

    /// How many of the items have each value, the most frequent first, then by value.
    private func facet(_ attribute: String, of matches: TextMatches) -> [Answer.Matches.Facet.Value] {
        let items = matches.items
        var counts: [(value: String, count: Int)] = []
        switch snapshot.items.column(attribute) {
        case .keyword(let column), .keywords(let column):
            var numbers = [Int](repeating: 0, count: column.dictionary.count)
            for item in items.items { for i in column.range(of: Int(item)) { numbers[Int(column.values[i])] += 1 } }
            counts = numbers.indices.filter { numbers[$0] > 0 }.map { (column.dictionary[$0], numbers[$0]) }
        case .bool(let values):
            for (value, name) in [(UInt8(0), "false"), (1, "true")] {
                let count = items.items.count { values[Int($0)] == value }
                if count > 0 { counts.append((name, count)) }
            }
        case .number(let values):
            let sorted = items.items.map { values[Int($0)] }.filter { !$0.isNaN }.sorted()
            var at = 0
            while at < sorted.count {
                let end = sorted[at...].firstIndex { $0 != sorted[at] } ?? sorted.count
                counts.append((AttributeValue.shown(sorted[at]), end - at))
                at = end
            }
        default: break
        }
        for id in matches.added {
            for value in catalogue.items?.entry(id)?.attributes[attribute]?.facetValues ?? [] {
                if let place = counts.firstIndex(where: { $0.value == value }) {
                    counts[place].count += 1
                } else {
                    counts.append((value, 1))
                }
            }
        }
        counts.sort { $0.count > $1.count || ($0.count == $1.count && $0.value < $1.value) }
        return counts.prefix(SearchPage.facetLimit).map { .init(value: $0.value, count: $0.count) }
    }

    /// A match in the order of an attribute: one with a row or one without.
    struct SortedMatch {
        var id: ItemID
        var row: ItemIndex?
    }

    /// The first `count` matches by an attribute. Those with a row have it as of the bundle.
    func sorted(_ matches: TextMatches, by sort: SearchPage.Sort, count: Int) -> [SortedMatch] {
        let rows = sortedRows(matches, by: sort, count: count)
        var found = rows.map { SortedMatch(id: snapshot.items.id(of: $0), row: $0) }
        guard !matches.added.isEmpty else { return found }
        found += matches.added.map { SortedMatch(id: $0, row: nil) }
        let keyed = found.map { match -> (key: SortKey?, match: SortedMatch) in
            let value =
                if let row = match.row {
                    snapshot.items.attribute(sort.attribute, of: row)
                } else {
                    catalogue.items?.entry(match.id)?.attributes[sort.attribute]
                }
            return (key: value.flatMap(\.sortKey), match: match)
        }
        let order = keyed.sorted { a, b in
            switch (a.key, b.key) {
            case (let x?, let y?) where x != y: sort.isDescending ? y < x : x < y
            case (nil, .some): false
            case (.some, nil): true
            default: a.match.id < b.match.id
            }
        }
        return order.prefix(count).map(\.match)
    }

    private func sortedRows(_ matches: TextMatches, by sort: SearchPage.Sort, count: Int) -> [ItemIndex] {
        let items = matches.items.items
        let order: [ItemIndex]
        switch snapshot.items.column(sort.attribute) {
        case .number(let values):
            order = Self.sorted(items, sort) { values[Int($0)].isNaN ? nil : values[Int($0)] }
        case .time(let column): order = Self.sorted(items, sort) { column.time(of: Int($0)) }
        case .bool(let values):
            order = Self.sorted(items, sort) { values[Int($0)] > 1 ? nil : values[Int($0)] }
        case .text(let column):
            order = Self.sorted(items, sort) { column.text(of: Int($0)).map { ItemID($0) } }
        case .keyword(let column):
            // A dictionary is ascending by bytes.
            order = Self.sorted(items, sort) { column.range(of: Int($0)).first.map { column.values[$0] } }
        default: order = items
        }
        return Array(order.prefix(count))
    }

    private static func sorted<Key: Comparable>(
        _ items: [ItemIndex], _ sort: SearchPage.Sort, _ key: (ItemIndex) -> Key?
    ) -> [ItemIndex] {
        var keyed: [(key: Key, item: ItemIndex)] = []
        var without: [ItemIndex] = []
        for item in items {
            if let key = key(item) { keyed.append((key, item)) } else { without.append(item) }
        }
        keyed.sort { a, b in
            if a.key == b.key { return a.item < b.item }
            return sort.isDescending ? a.key > b.key : a.key < b.key
        }
        return keyed.map(\.item) + without
    }
}

/// What values of one attribute are ordered by.
private enum SortKey: Comparable {
    case number(Double)
    case text(ItemID)
}

extension AttributeValue {
    fileprivate var sortKey: SortKey? {
        switch self {
        case .number(let number): number.isNaN ? nil : .number(number)
        case .time(let time): .number(Double(time.milliseconds))
        case .bool(let bool): .number(bool ? 1 : 0)
        case .text(let text), .keyword(let text): .text(ItemID(text))
        case .keywords, .geo, .vector: nil
        }
    }

    fileprivate var facetValues: [String] {
        switch self {
        case .keyword(let word): [word]
        case .keywords(let words): words
        case .bool(let bool): ["\(bool)"]
        case .number(let number): number.isNaN ? [] : [Self.shown(number)]
        case .text, .time, .geo, .vector: []
        }
    }

    fileprivate static func shown(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
}

extension AttributeType {
    fileprivate var isFacet: Bool {
        switch self {
        case .keyword, .keywords, .bool, .number: true
        default: false
        }
    }

    fileprivate var isSortable: Bool {
        switch self {
        case .number, .time, .bool, .text, .keyword: true
        default: false
        }
    }
}
