import Foundation
import MagpieDomain

/// How often an item was taken when it was looked at, in the last 30 days, against all items: log-odds, drawn towards the
/// average by ten imagined looks, so that an item with one lucky click does not lead. 0 = average, or never on screen. Looks count
/// by place (``Looks``), so that an item that stood at the top is not better for it.
///
/// Event side: impressions, and positives that name the answer they follow (``ItemMoment/looks``, ``ItemMoment/taken`` and
/// ``FeatureStore/totals``). Not known where nothing was ever shown.
struct LookRate: Feature {
    private let imagined = 10.0

    var columns: [String] { ["quality.lookRate"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard context.totals.looks > 0 else { return }
        let average = bounded(Double(context.totals.taken) / (Double(context.totals.looks) / 1_000))
        for (row, moment) in context.moments.enumerated() {
            let looks = Double(max(0, moment?.looks ?? 0)) / 1_000
            let taken = Double(max(0, moment?.taken ?? 0))
            let rate = bounded((taken + imagined * average) / (looks + imagined))
            matrix[row, 0] = Float(logit(rate) - logit(average))
        }
    }

    private func bounded(_ rate: Double) -> Double { min(0.99, max(0.001, rate)) }

    private func logit(_ rate: Double) -> Double { log(rate / (1 - rate)) }
}
