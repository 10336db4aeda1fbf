import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieRanking

extension Fit {
    /// Of so many requests features are compared.
    private static let compared = 200

    /// Whether the features of requests to the bundle as it will serve are spread as they were among the examples that its
    /// rankers learned from. Retrievers were fitted again in between, on more events: a feature that this moves (a raw
    /// count, say) misleads the model.
    ///
    /// - Returns: the rankers' reports, with what moved.
    func stability(_ bundle: Bundle, asked split: Split) throws -> [String: RankerReport] {
        var reports = bundle.rankers
        for scenario in training.configuration.scenarios where ReplayedExamples.has(scenario) {
            // What was on screen is the best of the candidates, and another population than all of them.
            guard let ranker = bundle.files.files[BundleFiles.ranker(scenario.name)],
                let report = reports[scenario.name], report.source != .impressions
            else { continue }
            let profile = ranker.deletingLastPathComponent().appendingPathComponent(Self.profileFile)
            let keys = bundle.files.files.sorted { $0.key < $1.key }
                .map { $0.value.deletingLastPathComponent().lastPathComponent }
            let result = try runner.run("stability \(scenario.name)", window: "published", inputs: keys) {
                folder, progress in
                let then = try JSONDecoder().decode(FeatureProfile.self, from: Data(contentsOf: profile))
                let recommender = try open(bundle.files, bundle.data)
                let now = history.rows.last.map { max($0.time, $0.receivedAt) } ?? .distantPast
                var features = FeatureMatrix(names: recommender.snapshot.features.names, rowCount: 0)
                let all = questions(for: scenario, bundle.data, split, stream: 0)
                let sample = NegativeSample(
                    requests: all.count, maximumExamples: training.configuration.ranker.maximumExamples)
                let questions = Questions.drawn(Self.compared, of: all)
                for (done, question) in questions.enumerated() {
                    var question = question
                    question.now = now
                    let stage = try recommender.candidates(for: Request(question), now: now)
                    let nobody = [Bool](repeating: false, count: stage.items.count)
                    let rows = sample.rows(
                        labels: nobody, fused: stage.fused, seed: NegativeSample.seed(of: question)
                    ).rows
                    features.append(recommender.features(stage).picking(rows))
                    progress(Double(done + 1) / Double(questions.count))
                }
                let moved = then.stability(of: features).filter { $0.index > RankerReport.Moved.much }
                    .sorted { ($1.index, $0.feature) < ($0.index, $1.feature) }
                    .map { RankerReport.Moved(feature: $0.feature, index: $0.index) }
                try JSONEncoder().encode(moved).write(to: folder.appendingPathComponent(Self.movedFile))
                let first = moved.prefix(3).map { "\($0.feature) \(String(format: "%.2f", $0.index))" }
                return "\(moved.count) of \(features.names.count) features are spread otherwise than in the examples"
                    + (first.isEmpty ? "" : ": " + first.joined(separator: ", "))
            }
            var own = report
            own.moved = try JSONDecoder().decode(
                [RankerReport.Moved].self, from: Data(contentsOf: result.folder.appendingPathComponent(Self.movedFile)))
            reports[scenario.name] = own
        }
        return reports
    }

    private static let movedFile = "moved.json"
}
