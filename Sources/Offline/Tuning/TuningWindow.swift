import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOnline

/// The validation window: what is known before it, and what is asked in it. It ends where the window of `evaluate`
/// begins.
struct TuningWindow {
    private let training: Training
    private let plan: Plan
    private let scenario: Scenario
    private let split: Split
    var splitReason: String { "by \(split.kind.rawValue): \(split.reason)" }
    var fingerprint: String { split.fingerprint(plan.history) }

    init(_ training: Training, log: some EventLog, catalogue: some Catalogue, scenario: String) throws {
        self.training = training
        guard let scenario = training.configuration.scenarios.first(where: { $0.name == scenario }) else {
            throw RequestError.unknownScenario(got: scenario, expected: training.configuration.scenarios.map(\.name))
        }
        self.scenario = scenario
        plan = try Plan(
            training, log: log, catalogue: catalogue,
            runner: StageRunner(cache: training.cache, codeVersion: training.codeVersion, report: training.report))
        var options = training.configuration.split
        options.kind = plan.outer.kind
        split = Split(plan.history, rows: plan.outer.known, options: options)
    }

    /// The metric of each request.
    /// - Parameter share: of the users, by the hash of their keys; the others are neither learned from nor asked.
    func measure(
        _ configuration: Configuration, share: Double, system: String, metric: any Metric
    ) throws -> [Double] {
        var configuration = configuration
        // What a history is answered with has no part in it, and it takes longer than the rest of a trial.
        if scenario.name == Scenario.home.name { configuration.queryEncoder.epochs = 0 }
        var training = training
        training.configuration = configuration
        let runner = StageRunner(cache: training.cache, codeVersion: training.codeVersion, report: training.report)
        let fit = Fit(training: training, runner: runner, history: plan.history, known: plan.known)
        let split = self.split.restricted(to: share, of: plan.history)
        let data = try fit.dataset(split.known, asOf: split.catalogueAsOf)
        let questions = fit.questions(for: scenario, data, split, stream: 2)
        guard !questions.isEmpty else {
            if share == 1 { throw TuningError.nothingAsked(scenario: scenario.name) }
            return []
        }
        let retrievers = RetrieverFit(
            configuration: configuration, seed: training.seed, threads: training.threads, runner: runner)
        let files = try retrievers.draft(
            data, window: "trial", retrievers: system == System.fusion.name ? nil : [system])
        let recommender = try fit.open(files, data)
        guard let measured = System.all(of: scenario, in: recommender.snapshot).first(where: { $0.name == system })
        else {
            throw TuningError.unknownSystem(
                got: system, expected: System.all(of: scenario, in: recommender.snapshot).map(\.name))
        }
        let replay = Replay(history: plan.history, split: split, rules: configuration.events)
        let lists = try replay.map(questions, recommender, threads: training.threads, progress: { _ in }) {
            try measured.answer($0, $1, count: metric.depth)
        }
        training.cache.prune(keeping: runner.usedKeys)
        return zip(lists, questions).map { metric.value($0, relevant: $1.relevant) }
    }
}

extension Split {
    /// The same cut among a share of the actors.
    func restricted(to share: Double, of history: History) -> Split {
        guard share < 1 else { return self }
        let bound = UInt64(share * 0x1p63) * 2
        func isIn(_ row: Int) -> Bool {
            // Keys are hashes, but of one kind with others: mixed once more.
            history.rows[row].actor.raw &* 0x9E37_79B9_7F4A_7C15 < bound
        }
        return Split(kind, reason, known.filter(isIn), asked.filter(isIn), catalogueAsOf)
    }
}
