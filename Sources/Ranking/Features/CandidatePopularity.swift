import MagpieDomain

/// How popular a candidate is, as the bundle knew it: on the scale of all items, beside the most popular candidate, and
/// its log-rank among the candidates. (What has changed since is in ``Standing`` and ``Lately``.)
struct CandidatePopularity: Feature {
    var columns: [String] { ["popularity.share", "popularity.ofBest", "popularity.logRank"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let shares = context.items.map { context.popularity.share(of: $0) }
        for (row, share) in shares.enumerated() { matrix[row, 0] = share }
        matrix.writeSharesOfBest(of: shares, at: 1)
        matrix.writeLogRanks(of: shares, at: 2)
    }
}
