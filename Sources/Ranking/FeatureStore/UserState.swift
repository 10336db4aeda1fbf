import MagpieDomain

/// What live features and retrieval know of one user: a value that folds events in any order to the same result.
///
/// Integers only; decay and rates are computed when read. `recent` holds the ``capacity`` greatest events by
/// (time, id), so that folding is commutative and the size bounded: it is the history that retrieval embeds and
/// the list of what has been seen.
public struct UserState: Sendable, Equatable {
    public static let capacity = 10_000
    /// So many of the newest ``shown`` are kept.
    public static let shownCapacity = 1_000

    /// One interaction, as small as it can be.
    public struct Touch: Sendable, Equatable, Comparable {
        public var time: Int64
        /// A hash of the event id: the tie-break between events of one millisecond.
        public var eventHash: UInt64
        public var item: ItemKey
        public var isPositive: Bool
        public var purchase: Purchase

        public init(time: Int64, eventHash: UInt64, item: ItemKey, isPositive: Bool, purchase: Purchase = .none) {
            self.time = time
            self.eventHash = eventHash
            self.item = item
            self.isPositive = isPositive
            self.purchase = purchase
        }

        public static func < (a: Touch, b: Touch) -> Bool {
            (a.time, a.eventHash) < (b.time, b.eventHash)
        }
    }

    /// The log position of the newest event that was folded in.
    public var appliedSeq: Int64 = 0
    public var events: Int64 = 0
    public var positives: Int64 = 0
    /// Ascending by (time, hash): the newest is last.
    public var recent: [Touch] = []
    /// What was on screen, ascending by (time, hash).
    public var shown: [Impression] = []

    public init() {}

    var isEmpty: Bool { recent.isEmpty && shown.isEmpty }

    public mutating func fold(_ touch: Touch, seq: Int64) {
        appliedSeq = max(appliedSeq, seq)
        // Wrapping, for a damaged checkpoint may hold any number, and none may trap.
        events &+= 1
        positives &+= touch.isPositive ? 1 : 0
        recent.insert(touch, keeping: Self.capacity)
    }

    public mutating func fold(_ impression: Impression, seq: Int64) {
        appliedSeq = max(appliedSeq, seq)
        shown.insert(impression, keeping: Self.shownCapacity)
    }

    /// Joins another history to this one (`identify`).
    public mutating func merge(_ other: UserState) {
        appliedSeq = max(appliedSeq, other.appliedSeq)
        events &+= other.events
        positives &+= other.positives
        for touch in other.recent { recent.insert(touch, keeping: Self.capacity) }
        for impression in other.shown { shown.insert(impression, keeping: Self.shownCapacity) }
    }

    /// The touches around a moment: at most `limit` at or before it and `limit` after it.
    /// - Parameter when: the time of each of 0 ..< count, ascending (on corrupt bytes the answer is any of them).
    static func near(_ time: Int64, of count: Int, limit: Int, when: (Int) -> Int64) -> Range<Int> {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if when(middle) <= time { low = middle + 1 } else { high = middle }
        }
        // The visit itself is one of those at the moment.
        return max(0, low - limit - 1)..<min(count, low + limit)
    }

    /// An item and when it was liked.
    struct Like: Equatable {
        var item: ItemKey
        var time: Int64
    }

    /// What was liked around a moment.
    func likes(around time: Int64, limit: Int) -> [Like] {
        recent[Self.near(time, of: recent.count, limit: limit) { recent[$0].time }].filter(\.isPositive)
            .map { Like(item: $0.item, time: $0.time) }
    }

    /// What was known at `now`: the touches up to it, oldest first.
    public func known(at now: Timestamp) -> ArraySlice<Touch> {
        var end = recent.count
        while end > 0, recent[end - 1].time > now.milliseconds { end -= 1 }
        return recent[..<end]
    }

    /// The items liked up to `now`, newest first, each once.
    public func history(limit: Int, at now: Timestamp = .distantFuture) -> [(item: ItemKey, time: Timestamp)] {
        let known = known(at: now)
        var seen = KeyRows<ItemKey>(capacity: known.count)
        var history: [(item: ItemKey, time: Timestamp)] = []
        history.reserveCapacity(min(limit, known.count))
        for touch in known.reversed() where touch.isPositive && seen.insert(touch.item) {
            history.append((touch.item, Timestamp(milliseconds: touch.time)))
            if history.count == limit { break }
        }
        return history
    }
}
