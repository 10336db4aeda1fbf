import MagpieDomain
import MagpieEvaluation
import MagpieOnline

/// The candidates of one request with their features, and which of them were then liked: a group of a learning-to-rank
/// data set.
public struct ExampleGroup: Sendable {
    public var question: Question
    /// Aligned with the rows of `features`.
    public var items: [ItemID]
    public var features: FeatureMatrix
    public var labels: [Bool]
    /// What was liked and no retriever proposed.
    public var missed: Int
}

/// Whose requests are exported.
public enum ExamplePart: String, Sendable, CaseIterable {
    /// Those that the twin's ranker learns from, against retrievers that have not seen their answers.
    case train
    /// Those that the twin is measured on, against its retrievers as they serve: another model's run on these compares
    /// with `magpie evaluate`.
    case test
}

extension Training {
    /// Calls `body` with every request of a part, in the order of the questions. Makes (or reuses) the twin's retrievers;
    /// no ranker is needed.
    /// - Throws: ``TrainingError/unknownScenario(got:expected:)``, and what `body` throws.
    public func forEachExample(
        of scenario: String, part: ExamplePart, log: some EventLog, catalogue: some Catalogue,
        _ body: (ExampleGroup) throws -> Void
    ) throws {
        guard let wanted = configuration.scenarios.first(where: { $0.name == scenario }) else {
            throw TrainingError.unknownScenario(got: scenario, expected: configuration.scenarios.map(\.name))
        }
        let runner = StageRunner(cache: cache, codeVersion: codeVersion, report: report)
        let plan = try Plan(self, log: log, catalogue: catalogue, runner: runner)
        let split = part == .train ? plan.inner : plan.outer
        let data = try plan.fit.dataset(split.known, asOf: split.catalogueAsOf)
        let retrievers = RetrieverFit(configuration: configuration, seed: seed, threads: threads, runner: runner)
        let recommender = try plan.fit.open(try retrievers.draft(data, window: "twin"), data)
        let questions = plan.fit.questions(for: wanted, data, split, stream: part == .train ? 0 : 1)
        let replay = Replay(history: plan.history, split: split, rules: configuration.events)
        let groups = try runner.measure("examples", window: "twin") { progress in
            let groups = try replay.map(questions, recommender, threads: threads, progress: progress) {
                question, recommender -> ExampleGroup in
                let (stage, labels, missed) = try Replay.labelled(question, recommender)
                return ExampleGroup(
                    question: question, items: stage.items.map { recommender.snapshot.items.id(of: $0) },
                    features: recommender.features(stage), labels: labels, missed: missed)
            }
            return (groups, "\(groups.count) requests")
        }
        for group in groups { try body(group) }
    }
}
