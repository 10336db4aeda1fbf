import Dispatch
import Synchronization

/// How many of the true best a live index finds: one search in `every` is made again by exact search, and counted.
///
/// What calibration promised held for queries of the day of training. These counts tell whether it holds for those of
/// today; they go up only, and whoever reads them twice has the recall in between.
///
/// The exact search is made on a queue of its own, after the answer was given, one at a time; one that comes while
/// another is made is dropped. Which searches are taken is a matter of counting, not of chance.
public final class RecallSample: Sendable {
    public struct Counts: Sendable, Hashable {
        /// Searches that were made again.
        public var searches = 0
        /// The items that exact search found in them.
        public var wanted = 0
        /// Those of them that the index had found.
        public var found = 0

        public init() {}
    }

    private struct State {
        var counts = Counts()
        var isBusy = false
    }

    public static let defaultEvery = 1_024

    private let every: Int
    private let asked = Atomic<Int>(0)
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "magpie.recall", qos: .background)

    /// - Parameter every: one search in so many; 0 = none.
    public init(every: Int = defaultEvery) { self.every = every }

    public var counts: Counts { state.withLock { $0.counts } }

    /// Counts a search; true for every `every`-th.
    func isDue() -> Bool {
        guard every > 0 else { return false }
        return (asked.wrappingAdd(1, ordering: .relaxed).newValue % every) == 0
    }

    /// Runs `work` later and adds what it returns, or drops it when another one runs.
    func measure(_ work: @escaping @Sendable () -> (wanted: Int, found: Int)) {
        let mayRun = state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard mayRun else { return }
        queue.async { [self] in
            let (wanted, found) = work()
            state.withLock { state in
                state.counts.searches += 1
                state.counts.wanted += wanted
                state.counts.found += found
                state.isBusy = false
            }
        }
    }

    /// Returns when nothing is being measured.
    func settle() { queue.sync {} }
}
