import Foundation
import MagpieDomain

/// Which share of what was done to an item was positive, as log-odds against the share over all items, drawn
/// towards it by ten imagined average events, so that an item with one lucky rating does not lead. 0 = average.
/// The same of the last 90 days against the item's own share, drawn towards that.
///
/// Event side: ``ItemMoment/events``, ``ItemMoment/positives`` and ``FeatureStore/totals`` (of the log position: an
/// average over everything has no moment).
struct PositiveRate: Feature {
    private let imagined = 10.0

    var columns: [String] { ["quality.positiveRate", "quality.lately"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let average = min(0.99, max(0.01, context.totals.positiveRate))
        for (row, moment) in context.moments.enumerated() {
            let own = rate(moment?.events ?? 0, moment?.positives ?? 0, towards: average)
            matrix[row, 0] = Float(logit(own) - logit(average))
            guard let moment, let events = moment.quarterEvents, let positives = moment.quarter else { continue }
            matrix[row, 1] = Float(logit(rate(events, positives, towards: own)) - logit(own))
        }
    }

    private func rate(_ events: Int64, _ positives: Int64, towards average: Double) -> Double {
        min(0.99, max(0.001, (Double(positives) + imagined * average) / (Double(events) + imagined)))
    }

    private func logit(_ rate: Double) -> Double { log(rate / (1 - rate)) }
}
