import Foundation
import MagpieDomain

/// How the user buys: the same for all candidates of a request, NaN for somebody who has bought nothing.
///
/// | column | what |
/// |---|---|
/// | `buys.sinceLast` | log(1 + days) since the last purchase |
/// | `buys.interval`, `buys.due` | log(1 + days) between baskets on average, and log of the days since the last as a share of it |
/// | `buys.perMonth` | log(1 + baskets a 30 days) since the first |
/// | `buys.basket`, `buys.spend` | mean log(1 + pieces), and mean log(1 + amount), of a basket |
///
/// A basket ends where half an hour passes without a purchase.
///
/// Event side: ``UserState/Touch/purchase``.
struct PurchaseHabits: Feature {
    private static let pause: Double = 1_800_000
    private static let day: Double = 86_400_000

    var columns: [String] {
        ["buys.sinceLast", "buys.interval", "buys.due", "buys.perMonth", "buys.basket", "buys.spend"]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let purchases = context.touches.filter { $0.purchase.quantity > 0 }
        guard let first = purchases.first, let last = purchases.last else { return }
        var baskets = 0.0
        var (pieces, spend) = (0.0, 0.0)
        var (allPieces, allSpend, spendKnown) = (0.0, 0.0, 0.0)
        var previous = -Double.infinity
        func close() {
            guard baskets > 0 else { return }
            allPieces += log1p(pieces)
            if spend > 0 {
                allSpend += log1p(spend)
                spendKnown += 1
            }
            (pieces, spend) = (0, 0)
        }
        for touch in purchases {
            let time = Double(touch.time)
            if time - previous > Self.pause {
                close()
                baskets += 1
            }
            previous = time
            let quantity = Double(touch.purchase.quantity) / 100
            pieces += quantity
            spend += quantity * Double(touch.purchase.price) / 100
        }
        close()

        let now = Double(context.now.milliseconds)
        let since = now - Double(last.time)
        var values = [Float](repeating: .nan, count: columns.count)
        values[0] = logOfDays(since)
        if baskets > 1 {
            let interval = (Double(last.time) - Double(first.time)) / (baskets - 1)
            values[1] = logOfDays(interval)
            values[2] = Float(log(max(since, 3_600_000) / max(interval, 3_600_000)))
        }
        values[3] = Float(log1p(baskets / max(1, (now - Double(first.time)) / (30 * Self.day))))
        values[4] = Float(allPieces / baskets)
        if spendKnown > 0 { values[5] = Float(allSpend / spendKnown) }
        for row in context.items.indices {
            for (place, value) in values.enumerated() { matrix[row, place] = value }
        }
    }
}
