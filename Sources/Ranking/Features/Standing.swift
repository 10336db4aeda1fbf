import Foundation
import MagpieDomain

/// How much a candidate had been liked by the moment of the request, beside the candidate that was liked most: the
/// share, its logarithm (counts are spread over decades), and the log-rank. Popularity as of then, which for an
/// old request is not popularity as of now.
///
/// Event side: ``ItemMoment/positives``.
struct Standing: Feature {
    var columns: [String] { ["standing.ofBest", "standing.logOfBest", "standing.logRank"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let counts = context.moments.map { $0.map { Float($0.positives) } ?? .nan }
        var best: Float = 0
        for count in counts where count > best { best = count }
        guard best > 0 else { return }
        for (row, count) in counts.enumerated() where !count.isNaN {
            matrix[row, 0] = count / best
            if count > 0 { matrix[row, 1] = log(count / best) }
        }
        matrix.writeLogRanks(of: counts, at: 2)
    }
}
