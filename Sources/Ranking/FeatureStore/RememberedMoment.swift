import MagpieDomain

/// An ``ItemMoment`` that is the same until the hour is over, as long as nothing is folded into its ``ItemState``: counts stand
/// as of the last full hour, so only what happened between two moments of an hour could tell them apart.
struct RememberedMoment {
    /// nil: nothing is known of the item.
    let moment: ItemMoment?
    let hour: Int32
    /// From here on, milliseconds: the last thing that is held of the item.
    let from: Int64

    /// Whether it is what is known at another moment.
    func holds(at now: Timestamp) -> Bool {
        from <= now.milliseconds && hour == EventBuckets.Grid.hours.number(of: now.milliseconds)
    }
}

extension RememberedMoment {
    /// - Parameters:
    ///   - moment: what was known at `now`.
    ///   - newest: when the last of the positives that are held by time was, whether by `now` or later.
    /// - Returns: nil where the next millisecond may know more.
    init?(_ moment: ItemMoment?, _ life: ItemMoment.Lifetime, newest: Int64?, now: Timestamp) {
        let from = max(newest ?? .min, life.positives > 0 ? life.firstPositive : .min)
        guard from <= now.milliseconds, moment?.medianPositive != now.milliseconds else { return nil }
        self.init(moment: moment, hour: EventBuckets.Grid.hours.number(of: now.milliseconds), from: from)
    }
}
