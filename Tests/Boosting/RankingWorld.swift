import MagpieDomain
import MagpieKernels
import MagpieRanking

@testable import MagpieBoosting

/// Requests with an answer that is planted.
enum RankingWorld {
    static let names = ["a", "b", "noise"]

    /// Ten candidates a request; those with `isGood(a, b)` are good, now and then turned round.
    static func examples(
        requests: Int, seed: UInt64 = 1, flips: Int = 20, isGood: (Float, Float) -> Bool
    ) -> Examples {
        var random = RandomSource(seed: seed)
        var examples = Examples(names: names)
        for _ in 0..<requests {
            var matrix = FeatureMatrix(names: names, rowCount: 10)
            for at in matrix.values.indices { matrix.values[at] = 2 * random.uniform() - 1 }
            let labels = (0..<10).map { row in
                isGood(matrix[row, 0], matrix[row, 1]) != (random.below(flips) == 0)
            }
            examples.append(matrix, labels: labels, missedPositives: 0)
        }
        return examples
    }

    /// Good where exactly one of both is above 0: no weighted sum can say that.
    static func conjunction(requests: Int, seed: UInt64 = 1) -> Examples {
        examples(requests: requests, seed: seed) { ($0 > 0) != ($1 > 0) }
    }

    static func ndcg(_ ranker: some Ranker, _ examples: Examples) -> Double {
        let values = RequestNDCG.values(ranker.scores(of: examples.features), examples, at: 10)
        return values.reduce(0, +) / Double(values.count)
    }

    /// XGBoost's library where it is; without it the tests that train are left out.
    static let library = try? XGBoostLibrary.open()
}
