import MagpieDomain

/// How much a candidate was liked in the last day, week, month and quarter before the request, each beside the
/// candidate that was liked most then; its log-rank by the month; and where it is going: which share of the likes of
/// the longer window fell into the shorter one.
///
/// Event side: the buckets of ``ItemState/hours`` and ``ItemState/days``, read by ``ItemMoment``.
struct Lately: Feature {
    var columns: [String] {
        [
            "lately.day", "lately.week", "lately.month", "lately.quarter", "lately.monthLogRank", "trend.dayOfWeek",
            "trend.weekOfMonth", "trend.monthOfQuarter", "trend.quarterOfAll",
        ]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        var windows = [[Float]](repeating: [Float](repeating: .nan, count: context.items.count), count: 5)
        for (row, moment) in context.moments.enumerated() {
            guard let moment else { continue }
            if let day = moment.day { windows[0][row] = Float(day) }
            if let week = moment.week { windows[1][row] = Float(week) }
            if let month = moment.month { windows[2][row] = Float(month) }
            if let quarter = moment.quarter { windows[3][row] = Float(quarter) }
            windows[4][row] = Float(moment.positives)
        }
        for (place, window) in windows.dropLast().enumerated() {
            matrix.writeSharesOfBest(of: window, at: place)
        }
        if windows[2].contains(where: { $0 > 0 }) { matrix.writeLogRanks(of: windows[2], at: 4) }
        for (place, (short, long)) in zip(windows, windows.dropFirst()).enumerated() {
            for row in context.items.indices where long[row] > 0 && !short[row].isNaN {
                matrix[row, 5 + place] = min(1, short[row] / long[row])
            }
        }
    }
}
