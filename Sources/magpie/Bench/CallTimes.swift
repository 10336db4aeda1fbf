import Foundation

/// Nanoseconds since some moment, by the clock that nobody sets. Some 20 ns a look, a tenth of `ContinuousClock` and
/// its conversions, where calls take microseconds.
enum Clock {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds of processor time that all threads of this process have taken: what a busy machine does not stretch.
    static var processor: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// How long each of some calls took, one after another on this thread.
struct CallTimes {
    /// Nanoseconds, ascending.
    private let taken: [UInt64]
    private let total: UInt64
    /// Past this many seconds a pass is long enough by itself.
    private static let longPass: UInt64 = 3_000_000_000

    private init(_ taken: [UInt64]) {
        self.taken = taken.sorted()
        total = taken.reduce(0, +)
    }

    /// One pass over `0 ..< count`.
    private static func pass(_ count: Int, _ call: (Int) -> Void) -> CallTimes {
        var taken = [UInt64](repeating: 0, count: count)
        for i in 0..<count {
            let began = Clock.now
            call(i)
            taken[i] = Clock.now - began
        }
        return CallTimes(taken)
    }

    /// Of five passes over `0 ..< count` the one with the median total, so that all figures come from the same calls.
    /// Of one pass, if that takes seconds. Whoever wants warm caches goes through the calls once before.
    static func measured(_ count: Int, _ call: (Int) -> Void) -> CallTimes {
        let first = pass(count, call)
        guard first.total < longPass else { return first }
        let passes = ([first] + (1..<5).map { _ in pass(count, call) }).sorted { $0.total < $1.total }
        return passes[passes.count / 2]
    }

    var perSecond: Double { total > 0 ? Double(taken.count) / (Double(total) / 1e9) : 0 }

    /// Microseconds, between two calls in proportion (as numpy.percentile has it).
    /// - Parameter share: 0 to 1.
    func micros(_ share: Double) -> Double {
        guard let last = taken.last else { return 0 }
        let place = share * Double(taken.count - 1)
        let below = Int(place)
        let low = Double(taken[below])
        let high = Double(below + 1 < taken.count ? taken[below + 1] : last)
        return (low + (high - low) * (place - Double(below))) / 1e3
    }
}
