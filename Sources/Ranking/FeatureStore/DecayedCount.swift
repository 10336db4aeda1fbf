import Foundation
import MagpieDomain

/// How fast a ``DecayedCount`` forgets: an event counts half as much after each half-life.
public struct HalfLife: Sendable, Equatable {
    public let milliseconds: Int64

    public static let week = HalfLife(hours: 24 * 7)

    /// - Parameter hours: from 1 on; less is taken as 1.
    public init(hours: Int) { self.init(milliseconds: Int64(clamping: max(hours, 1)).multipliedOrMost(3_600_000)) }

    /// - Parameter milliseconds: from 1 on; less is taken as 1.
    public init(milliseconds: Int64) { self.milliseconds = max(milliseconds, 1) }

    /// The half-life in which a moment is, counted from 1970, and where in it, 0 ..< 1.
    func period(of time: Int64) -> (number: Int64, fraction: Double) {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: milliseconds)
        let isBefore = remainder < 0
        let rest = isBefore ? remainder + milliseconds : remainder
        return (isBefore ? quotient - 1 : quotient, Double(rest) / Double(milliseconds))
    }

    /// The half-life in which a moment is, counted from 1970.
    public func period(of time: Timestamp) -> Int64 { period(of: time.milliseconds).number }

    /// Half-lives from 1970 to a moment.
    public func place(of time: Timestamp) -> Double { place(of: time.milliseconds) }

    func place(of time: Int64) -> Double { Double(time) / Double(milliseconds) }
}

extension Int64 {
    fileprivate func multipliedOrMost(_ factor: Int64) -> Int64 {
        let (product, isBeyond) = multipliedReportingOverflow(by: factor)
        return isBeyond ? .max : product
    }
}

/// A count of events in which each weighs 2^(-age / half-life), at any moment, without drift: integers that are added
/// and taken away in any order.
///
/// As in forward decay (Cormode et al. 2009, "Forward Decay: A Practical Time Decay Model for Streaming Systems",
/// section 3) an event is given the weight 2^(its time / half-life) once and for all, and a reading divides by
/// 2^(now / half-life). The whole part of the exponent is the event's period, of which each has a sum of its own; the
/// rest, 1 ..< 2, is in that sum in fixed point. So which of two items is trending more does not depend on now.
///
/// The newest ``capacity`` periods are held: what is older counts for less than 2^-24 of one event.
public struct DecayedCount: Sendable, Equatable {
    static let capacity: Int64 = 24
    private static let one: Double = 0x1p20

    struct Period: Sendable, Equatable {
        var number: Int64
        /// In 2^-20.
        var sum: Int64
    }

    /// Ascending by number.
    private(set) var periods: [Period] = []

    public init() {}

    /// From a checkpoint, whose numbers may be any.
    init(periods: [Period]) { self.periods = periods }

    public var isEmpty: Bool { periods.isEmpty }

    /// - Parameter sign: 1 folds an event in, -1 takes it out again, unless its period is forgotten already.
    mutating func fold(time: Int64, _ halfLife: HalfLife, sign: Int64) {
        let (number, fraction) = halfLife.period(of: time)
        let weight = sign &* Int64((exp2(fraction) * Self.one).rounded())
        var at = periods.count
        while at > 0, periods[at - 1].number > number { at -= 1 }
        if at > 0, periods[at - 1].number == number {
            periods[at - 1].sum &+= weight
            if sign < 0, periods[at - 1].sum == 0 { periods.remove(at: at - 1) }
            return
        }
        // By the newest period alone, so that the order of events does not matter.
        if let newest = periods.last?.number, isForgotten(number, newest) { return }
        periods.insert(Period(number: number, sum: weight), at: at)
        if let newest = periods.last?.number {
            let held = periods.firstIndex { !isForgotten($0.number, newest) } ?? periods.count
            periods.removeFirst(held)
        }
    }

    private func isForgotten(_ number: Int64, _ newest: Int64) -> Bool {
        let (distance, isBeyond) = newest.subtractingReportingOverflow(number)
        return isBeyond || distance >= Self.capacity
    }

    /// The half-life of the newest event, see ``HalfLife/period(of:)``; nil where there is none.
    public var lastPeriod: Int64? { periods.last?.number }

    /// log2 of the count as of the moment 0 (1970), from all periods, or those up to `last`: count(now) =
    /// 2^(this - half-lives from 1970 to now). Minus infinity for nothing.
    public func log2Count(through last: Int64 = .max) -> Double {
        guard let top = periods.last(where: { $0.number <= last }) else { return -.infinity }
        var sum = 0.0
        for period in periods where period.number <= top.number {
            sum += Double(period.sum) * exp2(Double(period.number) - Double(top.number))
        }
        return sum > 0 ? log2(sum / Self.one) + Double(top.number) : -.infinity
    }

    /// The count at `now`. Events of periods that have not begun by then do not count.
    public func count(at now: Timestamp, _ halfLife: HalfLife) -> Double {
        let present = halfLife.period(of: now.milliseconds).number
        return exp2(log2Count(through: present) - halfLife.place(of: now.milliseconds))
    }
}
