import Foundation
import MagpieDomain
import MagpieRanking

/// The items with the most likes lately, best first: exact as long as no count shrinks, which only erasure makes them do.
///
/// Its order does not depend on now: all counts halve at once (see ``DecayedCount``).
struct HotList: Sendable {
    struct Entry: Sendable {
        var item: ItemIndex
        /// log2 of the count as of 1970.
        var place: Double
        var heat: DecayedCount
        /// The newest half-life of which it holds anything.
        var lastPeriod: Int64

        init(item: ItemIndex, heat: DecayedCount) {
            self.item = item
            self.heat = heat
            place = heat.log2Count()
            lastPeriod = heat.lastPeriod ?? .min
        }
    }

    let capacity: Int
    private(set) var entries: [Entry] = []

    init(capacity: Int) { self.capacity = capacity }

    /// Puts an item where its count says.
    mutating func put(_ entry: Entry) {
        guard entry.place > -.infinity else { return }
        if entries.count == capacity, let last = entries.last, Self.precedes(last, entry) { return }
        if let present = entries.firstIndex(where: { $0.item == entry.item }) { entries.remove(at: present) }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(entries[middle], entry) { low = middle + 1 } else { high = middle }
        }
        entries.insert(entry, at: low)
        if entries.count > capacity { entries.removeLast() }
    }

    /// Calls `body` with each item and its count at `now`.
    func forEach(at now: Timestamp, _ halfLife: HalfLife, _ body: (ItemIndex, _ count: Double) -> Void) {
        let present = halfLife.place(of: now)
        let period = halfLife.period(of: now)
        for at in entries.indices {  // an entry that is copied out of the array is counted by who holds its heat
            // Most of the time nothing is later than now, and the place says it all.
            let count =
                entries[at].lastPeriod <= period
                ? exp2(entries[at].place - present) : entries[at].heat.count(at: now, halfLife)
            body(entries[at].item, count)
        }
    }

    private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
        a.place > b.place || (a.place == b.place && a.item < b.item)
    }
}
