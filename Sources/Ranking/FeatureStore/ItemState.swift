import MagpieDomain

/// What live features know of one item. Integers only and commutative, like ``UserState``; subtracting an event
/// that was folded in undoes it, but for the two extremes of time.
public struct ItemState: Sendable, Equatable {
    /// Visits held of an item.
    public static let capacity = 24

    /// Somebody liked it: as small as it can be.
    public struct Visit: Sendable, Equatable, Comparable {
        public var time: Int64
        /// A hash of the event id: the tie-break between events of one millisecond.
        public var eventHash: UInt64
        public var user: UserKey

        public static func < (a: Visit, b: Visit) -> Bool { (a.time, a.eventHash) < (b.time, b.eventHash) }
    }

    public var appliedSeq: Int64 = 0
    public var events: Int64 = 0
    public var positives: Int64 = 0
    /// Milliseconds of the first and last positive; `firstPositive > lastPositive` when there is none.
    public var firstPositive: Int64 = .max
    public var lastPositive: Int64 = .min
    /// Positives, the newer ones counting more: what is trending.
    public var heat = DecayedCount()
    /// The ``capacity`` greatest positives by (time, hash), ascending: whose histories tell what goes with it lately.
    public var visits: [Visit] = []

    public init() {}

    /// - Parameter sign: 1 folds the event in, -1 takes it out again (erasure).
    public mutating func fold(_ visit: Visit, isPositive: Bool, halfLife: HalfLife, seq: Int64, sign: Int64 = 1) {
        appliedSeq = max(appliedSeq, seq)
        // Wrapping, for a damaged checkpoint may hold any number, and none may trap.
        events &+= sign
        guard isPositive else { return }
        positives &+= sign
        heat.fold(time: visit.time, halfLife, sign: sign)
        if sign > 0 {
            firstPositive = min(firstPositive, visit.time)
            lastPositive = max(lastPositive, visit.time)
            visits.insert(visit, keeping: Self.capacity)
        } else {
            visits.removeAll { $0.eventHash == visit.eventHash && $0.time == visit.time }
        }
    }

    /// What a device liked was liked by the user whose it turns out to be.
    mutating func give(visitsOf device: UserKey, to user: UserKey) {
        for i in visits.indices where visits[i].user == device { visits[i].user = user }
    }
}
