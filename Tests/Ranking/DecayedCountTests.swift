import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRanking

@Suite struct DecayedCountTests {
    let halfLife = HalfLife(hours: 6)
    let hour: Int64 = 3_600_000

    func count(_ times: [Int64]) -> DecayedCount {
        var count = DecayedCount()
        for time in times { count.fold(time: time, halfLife, sign: 1) }
        return count
    }

    @Test func eachEventHalvesWithItsOwnAge() {
        let now = Timestamp(milliseconds: 1_000 * hour + 123)
        var random = RandomSource(seed: 1)
        let ages = (0..<500).map { _ in Int64(random.below(Int(20 * 6 * hour))) }
        let exact = ages.reduce(0.0) { $0 + exp2(-Double($1) / Double(6 * hour)) }
        let counted = count(ages.map { now.milliseconds - $0 }).count(at: now, halfLife)
        #expect(abs(counted - exact) < 1e-5 * exact)
        // A half-life later it is half of it, to the bit.
        let later = Timestamp(milliseconds: now.milliseconds + 6 * hour)
        #expect(abs(count(ages.map { now.milliseconds - $0 }).count(at: later, halfLife) - counted / 2) < 1e-9)
        #expect(abs(count([0]).count(at: Timestamp(milliseconds: 0), halfLife) - 1) < 1e-6)
    }

    /// Neither order nor a detour leaves a trace.
    @Test(arguments: UInt64(0)..<20) func orderAndDetoursLeaveNoTrace(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var times = (0..<200).map { _ in Int64(random.below(40 * 6)) * hour - 100 * hour }
        let direct = count(times)
        random.shuffle(&times)
        #expect(count(times) == direct)
        // What is folded in and taken out again is gone, also after a million others.
        var detour = direct
        let newest = (times.max() ?? 0)
        for _ in 0..<1_000 { detour.fold(time: newest - 3 * hour, halfLife, sign: 1) }
        for _ in 0..<1_000 { detour.fold(time: newest - 3 * hour, halfLife, sign: -1) }
        let now = Timestamp(milliseconds: newest)
        #expect(detour.count(at: now, halfLife) == direct.count(at: now, halfLife))
    }

    @Test func memoryIsBoundedByTheNewest() {
        let times = (0..<1_000).map { Int64($0) * 6 * hour }
        #expect(count(times).periods.count == 24 && count(times.reversed()) == count(times))
        #expect(count(times).periods.last?.number == 999)
    }

    /// Which is hotter does not depend on when one asks, once all of it has happened.
    @Test func theOrderIsThatOfThePlaces() {
        let many = count([0, hour, 2 * hour, 3 * hour])
        let new = count([20 * hour])
        #expect(new.log2Count() > many.log2Count())
        for at in [20, 40, 100, 1_000] {
            let now = Timestamp(milliseconds: Int64(at) * hour)
            #expect(new.count(at: now, halfLife) > many.count(at: now, halfLife))
            #expect(abs(exp2(many.log2Count() - halfLife.place(of: now)) - many.count(at: now, halfLife)) < 1e-12)
        }
        // Asked before, the new one has not happened.
        let before = Timestamp(milliseconds: 4 * hour)
        #expect(
            new.count(at: before, halfLife) == 0 && new.lastPeriod == 3 && many.lastPeriod == 0)
        #expect(DecayedCount().count(at: before, halfLife) == 0 && DecayedCount().log2Count() == -.infinity)
    }

    /// Clocks and damaged files may say anything.
    @Test func anyNumbers() {
        let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
        for halfLife in [HalfLife(milliseconds: 1), .init(milliseconds: .max), .init(hours: .max), .init(hours: 0)] {
            var count = DecayedCount()
            for time in extremes { count.fold(time: time, halfLife, sign: 1) }
            for time in extremes { count.fold(time: time, halfLife, sign: -1) }
            for now in extremes { #expect(count.count(at: Timestamp(milliseconds: now), halfLife) >= 0) }
            let damaged = DecayedCount(
                periods: [(Int64.max, Int64.max), (.min, .max), (0, .min), (.max, 5)].map { .init(number: $0, sum: $1) }
            )
            for now in extremes { #expect(damaged.count(at: Timestamp(milliseconds: now), halfLife) >= 0) }
        }
    }
}
