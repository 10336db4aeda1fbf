import Foundation
import MagpieArtifacts
import MagpieDomain

/// What a candidate costs beside what the user usually pays, as logarithms of ratios: twice the price is as far as half
/// of it, in any currency. The usual price is the geometric mean of the last 50 that the user paid, or where none is
/// known of those of the last 50 items liked.
///
/// | column | what |
/// |---|---|
/// | `price.ofUsual`, `price.gap` | log(price / usual), and its size |
/// | `price.spreads` | that in standard deviations of what the user pays |
/// | `price.ofMedian`, `price.logRank` | log(price / median of the candidates), and the log-rank, the dearest first |
///
/// Event side: ``Purchase/price`` of ``UserState/recent``.
struct PriceTaste: Feature {
    private static let last = 50
    /// Somebody who paid one price so far would pay ten percent more or less.
    private static let leastSpread = 0.1

    var columns: [String] {
        ["price.ofUsual", "price.gap", "price.spreads", "price.ofMedian", "price.logRank"]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let prices = context.table.number(ReservedAttribute.price) else { return }
        func logPrice(_ item: ItemIndex) -> Double? {
            let price = prices[Int(item)]
            return price > 0 && price.isFinite ? log(price) : nil
        }
        let own = context.items.map { logPrice($0) ?? .nan }
        let usual = usual(context, logPrice)
        let sorted = own.filter { !$0.isNaN }.sorted()
        guard !sorted.isEmpty else { return }
        let median = sorted[sorted.count / 2]
        for (row, price) in own.enumerated() where !price.isNaN {
            matrix[row, 3] = Float(price - median)
            guard let usual else { continue }
            let above = price - usual.mean
            matrix[row, 0] = Float(above)
            matrix[row, 1] = Float(abs(above))
            matrix[row, 2] = Float(above / max(usual.deviation, Self.leastSpread))
        }
        matrix.writeLogRanks(of: own.map { Float($0) }, at: 4)
    }

    private func usual(
        _ context: FeatureContext, _ logPrice: (ItemIndex) -> Double?
    ) -> (mean: Double, deviation: Double)? {
        var paid: [Double] = []
        for touch in context.touches.reversed() where touch.purchase.price > 0 {
            paid.append(log(Double(touch.purchase.price) / 100))
            if paid.count == Self.last { break }
        }
        if paid.isEmpty { paid = context.recent(Self.last).compactMap { logPrice($0.item) } }
        guard !paid.isEmpty else { return nil }
        let mean = paid.reduce(0, +) / Double(paid.count)
        let squares = paid.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / Double(paid.count)).squareRoot())
    }
}
