import MagpieDomain
import MagpieEvaluation
import MagpieRanking

/// A ranker's examples from a history that was lived through: requests at their moments, answered by bundles that knew
/// nothing later, with live state as it was. See ``RefitReplay``.
///
/// Where the cut is by user, the retrievers of the draft have seen the history of whoever is asked, and state stands
/// still at the end: features differ from what they are when somebody new comes by. Lived through, they do not.
struct ReplayedExamples {
    private struct Lived {
        var data: Dataset
        var files: Draft
        var piece: (split: Split, questions: [Question])
    }

    private let fit: Fit
    private let drafts: [Lived]
    /// Of the stages that it is made of.
    let keys: [String]

    /// Fits the bundles, or takes those that are there.
    init(_ fit: Fit, rows: [Int], window: String) throws {
        let configuration = fit.training.configuration
        let replay: RefitReplay
        if let boundaries = fit.boundaries {
            replay = RefitReplay(fit.history, rows: rows, options: configuration.split) { _ in boundaries }
        } else {
            replay = RefitReplay(
                fit.history, rows: rows, options: configuration.split, refits: configuration.ranker.refits)
        }
        let retrievers = RetrieverFit(
            configuration: configuration, seed: fit.training.seed, threads: fit.training.threads, runner: fit.runner)
        var keys = replay.boundaries.map { "\($0)" } + [replay.split.fingerprint(fit.history)]
        drafts = try replay.boundaries.indices.map { refit in
            let piece = replay.piece(refit)
            let data = try fit.dataset(piece.split.known, asOf: piece.split.catalogueAsOf)
            let files = try retrievers.draft(
                data, window: "\(window) draft \(refit + 1)/\(replay.boundaries.count)")
            keys += files.files.sorted { $0.key < $1.key }
                .map { $0.value.deletingLastPathComponent().lastPathComponent }
            return Lived(data: data, files: files, piece: piece)
        }
        self.fit = fit
        self.keys = keys
    }

    /// Whether there is a moment to ask at: scenarios whose questions are made of titles and seeds have none.
    static func has(_ scenario: Scenario) -> Bool {
        scenario.name != Scenario.search.name && scenario.name != Scenario.similar.name
    }

    func examples(for scenario: Scenario, progress: (Double) -> Void) throws -> Examples {
        var examples: Examples?
        let sample = NegativeSample(
            requests: drafts.reduce(0) { $0 + $1.piece.questions.count },
            maximumExamples: fit.training.configuration.ranker.maximumExamples)
        for (place, draft) in drafts.enumerated() {
            let recommender = try fit.open(draft.files, draft.data)
            let replay = Replay(
                history: fit.history, split: draft.piece.split, rules: fit.training.configuration.events,
                objectives: fit.training.configuration.ranker.objectives.keys.sorted())
            let questions = draft.piece.questions.map { question in
                var question = question
                question.scenario = scenario.name
                return question
            }
            var own = examples ?? Examples(names: recommender.snapshot.features.names)
            try replay.append(questions, recommender, sample, to: &own, threads: fit.training.threads) { share in
                progress((Double(place) + share) / Double(drafts.count))
            }
            examples = own
        }
        return examples ?? Examples(names: [])
    }
}
