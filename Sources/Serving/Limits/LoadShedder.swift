import NIOCore
import Synchronization

/// Says which requests are refused before latency collapses: those that would wait too long for a thread, and those that did.
///
/// Answers are arithmetic on one thread without a pause, so requests wait in one queue before the threads that answer. How
/// long a new one will wait is known when it comes: as many as wait, times the pause between one start and the next. A
/// burst may make it long. A queue that stands for ``Options/interval`` is no burst: there is more than can be answered,
/// and until there was none for as long, whoever would wait longer than ``Options/wait`` is refused at once. (What tells
/// overload from a burst is how long a queue stands: Nichols and Jacobson, "Controlling queue delay", ACM Queue 10(5),
/// 2012.)
public final class LoadShedder: Sendable {
    public struct Options: Sendable, Equatable {
        /// The longest wait while overloaded; where answers take long, that of ``leastQueue`` requests.
        public var wait = Duration.milliseconds(30)
        public var leastQueue = 8
        /// A queue that stands so long is no burst; overload ends when there was none for so long.
        public var interval = Duration.milliseconds(250)
        /// The longest wait at any time.
        public var limit = Duration.seconds(1)

        public init() {}
    }

    /// In nanoseconds.
    private struct State {
        /// When those came that have not been started, oldest first.
        var waiting: [Int64] = []
        /// The mean pause between starts while there is a queue; of some twenty.
        var pause: Double = 0
        /// Of the last one that was answered.
        var lastStart: Int64?
        /// Since when everybody who was started had waited.
        var standingSince: Int64?
        /// While overloaded: when somebody last had to wait, or was refused.
        var lastStrain: Int64?
        var refused: Int64 = 0

        mutating func remove(_ arrival: Int64) {
            if let place = waiting.firstIndex(of: arrival) { waiting.remove(at: place) }
        }
    }

    private let state = Mutex(State())
    private let (wait, interval, limit): (Double, Int64, Int64)
    private let leastQueue: Double

    init(_ options: Options = .init()) {
        func nanoseconds(_ duration: Duration) -> Double { duration / .nanoseconds(1) }
        wait = nanoseconds(options.wait)
        leastQueue = Double(options.leastQueue)
        interval = Int64(clamping: Int(nanoseconds(options.interval)))
        limit = Int64(clamping: Int(nanoseconds(options.limit)))
    }

    static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// Requests refused so far, and those that wait now.
    var counts: (refused: Int64, waiting: Int) { state.withLock { ($0.refused, $0.waiting.count) } }

    /// Whether a request that comes `now` is let into the queue.
    /// - Parameter mayRefuse: false: it is only counted.
    func letsIn(now: Int64, mayRefuse: Bool = true) -> Bool {
        state.withLock { state in
            if state.waiting.isEmpty, state.lastStrain == nil { state.standingSince = nil }
            if mayRefuse, isOverloaded(&state, now), Double(state.waiting.count) * state.pause > most(state) {
                state.lastStrain = now
                state.refused += 1
                return false
            }
            state.waiting.append(now)
            return true
        }
    }

    /// A request that was let in and whose connection is gone.
    func leaves(arrival: Int64) { state.withLock { $0.remove(arrival) } }

    /// Whether others have waited longer, by a millisecond at least.
    func isAhead(arrival: Int64) -> Bool {
        state.withLock { state in state.waiting.first.map { $0 < arrival - 1_000_000 } ?? false }
    }

    /// Whether a request that came at `arrival` is answered, now that a thread has taken it.
    func starts(arrival: Int64, now: Int64) -> Bool {
        state.withLock { state in
            state.remove(arrival)
            let waited = now - arrival
            // (A connection may be served again at once, before those that wait.)
            let oldest = min(arrival, state.waiting.first ?? arrival)
            let isQueued = Double(now - oldest) >= most(state) / 3
            state.standingSince = isQueued ? state.standingSince ?? now : nil
            let isOverloaded = isOverloaded(&state, now)
            if isOverloaded, isQueued { state.lastStrain = now }
            // What waited twice as long came before it was known that there is more than can be answered.
            if waited > limit || isOverloaded && Double(waited) > 2 * most(state) {
                state.refused += 1
                state.lastStart = nil
                return false
            }
            if let last = state.lastStart, last > oldest {
                state.pause += (Double(now - last) - state.pause) / 20
            }
            state.lastStart = now
            return true
        }
    }

    private func most(_ state: State) -> Double { max(wait, leastQueue * state.pause) }

    private func isOverloaded(_ state: inout State, _ now: Int64) -> Bool {
        if let last = state.lastStrain, now - last > interval {
            state.lastStrain = nil
            state.standingSince = nil
        }
        if let since = state.standingSince, now - since > interval {
            state.lastStrain = state.lastStrain ?? now
        }
        return state.lastStrain != nil
    }
}
