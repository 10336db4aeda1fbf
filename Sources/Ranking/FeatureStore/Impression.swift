import MagpieDomain

/// That an item was on a user's screen: an impression, as small as it can be.
public struct Impression: Sendable, Equatable, Comparable {
    public var time: Int64
    /// A hash of the event id: the tie-break between events of one millisecond.
    public var eventHash: UInt64
    public var item: ItemKey

    public init(time: Int64, eventHash: UInt64, item: ItemKey) {
        self.time = time
        self.eventHash = eventHash
        self.item = item
    }

    public static func < (a: Impression, b: Impression) -> Bool { (a.time, a.eventHash) < (b.time, b.eventHash) }
}

extension UserState {
    /// The items that were on screen at least `times` times within so many days before `now` (nil: however long ago), and
    /// that nothing was done with since: a touch begins the count anew.
    public func passedOver(_ times: Int, days: Double?, at now: Timestamp) -> Set<ItemKey> {
        guard shown.count >= times else { return [] }
        var touched: [ItemKey: Int64] = [:]
        for touch in known(at: now) { touched[touch.item] = touch.time }
        var counts: [ItemKey: Int] = [:]
        for impression in shown where impression.time <= now.milliseconds {
            if let days, Double(now.milliseconds) - Double(impression.time) >= days * 86_400_000 { continue }
            if let touch = touched[impression.item], touch >= impression.time { continue }
            counts[impression.item, default: 0] += 1
        }
        return Set(counts.lazy.filter { $0.value >= times }.map(\.key))
    }
}
