import Foundation
import MagpieDomain

/// What this user did with this candidate before: how often, how much of it positive, how long ago; and for what is
/// bought again and again, the usual interval and whether it is due. NaN for what the user has not touched (which is
/// every candidate where the scenario leaves out what was seen).
///
/// Event side: ``UserState/recent``.
struct OwnTouches: Feature {
    var columns: [String] {
        ["own.logTouches", "own.positiveRate", "own.sinceLast", "own.logBought", "own.interval", "own.due"]
    }

    private struct Own {
        var touches = 0
        var positives = 0
        var last: Int64 = 0
        var bought = 0
        var firstBought: Int64 = 0
        var lastBought: Int64 = 0
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let touches = context.touches
        guard !touches.isEmpty else { return }
        let rows = KeyRows(context.table.keys(of: context.items))
        var found: [Int: Own] = [:]
        for touch in touches {
            guard let row = rows.row(of: touch.item) else { continue }
            var own = found[row] ?? Own()
            own.touches += 1
            own.positives += touch.isPositive ? 1 : 0
            own.last = touch.time
            if touch.purchase.quantity > 0 {
                if own.bought == 0 { own.firstBought = touch.time }
                own.bought += 1
                own.lastBought = touch.time
            }
            found[row] = own
        }
        for row in context.items.indices {
            guard let own = found[row] else { continue }
            matrix[row, 0] = log1p(Float(own.touches))
            matrix[row, 1] = Float(own.positives) / Float(own.touches)
            matrix[row, 2] = context.logDays(since: own.last)
            matrix[row, 3] = log1p(Float(own.bought))
            guard own.bought > 1 else { continue }
            let interval = (Double(own.lastBought) - Double(own.firstBought)) / Double(own.bought - 1)
            let since = Double(context.now.milliseconds) - Double(own.lastBought)
            matrix[row, 4] = logOfDays(interval)
            matrix[row, 5] = Float(log(max(since, 3_600_000) / max(interval, 3_600_000)))
        }
    }
}
