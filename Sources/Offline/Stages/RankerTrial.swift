import Foundation
import MagpieBoosting
import MagpieRanking

/// What both models, fitted on the other requests, say of those held out.
struct RankerTrial {
    let requests: Examples
    /// Scores, row by row.
    let linear: [Float]
    /// nil where none were grown.
    var trees: LambdaMART.Trial?

    /// How much better requests are ordered by trees than by the linear model.
    struct Comparison {
        var requests = 0
        /// Means of NDCG.
        var trees = 0.0
        var linear = 0.0
        /// The standard error of the difference of both.
        var noise = 0.0

        var difference: Double { trees - linear }

        var summary: String {
            func number(_ value: Double) -> String { String(format: "%.4f", value) }
            return "ndcg@\(LambdaMART.judgedAt) of \(requests) requests held out: trees \(number(trees)), "
                + "linear \(number(linear)), the difference's standard error \(number(noise))"
        }
    }

    /// nil where no trees were grown.
    static func compared(_ trials: [RankerTrial]) -> Comparison? {
        let k = LambdaMART.judgedAt
        var (trees, linear): ([Double], [Double]) = ([], [])
        for trial in trials {
            guard let own = trial.trees else { return nil }
            trees += RequestNDCG.values(own.scores, trial.requests, at: k)
            linear += RequestNDCG.values(trial.linear, trial.requests, at: k)
        }
        guard !trees.isEmpty else { return nil }
        let count = Double(trees.count)
        var result = Comparison(
            requests: trees.count, trees: trees.reduce(0, +) / count, linear: linear.reduce(0, +) / count)
        let squares = zip(trees, linear).reduce(0.0) {
            let apart = $1.0 - $1.1 - result.difference
            return $0 + apart * apart
        }
        result.noise = (squares / max(1, count - 1) / count).squareRoot()
        return result
    }
}
