import MagpieDomain

/// How many events, and how many positives among them, there were in each hour (or day) of event time: sparse, the
/// newest buckets that have any.
///
/// The fold commutes: an event's bucket follows from its time alone, and what is held is the ``Grid/capacity`` greatest
/// numbers that ever came, each with all of its events. (A bucket among the greatest at the end was among the greatest
/// at every moment, so it was never given up and begun anew.) What was given up is known by its greatest number, so
/// that a reader can tell "none" from "not known any more". Taking an event out again undoes it.
public struct EventBuckets: Sendable, Equatable {
    /// Three Int32 as they stand in a checkpoint.
    struct Bucket: Sendable, Equatable {
        /// Widths since 1970; moments beyond the range of Int32 are drawn to its ends.
        var number: Int32
        var events: Int32
        var positives: Int32
    }

    /// A division of time.
    struct Grid: Sendable {
        /// Milliseconds.
        let width: Int64
        let capacity: Int

        static let hours = Grid(width: 3_600_000, capacity: 48)
        static let days = Grid(width: 86_400_000, capacity: 512)

        /// The bucket in which a moment is, counted from 1970.
        func number(of time: Int64) -> Int32 {
            let (quotient, remainder) = time.quotientAndRemainder(dividingBy: width)
            return Int32(clamping: remainder < 0 ? quotient - 1 : quotient)
        }
    }

    /// Ascending by number.
    private(set) var buckets: [Bucket] = []
    /// Of this number and before it nothing is known.
    private(set) var forgotten: Int32 = .min

    public init() {}

    /// From a checkpoint, whose numbers may be any.
    init(_ buckets: [Bucket], forgotten: Int32) {
        self.buckets = buckets
        self.forgotten = forgotten
    }

    mutating func fold(time: Int64, _ grid: Grid, isPositive: Bool, sign: Int64) {
        fold(time: time, grid, events: 1, positives: isPositive ? 1 : 0, sign: sign)
    }

    /// The same with what one event counts.
    mutating func fold(time: Int64, _ grid: Grid, events: Int32, positives: Int32, sign: Int64) {
        let number = grid.number(of: time)
        guard number > forgotten else { return }
        let isErasure = sign < 0
        // Events mostly come in time order, so the search starts at the end.
        var at = buckets.count
        while at > 0, buckets[at - 1].number > number { at -= 1 }
        if at > 0, buckets[at - 1].number == number {
            // Wrapping, for a damaged checkpoint may hold any number, and none may trap.
            buckets[at - 1].events &+= isErasure ? -events : events
            buckets[at - 1].positives &+= isErasure ? -positives : positives
            if isErasure, buckets[at - 1].events == 0, buckets[at - 1].positives == 0 { buckets.remove(at: at - 1) }
            return
        }
        guard !isErasure else { return }
        buckets.insert(Bucket(number: number, events: events, positives: positives), at: at)
        if buckets.count > grid.capacity { forgotten = buckets.removeFirst().number }
    }
}
