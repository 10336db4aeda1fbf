import Foundation
import MagpieDomain

/// Who asks, as a newcomer or somebody known well, somebody who comes daily or has been away: what a tree may ask
/// before it trusts another column. The same for all candidates of a request; NaN for somebody of whom nothing is known.
///
/// | column | what |
/// |---|---|
/// | `user.logLikes` | log(1 + items liked), of those that the bundle knows |
/// | `user.logEvents` | log(1 + events held) |
/// | `user.logSpan`, `user.sinceLast` | log(1 + days) from the first event to now, and from the last |
/// | `user.lastDay`, `user.lastMonth` | shares of the events in the last 24 hours, 30 days |
/// | `user.positiveRate` | share of the events that were positive, with one imagined of each |
/// | `user.popularity`, `user.popularitySpread` | mean and standard deviation of the popularity of the last 50 items liked |
/// | `user.repeats` | share of the likes that were of an item liked before |
struct UserHabits: Feature {
    var columns: [String] {
        [
            "user.logLikes", "user.logEvents", "user.logSpan", "user.sinceLast", "user.lastDay", "user.lastMonth",
            "user.positiveRate", "user.popularity", "user.popularitySpread", "user.repeats",
        ]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        var values = [Float](repeating: .nan, count: columns.count)
        let history = context.query.history
        if !history.isEmpty {
            values[0] = log1p(Float(history.count))
            let shares = history.prefix(50).map { context.popularity.share(of: $0.item) }.filter { !$0.isNaN }
            if !shares.isEmpty {
                let mean = shares.reduce(0, +) / Float(shares.count)
                values[7] = mean
                values[8] = (shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(shares.count)).squareRoot()
            }
        }
        let touches = context.touches
        if let first = touches.first, let last = touches.last {
            let now = context.now.milliseconds
            let count = Float(touches.count)
            values[1] = log1p(count)
            values[2] = context.logDays(since: first.time)
            values[3] = context.logDays(since: last.time)
            func share(within days: Int64) -> Float {
                let (start, isBeyond) = now.subtractingReportingOverflow(days * 86_400_000)
                return isBeyond ? 1 : Float(touches.reversed().prefix { $0.time > start }.count) / count
            }
            values[4] = share(within: 1)
            values[5] = share(within: 30)
            let positives = touches.count { $0.isPositive }
            values[6] = Float(positives + 1) / (count + 2)
            if positives > 0 {
                let items = Set(touches.lazy.filter(\.isPositive).map(\.item)).count
                values[9] = 1 - Float(items) / Float(positives)
            }
        }
        for row in context.items.indices {
            for (place, value) in values.enumerated() { matrix[row, place] = value }
        }
    }
}
