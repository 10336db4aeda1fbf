import MagpieArtifacts
import MagpieDomain

/// Which items may be shown at a moment, by the reserved attributes `available`, `availableFrom` and
/// `availableUntil` of the bundle's item table.
struct Availability: Sendable {
    /// Items with `available` false in the bundle.
    let hidden: ItemSet
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

    /// Adds the items whose time has not come or is over.
    func addUntimely(at now: Timestamp, to excluded: inout ItemSet) {
        for entry in timed where now < entry.from || now >= entry.until { excluded.insert(entry.item) }
    }
}
