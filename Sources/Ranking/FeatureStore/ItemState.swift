import MagpieDomain

/// What live features know of one item. Integers only and commutative, like ``UserState``; subtracting an event
/// that was folded in undoes it, but for the two extremes of time.
public struct ItemState: Sendable, Equatable {
    public var appliedSeq: Int64 = 0
    public var events: Int64 = 0
    public var positives: Int64 = 0
    /// Milliseconds of the first and last positive; `firstPositive > lastPositive` when there is none.
    public var firstPositive: Int64 = .max
    public var lastPositive: Int64 = .min

    public init() {}

    /// - Parameter sign: 1 folds the event in, -1 takes it out again (erasure).
    public mutating func fold(time: Timestamp, isPositive: Bool, seq: Int64, sign: Int64 = 1) {
        appliedSeq = max(appliedSeq, seq)
        // Wrapping, for a damaged checkpoint may hold any number, and none may trap.
        events &+= sign
        guard isPositive else { return }
        positives &+= sign
        guard sign > 0 else { return }
        firstPositive = min(firstPositive, time.milliseconds)
        lastPositive = max(lastPositive, time.milliseconds)
    }
}
