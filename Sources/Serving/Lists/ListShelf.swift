import Dispatch
import Logging
import MagpieDomain
import ServiceLifecycle
import Synchronization

/// The lists made ahead of time, as a server uses them: reads go to the store at once; what is made here and who read
/// what is written by one thread of its own, a batch at a time.
///
/// A disk that is slow or full delays no answer: lists are dropped, and counted, and made again at the next visit.
public final class ListShelf: Service, Sendable {
    public struct Counts: Sendable, Equatable {
        /// Made by this server, on a user's visit.
        public var computed = 0
        /// The processor's time that this took.
        public var computeMicroseconds: Int64 = 0
        /// Answers from a list.
        public var read = 0
        /// Requests that would have taken a list, and there was none.
        public var missed = 0
        /// Removed without having been shown once.
        public var expiredUnread = 0
        /// That could not be written.
        public var dropped = 0
    }

    private struct State {
        var made: [PrecomputedList] = []
        var seen: Set<Key> = []
        /// Shown already since this server began: written once.
        var known: Set<Key> = []
        var isScheduled = false
        var counts = Counts()
    }

    private struct Key: Hashable {
        var user: UserKey
        var scenario: String
    }

    public let options: ListOptions
    private let store: any PrecomputedLists
    private let queue = DispatchQueue(label: "magpie.lists", qos: .utility)
    private let state = Mutex(State())
    private let capacity: Int
    private let logger: Logger
    private let cleaning: Duration

    /// - Parameters:
    ///   - capacity: how many lists may wait to be written.
    ///   - cleaning: how often what has expired is removed.
    public init(
        store: any PrecomputedLists, options: ListOptions = .init(), capacity: Int = 4_096,
        cleaning: Duration = .seconds(600), logger: Logger
    ) {
        self.store = store
        self.options = options
        self.capacity = capacity
        self.cleaning = cleaning
        self.logger = logger
    }

    public var counts: Counts { state.withLock { $0.counts } }

    /// nil when there is none that may be shown, or the store cannot be read (which is logged).
    func list(of user: UserKey, scenario: String, now: Timestamp) -> PrecomputedList? {
        let found: PrecomputedList?
        do {
            found = try store.list(of: user, scenario: scenario, at: now)
        } catch {
            logger.error("a list cannot be read", metadata: ["error": "\(error)"])
            found = nil
        }
        let key = Key(user: user, scenario: scenario)
        later { state in
            guard found != nil else {
                state.counts.missed += 1
                return false
            }
            state.counts.read += 1
            guard state.known.insert(key).inserted else { return false }
            state.seen.insert(key)
            return true
        }
        return found
    }

    /// Takes a list that was made on a visit, or drops it when too many wait.
    func keep(_ list: PrecomputedList, microseconds: Int64) {
        later { state in
            state.counts.computed += 1
            state.counts.computeMicroseconds += microseconds
            guard state.made.count < capacity else {
                state.counts.dropped += 1
                return false
            }
            state.made.append(list)
            state.known.remove(Key(user: list.key, scenario: list.scenario))
            return true
        }
    }

    /// - Parameter body: whether there is something to write.
    private func later(_ body: (inout State) -> Bool) {
        let mustSchedule = state.withLock { state in
            guard body(&state), !state.isScheduled else { return false }
            state.isScheduled = true
            return true
        }
        if mustSchedule { queue.async { self.drain() } }
    }

    private func drain() {
        while true {
            let (made, seen) = state.withLock { state in
                defer {
                    state.made.removeAll(keepingCapacity: true)
                    state.seen.removeAll(keepingCapacity: true)
                }
                if state.made.isEmpty, state.seen.isEmpty { state.isScheduled = false }
                return (state.made, state.seen)
            }
            if made.isEmpty, seen.isEmpty { return }
            do {
                try store.put(made)
                try store.markRead(seen.map { ($0.user, $0.scenario) })
            } catch {
                state.withLock { $0.counts.dropped += made.count }
                logger.error("lists were dropped", metadata: ["count": "\(made.count)", "error": "\(error)"])
            }
        }
    }

    /// Removes an erased person's lists, those that wait as well.
    func forget(_ users: Set<UserKey>) async throws {
        try await onQueue { [self] in
            drain()
            _ = try store.erase(users)
        }
    }

    /// Returns when everything so far is in the store.
    public func flush() async { try? await onQueue { [self] in drain() } }

    /// Removes what has expired.
    func clean(now: Timestamp = .now) async {
        do {
            let unread = try await onQueue { [self] in
                drain()
                return try store.removeExpired(at: now).unread
            }
            state.withLock { state in
                state.counts.expiredUnread += unread
                state.known.removeAll()
            }
        } catch {
            logger.error("expired lists were not removed", metadata: ["error": "\(error)"])
        }
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await clean()
                try? await Task.sleep(for: cleaning)
            }
        }
        await flush()
    }
}
