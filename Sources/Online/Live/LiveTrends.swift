import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import Synchronization

/// What live events say for one request: the rows of ``Query/trending`` and ``Query/covisits``.
///
/// Trending is kept as lists of the hottest items, one of all and one a category (a keyword of the attributes that
/// hold several, such as a film's genres). They are brought up to the state when a request comes, by the items that were
/// liked since the last one. The same state gives the same lists, however it was reached.
///
/// A like counts 2^(-age / half-life). An item in a category that the user likes counts more, up to twice; the items that
/// are looked at are the hottest of all, and of the three categories that the user's last likes have most of.
final class LiveTrends: Sendable {
    /// Of all items.
    static let hottest = 200
    /// Of each of the user's categories.
    static let hottestPerCategory = 100
    static let categoriesAsked = 3
    /// The likes that say which categories somebody likes, and those whose visitors are asked.
    static let tasteItems = 20
    static let visitedItems = 3
    /// Likes of a visitor before and after the visit.
    static let company = 5

    private struct Lists {
        var version: Int64 = -1
        var all = HotList(capacity: LiveTrends.hottest)
        var byCategory: [Int: HotList] = [:]
    }

    private let items: ItemTable
    private let categories: [(column: KeywordColumn, first: Int)]
    private let lists = Mutex(Lists())

    init(_ items: ItemTable) {
        self.items = items
        var categories: [(column: KeywordColumn, first: Int)] = []
        var first = 0
        for (name, type) in items.attributes where type == .keywords {
            guard let column = items.keywords(name) else { continue }
            categories.append((column, first))
            first += column.dictionary.count
        }
        self.categories = categories
    }

    /// Brings the lists up to the state: the first time every item is looked at.
    func update(to state: FeatureStore) { lists.withLock { update(&$0, state) } }

    /// The hottest items for somebody who liked `history` (newest first), best first.
    func trending(for history: [Interest], now: Timestamp, state: FeatureStore) -> [Scored] {
        let tastes = tastes(history)
        var found: [Scored] = []
        func add(_ list: HotList) {
            list.forEach(at: now, state.halfLife) { item, count in
                var taste: Float = 0
                forEachCategory(of: item) { category in
                    for own in tastes where own.category == category { taste = max(taste, own.share) }
                }
                let score = Float(count) * (1 + taste)
                if score > 0, score.isFinite { found.append(Scored(item: item, score: score)) }
            }
        }
        lists.withLock { lists in
            update(&lists, state)
            add(lists.all)
            for own in tastes { if let list = lists.byCategory[own.category] { add(list) } }
        }
        found.sort()
        // What stands in several lists has one score, and so stands side by side.
        var last: ItemIndex?
        return found.filter { scored in
            defer { last = scored.item }
            return scored.item != last
        }
    }

    /// What the last visitors of the user's last likes liked too, best first.
    func covisits(of visited: [ItemIndex], now: Timestamp, state: FeatureStore) -> [Scored] {
        var company: [(item: ItemKey, weight: Double)] = []
        for (place, item) in visited.prefix(Self.visitedItems).enumerated() {
            for (key, weight) in state.company(of: items.key(of: item), now: now, limit: Self.company) {
                company.append((key, weight / Double(place + 1)))
            }
        }
        let found: [(item: ItemIndex, weight: Double)] = zip(items.indices(of: company.map(\.item)), company)
            .compactMap { other, company in
                other.flatMap { visited.contains($0) ? nil : ($0, company.weight) }
            }
        // Stable by the order found, so that sums are added in one order.
        let order = found.indices.sorted { (found[$0].item, $0) < (found[$1].item, $1) }
        var sums: [(item: ItemIndex, weight: Double)] = []
        for at in order {
            if let last = sums.last, last.item == found[at].item {
                sums[sums.count - 1].weight += found[at].weight
            } else {
                sums.append(found[at])
            }
        }
        return sums.map { Scored(item: $0.item, score: Float($0.weight)) }.filter { $0.score > 0 }.sorted()
    }

    // MARK: Categories

    private func forEachCategory(of item: ItemIndex, _ body: (Int) -> Void) {
        for place in categories.indices {  // a column that is copied out of the array is counted by who holds its parts
            for word in categories[place].column.range(of: Int(item)) {
                body(categories[place].first + Int(categories[place].column.values[word]))
            }
        }
    }

    /// The categories of the last likes, the most frequent first, each with the share of the likes that are of it.
    private func tastes(_ history: [Interest]) -> [(category: Int, share: Float)] {
        let recent = history.prefix(Self.tasteItems)
        var counts: [(category: Int, count: Int)] = []
        for interest in recent where Int(interest.item) < items.count {
            forEachCategory(of: interest.item) { category in
                if let at = counts.firstIndex(where: { $0.category == category }) {
                    counts[at].count += 1
                } else {
                    counts.append((category, 1))
                }
            }
        }
        counts.sort { ($1.count, $0.category) < ($0.count, $1.category) }
        return counts.prefix(Self.categoriesAsked).map { ($0.category, Float($0.count) / Float(recent.count)) }
    }

    // MARK: Lists

    private func update(_ lists: inout Lists, _ state: FeatureStore) {
        let (changed, version) = state.likedItems(since: lists.version)
        if let changed {
            var latest = Set<ItemKey>()
            let keys = changed.reversed().filter { latest.insert($0).inserted }
            for (key, item) in zip(keys, state.items(keys)) { if let item { put(key, item.heat, &lists) } }
        } else {
            lists = Lists()
            state.forEachHeat { put($0, $1, &lists) }
        }
        lists.version = version
    }

    private func put(_ key: ItemKey, _ heat: DecayedCount, _ lists: inout Lists) {
        guard let item = items.index(of: key) else { return }
        let entry = HotList.Entry(item: item, heat: heat)
        lists.all.put(entry)
        forEachCategory(of: item) {
            lists.byCategory[$0, default: HotList(capacity: Self.hottestPerCategory)].put(entry)
        }
    }
}
