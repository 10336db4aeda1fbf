import Foundation
import MagpieKernels

@testable import MagpieServing

/// Two threads that take 7 ms an answer, and the queue before them, with a ``LoadShedder`` at the door: nothing but
/// arithmetic, so the clock runs as fast as it can. All times in milliseconds.
struct AnsweringQueue {
    private static let service = 7.0
    private static let refusal = 0.1

    private let shedder = LoadShedder()
    private var threads = [0.0, 0.0]
    /// From arrival to answer, in the order of the answers.
    private(set) var answered: [Double] = []
    private(set) var refused: [Double] = []

    /// As a Poisson process.
    static func arrivals(perSecond: Double, seconds: Double, seed: UInt64) -> [Double] {
        var random = RandomSource(seed: seed, 0)
        var arrivals: [Double] = []
        var now = 0.0
        while now < seconds * 1_000 {
            arrivals.append(now)
            now -= log(max(1e-9, 1 - Double(random.uniform()))) * 1_000 / perSecond
        }
        return arrivals
    }

    /// - Parameter again: so long after it was told a client asks again, until `until`; nil: it does not.
    mutating func run(_ arrivals: [Double], again: Double? = nil, until: Double = 0) {
        var coming = arrivals.sorted()
        var waiting: [Double] = []
        while !coming.isEmpty || !waiting.isEmpty {
            let thread = threads[0] <= threads[1] ? 0 : 1
            if let next = coming.first, waiting.isEmpty || next <= max(threads[thread], waiting[0]) {
                coming.removeFirst()
                if shedder.letsIn(now: Int64(next * 1e6)) {
                    waiting.append(next)
                } else {
                    refused.append(0)
                    ask(next, again, until, &coming)
                }
                continue
            }
            let arrival = waiting.removeFirst()
            let now = max(threads[thread], arrival)
            let isAnswered = shedder.starts(arrival: Int64(arrival * 1e6), now: Int64(now * 1e6))
            threads[thread] = now + (isAnswered ? Self.service : Self.refusal)
            if isAnswered {
                answered.append(threads[thread] - arrival)
            } else {
                refused.append(threads[thread] - arrival)
            }
            ask(threads[thread], again, until, &coming)
        }
    }

    private func ask(_ now: Double, _ again: Double?, _ until: Double, _ coming: inout [Double]) {
        guard let again, now < until else { return }
        let at = coming.firstIndex { $0 > now + again } ?? coming.count
        coming.insert(now + again, at: at)
    }
}
