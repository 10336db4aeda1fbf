import MagpieRetrieval

extension Configuration {
    /// The part of ``checkRanges(file:)`` about tables of neighbours, sessions and live counts.
    func checkNeighbours(
        _ whole: (String, Int, ClosedRange<Int>) throws -> Void,
        _ real: (String, Double, ClosedRange<Double>) throws -> Void
    ) throws {
        let many = 1_000_000_000
        func table(_ name: String, topN: Int, historyLimit: Int, recencyDecay: Double, recent: HistoryWindow) throws {
            try whole("\(name).topN", topN, 1...100_000)
            try whole("\(name).historyLimit", historyLimit, 1...many)
            try real("\(name).recencyDecay", recencyDecay, 0...1)
            try whole("\(name).recent.items", recent.items, 0...many)
            try real("\(name).recent.recencyDecay", recent.recencyDecay, 0...1)
            try real("\(name).recent.halfLifeDays", recent.halfLifeDays, 0...1e6)
        }
        try real("neighbours.alpha", neighbours.alpha, 0...10)
        try real("neighbours.beta", neighbours.beta, 0...10)
        try table(
            "neighbours", topN: neighbours.topN, historyLimit: neighbours.historyLimit,
            recencyDecay: neighbours.recencyDecay, recent: neighbours.recent)

        try whole("transitions.window", transitions.window, 1...100_000)
        try real("transitions.gapExponent", transitions.gapExponent, -10...10)
        try real("transitions.backward", transitions.backward, 0...1e6)
        try real("transitions.alpha", transitions.alpha, 0...10)
        try real("transitions.beta", transitions.beta, 0...10)
        try whole("transitions.items", transitions.items, 1...many)
        try table(
            "transitions", topN: transitions.topN, historyLimit: transitions.historyLimit,
            recencyDecay: transitions.recencyDecay, recent: transitions.recent)

        try real("ease.regularisation", ease.regularisation, 1e-3...1e9)
        // 46,000 squared floats are 8.5 GB.
        try whole("ease.maximumItems", ease.maximumItems, 0...46_000)
        try table(
            "ease", topN: ease.topN, historyLimit: ease.historyLimit, recencyDecay: ease.recencyDecay,
            recent: ease.recent)

        try real("cosine.shrinkage", cosine.shrinkage, 0...1e9)
        try table(
            "cosine", topN: cosine.topN, historyLimit: cosine.historyLimit, recencyDecay: cosine.recencyDecay,
            recent: cosine.recent)

        try whole("sessions.gapMinutes", sessions.gapMinutes, 0...many)
        for (name, value) in [
            ("sessions", sessions.sessions), ("itemsPerSession", sessions.itemsPerSession),
            ("sample", sessions.sample), ("neighbours", sessions.neighbours), ("items", sessions.items),
        ] { try whole("sessions.\(name)", value, 1...many) }
        try whole("live.halfLifeHours", live.halfLifeHours, 1...1_000_000)
    }
}
