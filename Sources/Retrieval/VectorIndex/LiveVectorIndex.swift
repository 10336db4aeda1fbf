import MagpieDomain
import MagpieKernels
import Synchronization

/// An index that cannot change, and what changed since: searched together, as if it were one.
///
///     let live = LiveVectorIndex(over: index)
///     try live.upsert(7, vector)       // the next search knows it; the old row of 7 is never returned again
///     live.remove(8)
///     let changes = live.fold()        // what the next build has to take in
///
/// A search takes the state out of a mutex as a value and works on it without a lock; a change copies what a running
/// search still holds (a block of 256 rows, the bits of what is hidden). So a search sees one moment, and waits for
/// nobody. The side is searched row by row: it is meant to stay below some 10,000 vectors, and to be folded into the
/// next build before.
///
/// An item may lie at or past the end of the main index: it is new.
public final class LiveVectorIndex: VectorIndex {
    /// Rows of this index that changed, ascending by item.
    public struct Changes: Sendable, Equatable {
        public var upserted: [Row] = []
        /// Not among them: what was removed and came back.
        public var removed: [ItemIndex] = []
        /// When they were read: what ``LiveVectorIndex/fold(since:)`` takes to go on from here.
        public var version: Int

        public struct Row: Sendable, Equatable {
            public var item: ItemIndex
            public var vector: [Float]
        }
    }

    /// What a search works on.
    fileprivate struct View {
        var side: SideIndex
        /// Rows of the main index that are not true any more.
        var hidden: ItemSet
        var hasHidden = false
    }

    fileprivate struct State {
        var view: View
        /// Where the side has an item, and since which version. For the writer, and for scores of single items.
        var places: [ItemIndex: (place: Int, version: Int)] = [:]
        var removed: [ItemIndex: Int] = [:]
        var version = 0
    }

    private let main: any VectorIndex
    private let state: Mutex<State>

    public var dimension: Int { main.dimension }
    /// Rows of the main index, and as many more as new items need.
    public var count: Int {
        max(main.count, state.withLock { $0.places.keys.max().map { Int($0) + 1 } ?? 0 })
    }

    public init(over main: any VectorIndex) {
        self.main = main
        state = Mutex(
            State(view: View(side: SideIndex(dimension: main.dimension), hidden: ItemSet(itemCount: main.count))))
    }

    // MARK: Changing

    /// Gives an item a vector, or another one. Throws ``VectorIndexError`` for one of another space or with numbers
    /// that are not finite.
    public func upsert(_ item: ItemIndex, _ vector: [Float]) throws {
        guard vector.count == dimension else {
            throw VectorIndexError.dimension(name: "the vector of item \(item)", got: vector.count, expected: dimension)
        }
        if let coordinate = vector.firstIndex(where: { !$0.isFinite }) {
            throw VectorIndexError.notFinite(name: "new vectors", row: Int(item), coordinate: coordinate)
        }
        state.withLock { state in
            state.version += 1
            state.removed[item] = nil
            if let (place, _) = state.places[item] {
                state.view.side.replace(at: place, item, vector)
                state.places[item] = (place, state.version)
            } else {
                state.places[item] = (state.view.side.count, state.version)
                state.view.side.append(item, vector)
                state.hide(item)
            }
        }
    }

    /// Takes an item's vector away; one that has none stays without.
    public func remove(_ item: ItemIndex) {
        state.withLock { state in
            state.version += 1
            state.removed[item] = state.version
            state.hide(item)
            guard let (place, _) = state.places.removeValue(forKey: item) else { return }
            // The last row fills the hole.
            let last = state.view.side.count - 1
            if place < last {
                let moved = state.view.side.item(at: last)
                state.view.side.replace(at: place, moved, state.view.side.vector(at: last))
                state.places[moved]?.place = place
            }
            state.view.side.removeLast()
        }
    }

    /// What changed after `version` (0: at all), for the next build. The side stays as it is: searches need it until the
    /// next index is open; what changed meanwhile is then upserted there.
    public func fold(since version: Int = 0) -> Changes {
        state.withLock { state in
            let upserted = state.places.filter { $0.value.version > version }.keys.sorted().compactMap { item in
                state.places[item].map { Changes.Row(item: item, vector: state.view.side.vector(at: $0.place)) }
            }
            let removed = state.removed.filter { $0.value > version }.keys.sorted()
            return Changes(upserted: upserted, removed: removed, version: state.version)
        }
    }

    // MARK: Searching

    public func search(_ query: [Float], k: Int, excluding: ItemSet, deadline: Deadline) -> [Scored] {
        let view = state.withLock { $0.view }
        guard k > 0 else { return [] }
        // The main index takes a set of its own size.
        let isOwnSize = excluding.itemCount == main.count
        let notInMain =
            isOwnSize && !view.hasHidden ? excluding : excluding.union(view.hidden, itemCount: main.count)
        let found = main.search(query, k: k, excluding: notInMain, deadline: deadline)
        guard view.side.count > 0 else { return found }
        var best = TopK(k)
        for candidate in found { best.offer(candidate.item, candidate.score) }
        guard !deadline.hasPassed,
            view.side.offer(to: &best, query, excluding: excluding, deadline: deadline)
        else { return [] }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    /// The k best of the new items alone, those at or past the end of the main index.
    public func added(_ query: [Float], k: Int) -> [Scored] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        let view = state.withLock { $0.view }
        var best = TopK(k)
        guard k > 0, view.side.count > 0 else { return [] }
        _ = view.side.offer(to: &best, query, excluding: ItemSet(itemCount: main.count).complement, deadline: .none)
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    public func scores(of items: [ItemIndex], _ query: [Float]) -> [Float] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        let (view, places) = state.withLock { state in
            (state.view, items.map { state.isChanged($0) ? state.places[$0]?.place : nil })
        }
        var scores = main.scores(of: items, query)
        for (row, item) in items.enumerated() {
            if let place = places[row] {
                scores[row] = view.side.score(at: place, query)
            } else if view.hidden.contains(item) {
                scores[row] = .nan
            }
        }
        return scores
    }
}

extension LiveVectorIndex.State {
    mutating func hide(_ item: ItemIndex) {
        guard Int(item) < view.hidden.itemCount, !view.hidden.contains(item) else { return }
        view.hidden.insert(item)
        view.hasHidden = true
    }

    /// Whether the side may have it: most items that are asked for are as the main index has them.
    func isChanged(_ item: ItemIndex) -> Bool {
        Int(item) >= view.hidden.itemCount || view.hidden.contains(item)
    }
}
