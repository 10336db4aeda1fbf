import MagpieRanking

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
