import MagpieDomain

/// What all lists of a system look like together, without asking whether they were right.
public protocol ListsMetric: Sendable {
    /// "coverage", ...
    static var baseName: String { get }
    /// How many places of each list count, k.
    var depth: Int { get }
    init(_ depth: Int)

    /// 0 when there are no lists (or only empty ones), or no items.
    func value(_ lists: [[ItemIndex]], of catalogue: CatalogueCounts) -> Double
}

/// What a ``ListsMetric`` knows of the items.
public struct CatalogueCounts: Sendable {
    /// By item: how many users had a positive with it in the training data.
    public var usersPerItem: [Int]
    public var userCount: Int
    /// By item: numbers of its keywords; empty when nobody asked for them.
    private let words: [Set<UInt32>]

    public init(usersPerItem: [Int], userCount: Int, keywords: [Set<UInt32>] = []) {
        precondition(keywords.isEmpty || keywords.count == usersPerItem.count, "\(keywords.count) sets of keywords")
        self.usersPerItem = usersPerItem
        self.userCount = userCount
        words = keywords
    }

    func keywords(of item: ItemIndex) -> Set<UInt32> { words.isEmpty ? [] : words[Int(item)] }

    public var itemCount: Int { usersPerItem.count }
}

extension ListsMetric {
    public var name: String { "\(Self.baseName)@\(depth)" }

    /// By item: in how many places it stands. Items of a list are rows of the catalogue (a precondition).
    func exposures(_ lists: [[ItemIndex]], _ catalogue: CatalogueCounts) -> [Int] {
        var counts = [Int](repeating: 0, count: catalogue.itemCount)
        for list in lists { for item in list.prefix(depth) { counts[Int(item)] += 1 } }
        return counts
    }
}

extension Metrics {
    public static let ofLists: [any ListsMetric.Type] = [
        Coverage.self, Novelty.self, Gini.self, IntraListDiversity.self,
    ]

    /// What an evaluation prints of all lists of a system together.
    public static let shownOfLists: [any ListsMetric] = [
        Coverage(10), Gini(10), Novelty(10), IntraListDiversity(10),
    ]
}
