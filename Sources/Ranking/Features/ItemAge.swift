import MagpieDomain

/// For how long an item has been liked, and since when it has not: log(1 + days) since its first, its last and the
/// middle one of its positives, as known at the request, and the share of its life that the last half of them took.
/// NaN for an item that nobody had liked yet.
///
/// Event side: ``ItemMoment/firstPositive`` and its neighbours.
struct ItemAge: Feature {
    var columns: [String] { ["age.sinceFirst", "age.sinceLast", "age.sinceMedian", "age.medianShare"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        for (row, moment) in context.moments.enumerated() {
            guard let moment, let first = moment.firstPositive, let last = moment.lastPositive else { continue }
            matrix[row, 0] = context.logDays(since: first)
            matrix[row, 1] = context.logDays(since: last)
            guard let median = moment.medianPositive.map({ min(max($0, first), context.now.milliseconds) }) else {
                continue
            }
            matrix[row, 2] = context.logDays(since: median)
            let life = Double(context.now.milliseconds) - Double(first)
            if life > 0 {
                matrix[row, 3] = Float((Double(context.now.milliseconds) - Double(median)) / life)
            }
        }
    }
}
