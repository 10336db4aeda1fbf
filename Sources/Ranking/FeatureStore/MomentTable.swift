import MagpieDomain
import MagpieKernels
import Synchronization

/// What was known of the items of a ``Checkpoint`` in this hour, as requests find it out: two lines of memory an item, where
/// the buckets that it was counted from are a dozen (docs/adr/0037). Many threads read and write it without waiting for each
/// other: a sequence lock an item, of which a reader takes nothing that was written meanwhile (Boehm, MSPC 2012, "Can seqlocks
/// get along with programming language memory models?").
final class MomentTable: Sendable {
    /// 64-bit words an item: the stamp, from, and the numbers of an ``ItemMoment``.
    private static let stride = 16
    private static let beingWritten: Int64 = 1
    /// For nil: no count and no moment is as small.
    private static let none = Int64.min

    private let memory: ZeroedMemory

    /// - Returns: nil where there is no memory for it.
    init?(itemCount: Int) {
        guard itemCount > 0, let memory = ZeroedMemory(byteCount: itemCount * Self.stride * 8) else { return nil }
        self.memory = memory
    }

    private func words(_ row: Int) -> UnsafeMutablePointer<Atomic<Int64>> {
        memory.pointer.assumingMemoryBound(to: Atomic<Int64>.self) + row * Self.stride
    }

    /// What a finished entry of an hour begins with: even and not 0.
    private static func stamp(_ hour: Int32) -> Int64 { (Int64(hour) + (1 << 32)) * 2 }

    func prefetchMoment(of row: Int) {
        prefetch(words(row))
        prefetch(words(row) + 8)
    }

    /// What is remembered of a row and holds at `now`.
    /// - Parameter hour: the one in which `now` is.
    func moment(of row: Int, in hour: Int32, at now: Timestamp) -> RememberedMoment? {
        let words = words(row)
        let stamp = Self.stamp(hour)
        guard words[0].load(ordering: .acquiring) == stamp else { return nil }
        func word(_ place: Int) -> Int64 { words[place].load(ordering: .relaxed) }
        func known(_ place: Int) -> Int64? {
            let number = word(place)
            return number == Self.none ? nil : number
        }
        let from = word(1)
        let moment = known(2).map {
            ItemMoment(
                events: $0, positives: word(3), firstPositive: known(4), lastPositive: known(5),
                medianPositive: known(6), day: known(7), week: known(8), month: known(9), quarter: known(10),
                quarterEvents: known(11), looks: known(12), taken: known(13))
        }
        atomicMemoryFence(ordering: .acquiring)
        guard words[0].load(ordering: .relaxed) == stamp, from <= now.milliseconds else { return nil }
        return RememberedMoment(moment: moment, hour: hour, from: from)
    }

    func remember(_ remembered: RememberedMoment, of row: Int) {
        let words = words(row)
        let before = words[0].load(ordering: .relaxed)
        guard before != Self.beingWritten,
            words[0].compareExchange(expected: before, desired: Self.beingWritten, ordering: .acquiring).exchanged
        else { return }
        atomicMemoryFence(ordering: .releasing)
        func write(_ number: Int64?, _ place: Int) { words[place].store(number ?? Self.none, ordering: .relaxed) }
        write(remembered.from, 1)
        let moment = remembered.moment
        write(moment?.events, 2)
        write(moment?.positives, 3)
        write(moment?.firstPositive, 4)
        write(moment?.lastPositive, 5)
        write(moment?.medianPositive, 6)
        write(moment?.day, 7)
        write(moment?.week, 8)
        write(moment?.month, 9)
        write(moment?.quarter, 10)
        write(moment?.quarterEvents, 11)
        write(moment?.looks, 12)
        write(moment?.taken, 13)
        words[0].store(Self.stamp(remembered.hour), ordering: .releasing)
    }
}
