import MagpieDomain

/// What was known of an item at one moment: a reading of its ``ItemState``, which may hold later events.
///
/// Nothing later than the moment is seen. Counts stand as of the last full hour (of the last midnight, where the hours
/// of that day are forgotten already), because a bucket tells how many, not when: an event that comes late, or a state
/// that is further than the moment that is asked about, changes no count before it.
public struct ItemMoment: Sendable, Equatable {
    public var events: Int64
    public var positives: Int64
    /// nil when nobody liked it by then; milliseconds.
    @Known public var firstPositive: Int64? = nil
    @Known public var lastPositive: Int64? = nil
    /// The day by which half of the positives had come, its end; nil also where that is too long ago to be known.
    @Known public var medianPositive: Int64? = nil
    /// Positives of the last 24 hours, and of the last 7, 30 and 90 days up to it; nil = not known any more.
    @Known public var day: Int64? = nil
    @Known public var week: Int64? = nil
    @Known public var month: Int64? = nil
    @Known public var quarter: Int64? = nil
    /// All events of the last 90 days.
    @Known public var quarterEvents: Int64? = nil
    /// How much it was looked at in the last 30 days, in thousandths, and how often it was taken then: up to the last
    /// midnight.
    @Known public var looks: Int64? = nil
    @Known public var taken: Int64? = nil

    /// The lifetime counts and extremes of an item, wherever they are held.
    struct Lifetime {
        var events: Int64
        var positives: Int64
        var firstPositive: Int64
    }

    /// Buckets, wherever they are held.
    struct Buckets {
        /// Ascending by number.
        var buckets: UnsafeBufferPointer<EventBuckets.Bucket>
        var forgotten: Int32

        static var empty: Buckets { Buckets(buckets: UnsafeBufferPointer(start: nil, count: 0), forgotten: .min) }

        /// Events and positives of the buckets `range`.
        func sum(_ range: Range<Int64>) -> (events: Int64, positives: Int64) {
            var events: Int64 = 0
            var positives: Int64 = 0
            var at = buckets.count
            while at > 0, Int64(buckets[at - 1].number) >= range.lowerBound {
                at -= 1
                guard Int64(buckets[at].number) < range.upperBound else { continue }
                events += Int64(buckets[at].events)
                positives += Int64(buckets[at].positives)
            }
            return (events, positives)
        }
    }
}

/// A number that may not be known, in as much room as the number: a request copies hundreds of moments about.
@propertyWrapper public struct Known: Sendable, Equatable {
    /// No count and no moment is as small as that.
    private var number: Int64

    public init(wrappedValue: Int64?) { number = wrappedValue ?? .min }

    public var wrappedValue: Int64? {
        get { number == .min ? nil : number }
        set { number = newValue ?? .min }
    }
}

extension ItemMoment {
    /// - Parameter newest: when the last of the positives that are held by time was, up to `now`.
    /// - Returns: nil when the moment is so long ago that nothing of it is known any more.
    init?(
        _ life: Lifetime, hours: Buckets, days: Buckets, looks: Buckets, newest: Int64?, now: Timestamp
    ) {
        let hour = Int64(EventBuckets.Grid.hours.number(of: now.milliseconds))
        let today = Int64(EventBuckets.Grid.days.number(of: now.milliseconds))
        guard Int64(days.forgotten) < today else { return nil }
        // What is full of today.
        let midnight = today * 24
        let early =
            Int64(hours.forgotten) < midnight && midnight < hour
            ? hours.sum(midnight..<hour) : (events: 0, positives: 0)

        var at = days.buckets.count
        var later: (events: Int64, positives: Int64) = (0, 0)
        while at > 0, Int64(days.buckets[at - 1].number) >= today {
            at -= 1
            later.events += Int64(days.buckets[at].events)
            later.positives += Int64(days.buckets[at].positives)
        }
        events = max(0, life.events &- later.events &+ early.events)
        positives = max(0, life.positives &- later.positives &+ early.positives)

        var (week, month, quarter) = (early.positives, early.positives, early.positives)
        var quarterEvents = early.events
        var seen = early.positives
        var lastDay: Int64?
        if seen > 0, 2 * seen >= positives { medianPositive = now.milliseconds }
        while at > 0 {
            at -= 1
            let bucket = days.buckets[at]
            let age = today - Int64(bucket.number)
            let count = Int64(bucket.positives)
            if age <= 90 {
                quarterEvents += Int64(bucket.events)
                quarter += count
                if age <= 30 { month += count }
                if age <= 7 { week += count }
            } else if medianPositive != nil || positives == 0 {
                break
            }
            guard count > 0 else { continue }
            seen += count
            if lastDay == nil { lastDay = Int64(bucket.number) }
            if medianPositive == nil, 2 * seen >= positives { medianPositive = Self.end(of: Int64(bucket.number)) }
        }
        func known(_ count: Int64, days since: Int64) -> Int64? { Int64(days.forgotten) < today - since ? count : nil }
        self.week = known(week, days: 7)
        self.month = known(month, days: 30)
        self.quarter = known(quarter, days: 90)
        self.quarterEvents = known(quarterEvents, days: 90)
        day = Int64(hours.forgotten) < hour - 24 ? hours.sum(hour - 24..<hour).positives : nil

        if Int64(looks.forgotten) < today - 30 {
            (self.looks, taken) = looks.sum(today - 30..<today)
        }

        guard life.firstPositive <= now.milliseconds, life.positives > 0 else { return }
        firstPositive = life.firstPositive
        lastPositive = newest ?? lastDay.map(Self.end(of:)) ?? life.firstPositive
    }

    private static func end(of day: Int64) -> Int64 { (day + 1) * EventBuckets.Grid.days.width - 1 }
}

extension ItemState {
    var lifetime: ItemMoment.Lifetime {
        .init(events: events, positives: positives, firstPositive: firstPositive)
    }

    /// What was known of the item at `now`; nil when that is forgotten, or all of it was erased.
    public func moment(at now: Timestamp) -> ItemMoment? {
        if isEmpty { return nil }
        return hours.buckets.withUnsafeBufferPointer { hourBuckets in
            days.buckets.withUnsafeBufferPointer { dayBuckets in
                looks.buckets.withUnsafeBufferPointer { lookBuckets in
                    ItemMoment(
                        lifetime,
                        hours: .init(buckets: hourBuckets, forgotten: hours.forgotten),
                        days: .init(buckets: dayBuckets, forgotten: days.forgotten),
                        looks: .init(buckets: lookBuckets, forgotten: looks.forgotten),
                        newest: visits.last { $0.time <= now.milliseconds }?.time, now: now)
                }
            }
        }
    }
}
