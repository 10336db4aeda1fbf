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

extension Examples {
    /// Who asks; a request of nobody in particular is one's own.
    var people: Int { Set(users.compactMap(\.self)).count + users.count { $0 == nil } }
}

/// Scores of requests that the model had not learned from, and what became of the candidates.
struct ScoredRows {
    private(set) var scores: [Float] = []
    private(set) var labels: [Bool] = []
    private(set) var stands: [Float] = []

    /// Some rows of a trial's requests. nil where the trial has no such scores.
    init?(_ trial: RankerTrial, _ scores: [Float]?, rows: Range<Int>? = nil) {
        guard let scores, scores.count == trial.requests.rowCount else { return nil }
        let rows = rows ?? scores.indices
        self.scores = Array(scores[rows])
        labels = Array(trial.requests.labels[rows])
        stands = Array(trial.requests.stands[rows])
    }

    init(_ parts: some Sequence<ScoredRows>) {
        for part in parts {
            scores += part.scores
            labels += part.labels
            stands += part.stands
        }
    }

    typealias Calibrated = (calibration: IsotonicCalibration, report: CalibrationReport)

    var calibration: IsotonicCalibration? { IsotonicCalibration(scores: scores, labels: labels, stands: stands) }

    /// Of one trial: fitted on the later half, judged on the other.
    static func calibrated(_ trial: RankerTrial, _ scores: [Float]?) -> Calibrated? {
        let middle = trial.requests.groups[trial.requests.groupCount / 2]
        guard let earlier = ScoredRows(trial, scores, rows: 0..<middle),
            let later = ScoredRows(trial, scores, rows: middle..<trial.requests.rowCount),
            let calibration = later.calibration
        else { return nil }
        return (calibration, report([(earlier, calibration)]))
    }

    /// Of several: fitted on all, judged on each as fitted on the others.
    static func calibrated(_ parts: [ScoredRows]) -> Calibrated? {
        guard let calibration = ScoredRows(parts).calibration else { return nil }
        let apart = parts.indices.compactMap { place in
            let others = parts.indices.filter { $0 != place }.map { parts[$0] }
            return ScoredRows(others).calibration.map { (parts[place], $0) }
        }
        return (calibration, report(apart))
    }

    private static func report(_ judged: [(rows: ScoredRows, calibration: IsotonicCalibration)]) -> CalibrationReport {
        let all = ScoredRows(judged.map(\.rows))
        return CalibrationReport(
            probabilities: judged.flatMap { part in part.rows.scores.map { part.calibration.probability(of: $0) } },
            labels: all.labels, stands: all.stands)
    }
}
