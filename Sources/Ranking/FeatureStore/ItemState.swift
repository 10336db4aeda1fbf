import MagpieDomain

/// What live features know of one item. Integers only and commutative, like ``UserState``; subtracting an event
/// that was folded in undoes it, as long as no cap had been reached. (An item with more than ``capacity`` positives
/// may keep the time of its first.)
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
    /// When things happened to it: by hour for the last days, by day for longer.
    public internal(set) var hours = EventBuckets()
    public internal(set) var days = EventBuckets()
    /// By day how much it was looked at (``Looks``, as events) and how often it was taken then (as positives).
    public internal(set) var looks = EventBuckets()

    public init() {}

    /// - Parameters:
    ///   - isTaken: the event followed an answer, in which the item was looked at.
    ///   - sign: 1 folds the event in, -1 takes it out again (erasure).
    public mutating func fold(
        _ visit: Visit, isPositive: Bool, isTaken: Bool = false, halfLife: HalfLife, seq: Int64, sign: Int64 = 1
    ) {
        appliedSeq = max(appliedSeq, seq)
        // Wrapping, for a damaged checkpoint may hold any number, and none may trap.
        events &+= sign
        hours.fold(time: visit.time, .hours, isPositive: isPositive, sign: sign)
        days.fold(time: visit.time, .days, isPositive: isPositive, sign: sign)
        guard isPositive else { return }
        positives &+= sign
        if isTaken { looks.fold(time: visit.time, .days, events: 0, positives: 1, sign: sign) }
        heat.fold(time: visit.time, halfLife, sign: sign)
        if sign > 0 {
            firstPositive = min(firstPositive, visit.time)
            lastPositive = max(lastPositive, visit.time)
            visits.insert(visit, keeping: Self.capacity)
        } else {
            visits.removeAll { $0.eventHash == visit.eventHash && $0.time == visit.time }
            restoreExtremes()
        }
    }

    /// It was on screen at a place.
    mutating func fold(_ looks: Looks, time: Int64, seq: Int64, sign: Int64 = 1) {
        appliedSeq = max(appliedSeq, seq)
        self.looks.fold(time: time, .days, events: looks.thousandths, positives: 0, sign: sign)
    }

    /// After a positive was taken out: the extremes of those that are left, as far as they are held.
    private mutating func restoreExtremes() {
        if let newest = visits.last { lastPositive = newest.time }
        guard positives == Int64(visits.count) else { return }
        firstPositive = visits.first?.time ?? .max
        lastPositive = visits.last?.time ?? .min
    }

    /// Of a checkpoint that had no buckets: what happened up to its last positive is not known by time.
    mutating func forgetBuckets() {
        guard positives > 0 else { return }
        hours = EventBuckets([], forgotten: EventBuckets.Grid.hours.number(of: lastPositive))
        days = EventBuckets([], forgotten: EventBuckets.Grid.days.number(of: lastPositive))
    }

    /// Whether nothing is held of it: all that happened to it was erased.
    var isEmpty: Bool { events == 0 && positives == 0 && looks.buckets.isEmpty }

    /// What a device liked was liked by the user whose it turns out to be.
    mutating func give(visitsOf device: UserKey, to user: UserKey) {
        for i in visits.indices where visits[i].user == device { visits[i].user = user }
    }
}
