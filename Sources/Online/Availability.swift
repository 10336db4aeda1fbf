import MagpieArtifacts
import MagpieDomain

/// Which items may be shown at a moment, by the reserved attributes `available`, `availableFrom` and
/// `availableUntil` of the bundle's item table.
struct Availability: Sendable {
    private let hidden: ItemSet
    /// Items with a from or an until, and the two.
    private let timed: [(item: ItemIndex, from: Timestamp, until: Timestamp)]

    init(_ table: ItemTable) {
        var hidden = ItemSet(itemCount: table.count)
        var timed: [(item: ItemIndex, from: Timestamp, until: Timestamp)] = []
        let names = [
            ReservedAttribute.available, ReservedAttribute.availableFrom, ReservedAttribute.availableUntil,
        ]
        if names.contains(where: { table.schema[$0] != nil }) {
            for item in 0..<ItemIndex(table.count) {
                if case .bool(false)? = table.attribute(names[0], of: item) { hidden.insert(item) }
                var from = Timestamp.distantPast
                var until = Timestamp.distantFuture
                if case .time(let time)? = table.attribute(names[1], of: item) { from = time }
                if case .time(let time)? = table.attribute(names[2], of: item) { until = time }
                if from > .distantPast || until < .distantFuture { timed.append((item, from, until)) }
            }
        }
        self.hidden = hidden
        self.timed = timed
    }

    /// The items that may not be shown at `now`.
    func unavailable(at now: Timestamp) -> ItemSet {
        var set = hidden
        for entry in timed where now < entry.from || now >= entry.until { set.insert(entry.item) }
        return set
    }
}
