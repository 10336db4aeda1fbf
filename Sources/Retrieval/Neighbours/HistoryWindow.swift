import Foundation
import MagpieDomain

/// Which part of a history is looked up in a table of neighbours, and how much its items weigh: the item at place p
/// (the newest at 0) weighs
///
///     recencyDecay^p * 2^(-(days between it and the newest) / halfLifeDays)
///
/// One table answers two questions: what goes with everything that somebody liked, and what goes with the last five
/// things, the older of which count for little when they are from another day.
public struct HistoryWindow: Codable, Sendable, Hashable {
    /// Only so many of the newest items; 0 = this window is not asked at all.
    public var items: Int
    public var recencyDecay: Double
    /// 0 = time does not count, only the order does.
    public var halfLifeDays: Double

    public init(items: Int, recencyDecay: Double = 1, halfLifeDays: Double = 0) {
        self.items = items
        self.recencyDecay = recencyDecay
        self.halfLifeDays = halfLifeDays
    }

    /// As ``items``: more than any history has.
    public static let everything = 1_000_000_000

    /// The last five; an item weighs half as much for each week between it and the newest.
    public static let lastFive = HistoryWindow(items: 5, recencyDecay: 0.8, halfLifeDays: 7)

    /// Calls `body` with each item and its weight, newest first. Items whose weight no float sum would feel, and those
    /// without one, are left out.
    func forEach(_ history: [Interest], _ body: (ItemIndex, Float) -> Void) {
        guard let newest = history.first?.time.milliseconds else { return }
        let perMillisecond = halfLifeDays > 0 ? 1 / (halfLifeDays * 86_400_000) : 0
        var share = 1.0
        for interest in history.prefix(items) {
            if share < Self.nothing { break }
            let age = max(Double(newest) - Double(interest.time.milliseconds), 0)
            let weight = Float(share * exp2(-age * perMillisecond)) * interest.weight
            if weight > 0 { body(interest.item, weight) }
            share *= recencyDecay
        }
    }

    /// A share of the newest item's weight below the precision of a Float.
    private static let nothing = 0x1p-30
}
