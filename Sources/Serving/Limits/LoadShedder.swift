import NIOCore
import Synchronization

/// Says which requests are refused before latency collapses: those that waited too long for a thread.
///
/// A request that waited long is one that many others wait behind. Short bursts are let through: only when one request has
/// waited after another for ``Options/interval`` is the server taken to be overloaded, and then whatever waited for
/// more than ``Options/overloadedWait`` is refused, which costs a hundredth of an answer, so that the queue is gone at once
/// and what is admitted is answered soon. (Maurer, "Fail at Scale", ACM Queue 13(8), 2015: adaptive timeouts over
/// CoDel's measure of a standing queue, Nichols and Jacobson, 2012.)
public final class LoadShedder: Sendable {
    public struct Options: Sendable, Equatable {
        /// While overloaded: the longest wait after which a request is still answered.
        public var overloadedWait = Duration.milliseconds(20)
        /// At any time.
        public var usualWait = Duration.seconds(1)
        /// So long no request that did not have to wait, and no moment without one: overloaded.
        public var interval = Duration.milliseconds(100)
        /// A wait that is none.
        public var freeWait = Duration.milliseconds(2)

        public init() {}
    }

    private let options: Options
    /// In nanoseconds: when the first of those that wait one after another was looked at, 0 = nobody waits; when the last
    /// request was.
    private let waitingSince = Atomic<Int64>(0)
    private let lastSeen = Atomic<Int64>(0)
    private let refused = Atomic<Int64>(0)

    init(_ options: Options = .init()) { self.options = options }

    static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
    var shed: Int64 { refused.load(ordering: .relaxed) }

    /// Whether a request that came at `arrival` is answered at `now`, both in nanoseconds.
    func admits(arrival: Int64, now: Int64) -> Bool {
        let waited = Duration.nanoseconds(max(now - arrival, 0))
        let previous = lastSeen.exchange(now, ordering: .relaxed)
        if waited <= options.freeWait {
            waitingSince.store(0, ordering: .relaxed)
            return true
        }
        var since = waitingSince.load(ordering: .relaxed)
        if since == 0 || arrival > previous {  // all that came before it were looked at when it came
            since = now
            waitingSince.store(since, ordering: .relaxed)
        }
        let isOverloaded = Duration.nanoseconds(now - since) > options.interval
        if waited <= (isOverloaded ? options.overloadedWait : options.usualWait) { return true }
        refused.add(1, ordering: .relaxed)
        return false
    }
}
