import Foundation
import MagpieDomain

/// Which share of what was done to an item was positive, as log-odds against the share over all items, drawn
/// towards it by ten imagined average events, so that an item with one lucky rating does not lead. 0 = average.
///
/// Event side: ``ItemState/events``, ``ItemState/positives`` and ``FeatureStore/totals``.
struct PositiveRate: Feature {
    private let imagined = 10.0

    var columns: [String] { ["quality.positiveRate"] }

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        let average = min(0.99, max(0.01, context.totals.positiveRate))
        for (row, state) in context.states.enumerated() {
            let events = Double(state?.events ?? 0)
            let positives = Double(state?.positives ?? 0)
            let rate = min(0.99, (positives + imagined * average) / (events + imagined))
            matrix[row, column] = Float(log(rate / (1 - rate)) - log(average / (1 - average)))
        }
    }
}
