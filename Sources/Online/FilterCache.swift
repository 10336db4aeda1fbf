import MagpieArtifacts
import MagpieDomain
import Synchronization

/// What filters leave out of one bundle, for as long as the bundle is open: the same few filters are asked for again and
/// again, and of a million items each costs milliseconds.
///
/// Bounded in bytes: what was made first goes first. Two requests that ask for the same new filter at once both make it.
final class FilterCache: Sendable {
    private struct State {
        var sets: [FilterPredicate: ItemSet] = [:]
        /// Oldest first.
        var order: [FilterPredicate] = []
    }

    private let items: ItemTable
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter bytes: of the sets, a bit an item; there is room for one at least.
    init(_ items: ItemTable, bytes: Int = 32 << 20) {
        self.items = items
        limit = max(bytes / max(items.count / 8, 64), 1)
    }

    var count: Int { state.withLock { $0.sets.count } }

    /// The items for which the filter is false.
    func rejected(by filter: FilterPredicate) -> ItemSet {
        if let known = state.withLock({ $0.sets[filter] }) { return known }
        let made = items.matching(filter).complement
        state.withLock { state in
            guard state.sets.updateValue(made, forKey: filter) == nil else { return }
            state.order.append(filter)
            if state.order.count > limit { state.sets[state.order.removeFirst()] = nil }
        }
        return made
    }
}
