import MagpieDomain
import Synchronization

/// A text index that cannot change, and what changed since: searched together, as if it were one.
///
///     let live = LiveTextIndex(over: index, rowOf: { items.index(of: $0) }, idOf: { items.id(of: $0) })
///     live.upsert("9999", text)      // the next search finds it; what the index has of 9999 is not found any more
///     live.remove("8888")
///
/// A search takes the state out of a mutex as a value and works on it without a lock, so it sees one moment and waits
/// for nobody. An item is named by its id, because a new one has no row in any bundle; one that has a row keeps it. The
/// side is meant for some 10,000 items between two trainings: the next bundle has them in its index.
///
/// Scores are those of one index over all texts, as far as can be known before it is made: items that were replaced
/// or removed count in document frequencies until then, and lengths are compared with the mean of the index.
public final class LiveTextIndex: Sendable {
    /// An item that was found: by its row where the bundle has it, and by its id.
    public struct Found: Sendable, Equatable {
        public var id: ItemID
        public var row: ItemIndex?
        public var score: Float
    }

    /// What a search works on.
    struct View: Sendable {
        var side: SideTextIndex
        /// Rows of the index that are not true any more.
        var hidden: ItemSet
        var hasHidden = false
    }

    fileprivate struct State {
        var view: View
        var places: [ItemID: Int] = [:]  // never iterated
    }

    public let main: TextIndex
    public let options: TextSearchOptions
    private let rowOf: @Sendable (ItemID) -> ItemIndex?
    private let idOf: @Sendable (ItemIndex) -> ItemID
    private let state: Mutex<State>

    /// - Parameters:
    ///   - rowOf: the row of an id in the bundle, nil when it has none.
    ///   - idOf: the id of a row, which is below the index's item count.
    public init(
        over main: TextIndex, options: TextSearchOptions = TextSearchOptions(),
        rowOf: @escaping @Sendable (ItemID) -> ItemIndex?, idOf: @escaping @Sendable (ItemIndex) -> ItemID
    ) {
        self.main = main
        self.options = options
        self.rowOf = rowOf
        self.idOf = idOf
        state = Mutex(
            State(view: View(side: SideTextIndex(), hidden: ItemSet(itemCount: main.itemCount))))
    }

    // MARK: Changing

    /// Gives an item a text, or another one.
    public func upsert(_ id: ItemID, _ text: ItemText) {
        let document = SideTextIndex.Document(text, for: main)
        state.withLock { state in
            state.drop(id)
            state.hide(row(id))
            state.places[id] = state.view.side.count
            state.view.side.append(id, document)
        }
    }

    /// Takes an item's text away: no search finds it.
    public func remove(_ id: ItemID) {
        state.withLock { state in
            state.drop(id)
            state.hide(row(id))
        }
    }

    /// Items that were added or changed.
    public var count: Int { state.withLock { $0.view.side.count } }

    private var view: View { state.withLock { $0.view } }

    /// The row of an id; one past the index is none.
    func row(_ id: ItemID) -> ItemIndex? { rowOf(id).flatMap { Int($0) < main.itemCount ? $0 : nil } }
}

// MARK: Searching

extension LiveTextIndex {
    /// The best items for a text, best first, equal ones in the order of their ids; none of `excluded`. Empty when the
    /// deadline has passed.
    public func search(
        _ text: String, limit: Int, excluding excluded: ItemSet, deadline: Deadline = .none
    ) -> [Found] {
        asked(text).search(limit: limit, excluding: excluded, deadline: deadline) { _ in true }
    }

    /// The best items that have none, because they are newer than the bundle.
    public func added(_ text: String, limit: Int) -> [Found] {
        guard view.side.count > 0 else { return [] }
        return Array(asked(text).sideFound().filter { $0.row == nil }.sorted(by: Found.isBetter).prefix(limit))
    }

    /// The scores of rows of the bundle, as ``search(_:limit:excluding:deadline:)`` would give them; NaN where an item
    /// has none of the words.
    public func scores(of rows: [ItemIndex], _ text: String) -> [Float] { asked(text).scores(of: rows) }

    /// The index as it is now, with a text to look for.
    func asked(_ text: String) -> Asked {
        let view = view
        let builder = TextQueryBuilder(index: main, side: view.side.count > 0 ? view.side : nil, options: options)
        return Asked(index: self, view: view, query: builder.query(text))
    }

    struct Asked {
        let index: LiveTextIndex
        let view: View
        let query: TextQuery

        func search(
            limit: Int, excluding excluded: ItemSet, deadline: Deadline, where isWanted: (ItemIndex?) -> Bool
        ) -> [Found] {
            guard limit > 0, !deadline.hasPassed else { return [] }
            var search = TextSearch(query, in: index.main, limit: limit)
            guard let rows = search.run(excluded: hidden(excluded), deadline: deadline) else { return [] }
            var found = rows.map { Found(id: index.idOf($0.item), row: $0.item, score: query.score($0.points)) }
            for item in sideFound() where isWanted(item.row) && !(item.row.map(excluded.contains) ?? false) {
                found.append(item)
            }
            found.sort(by: Found.isBetter)
            return Array(found.prefix(limit))
        }

        func scores(of rows: [ItemIndex]) -> [Float] {
            var scores = index.main.points(of: rows, query).map { $0.map(query.score) ?? .nan }
            guard view.hasHidden else { return scores }
            var changed: [ItemIndex: Float] = [:]  // never iterated
            for item in sideFound() {
                if let row = item.row { changed[row] = item.score }
            }
            for (i, row) in rows.enumerated() where view.hidden.contains(row) { scores[i] = changed[row] ?? .nan }
            return scores
        }

        /// What is found among the items that were added or changed, in no order.
        func sideFound() -> [Found] {
            view.side.points(query).map { place, points in
                let id = view.side.ids[place]
                return Found(id: id, row: index.row(id), score: query.score(points))
            }
        }

        /// What is not to be found in the index that cannot change.
        func hidden(_ excluded: ItemSet) -> ItemSet {
            view.hasHidden ? excluded.union(view.hidden, itemCount: index.main.itemCount) : excluded
        }
    }
}

extension LiveTextIndex.Found {
    fileprivate static func isBetter(_ a: Self, _ b: Self) -> Bool {
        a.score > b.score || (a.score == b.score && a.id < b.id)
    }
}

extension LiveTextIndex.State {
    /// Takes an item out of the side.
    mutating func drop(_ id: ItemID) {
        guard let place = places.removeValue(forKey: id) else { return }
        if let moved = view.side.remove(at: place) { places[moved] = place }
    }

    mutating func hide(_ row: ItemIndex?) {
        guard let row, Int(row) < view.hidden.itemCount else { return }
        view.hidden.insert(row)
        view.hasHidden = true
    }
}
