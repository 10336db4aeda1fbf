import MagpieDomain
import Synchronization

/// A workspace for sums by item: empty when it is made and after ``clear()``. Its memory is not copied with it: ``RowSumsPool``
/// hands it to one request at a time.
protocol ItemSums: Sendable {
    init(itemCount: Int)
    /// The `limit` largest that may be, best first.
    func best(_ limit: Int, where isAllowed: (ItemIndex) -> Bool) -> [Scored]
    /// 0 for an item that nothing was added to.
    func sums(of items: [ItemIndex]) -> [Float]
    mutating func clear()
}

/// Workspaces for sums over rows, used again and again: a request allocates nothing as large as the catalogue, and
/// only what was touched is cleared.
final class RowSumsPool<Sums: ItemSums>: Sendable {
    private let itemCount: Int
    private let idle = Mutex<[Sums]>([])

    init(itemCount: Int) { self.itemCount = itemCount }

    /// Sums that are all 0, to be given back.
    func take() -> Sums { idle.withLock { $0.popLast() } ?? Sums(itemCount: itemCount) }

    /// Clears what was touched.
    func give(_ sums: consuming Sums) {
        sums.clear()
        idle.withLock { [sums] in $0.append(sums) }
    }

    /// Calls `body` with sums that are all 0, and clears what it touched.
    func withSums<Result>(_ body: (inout Sums) -> Result) -> Result {
        var sums = take()
        let result = body(&sums)
        give(sums)
        return result
    }
}

/// A retriever whose scores are sums over rows, with its query: they are added up when they are first needed, and kept for
/// as long as the request asks.
final class AskedRowSums<Sums: ItemSums>: AskedRetriever {
    enum Outcome {
        case complete
        /// There was no row to add.
        case nothing
        /// The deadline passed on the way.
        case late
    }

    private let query: Query
    private let pool: RowSumsPool<Sums>
    private let isKnown: (ItemIndex) -> Bool
    private let add: (inout Sums, Deadline) -> Outcome
    private var sums: Sums?
    private var isNothing = false

    /// - Parameters:
    ///   - isKnown: whether there is an opinion on an item at all.
    ///   - add: adds up the rows of the query.
    init(
        _ query: Query, _ pool: RowSumsPool<Sums>, isKnown: @escaping (ItemIndex) -> Bool,
        add: @escaping (inout Sums, Deadline) -> Outcome
    ) {
        self.query = query
        self.pool = pool
        self.isKnown = isKnown
        self.add = add
    }

    /// Taken out before they are given: of two who hold an array, whoever clears it copies all of it.
    deinit { if let sums = sums.take() { pool.give(sums) } }

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed else { return [] }
        addUp(deadline)
        guard let sums else { return [] }
        return sums.best(limit) { $0 != query.seed && !query.excluded.contains($0) }
    }

    func scores(of items: [ItemIndex]) -> [Float] {
        addUp(.none)
        guard let sums else { return [Float](repeating: .nan, count: items.count) }
        return zip(items, sums.sums(of: items)).map { isKnown($0) ? $1 : .nan }
    }

    private func addUp(_ deadline: Deadline) {
        guard sums == nil, !isNothing else { return }
        var sums = pool.take()
        switch add(&sums, deadline) {
        case .complete: self.sums = sums
        case .nothing:
            isNothing = true
            pool.give(sums)
        case .late: pool.give(sums)
        }
    }
}
