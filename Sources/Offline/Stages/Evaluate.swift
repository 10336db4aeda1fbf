import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOnline

extension Fit {
    /// How deep lists are made: deep enough for recall@100.
    private static let depth = 100

    /// Asks a bundle what happened after its window.
    func answers(_ bundle: Bundle, asked split: Split) throws -> [ScenarioAnswers] {
        let known = try open(bundle.files, bundle.data).snapshot
        return try training.configuration.scenarios.compactMap { scenario in
            // Another stream of known-item queries than the ranker learned from.
            let questions = questions(for: scenario, bundle.data, split, stream: 1)
            if questions.isEmpty { return nil }
            return try ask(
                questions, System.all(of: scenario, in: known), scenario: scenario.name, bundle, split, window: "twin")
        }
    }

    /// Asks every system every question, each as of its moment.
    func ask(
        _ questions: [Question], _ systems: [System], scenario: String, _ bundle: Bundle, _ split: Split,
        window: String
    ) throws -> ScenarioAnswers {
        let replay = Replay(history: history, split: split, rules: training.configuration.events)
        let kinds = bundle.data.kinds
        return try runner.measure("evaluate", window: window) { progress in
            // Opened anew: replay by clock moves the state on.
            let recommender = try open(bundle.files, bundle.data)
            let there = Set(recommender.snapshot.retrievers.map(\.name))
            let results = try replay.map(questions, recommender, threads: training.threads, progress: progress) {
                question, recommender in
                let length = question.user.map { Int(recommender.state.user($0)?.positives ?? 0) }
                let lists = try systems.map { system -> [ItemKey] in
                    // A bundle of little data may lack a retriever that a later one has.
                    if case .retriever(let name) = system, !there.contains(name) { return [] }
                    return try system.answer(question, recommender, count: Self.depth)
                }
                return (length, lists)
            }
            var answers = ScenarioAnswers(scenario: scenario, systems: systems)
            for (question, (length, lists)) in zip(questions, results) {
                answers.append(.init(question: question, historyLength: length, kinds: kinds), lists)
            }
            return (answers, "\(scenario): \(questions.count) requests, \(systems.count) systems")
        }
    }

    /// - Parameter bundle: what is new, popular or in the long tail is so by its window.
    func table(
        _ answers: [ScenarioAnswers], _ bundle: Bundle, protocolName: String, segmented: Bool = false
    ) -> EvaluationTable {
        var table = EvaluationTable(protocolName: protocolName, metrics: Metrics.shown.map(\.name))
        let knowledge = bundle.data.knowledge
        for own in answers { table.add(own, knowledge, segmented: segmented, seed: training.seed) }
        return table
    }

    /// Run files of what was answered: see ``RunFolder``.
    func write(_ answers: [ScenarioAnswers], _ bundle: Bundle, runs folder: URL) throws {
        var ids = history.itemIDs
        for item in bundle.data.items { ids[item.id.key] = item.id }
        for own in answers {
            try RunFolder.write(own, to: folder, userID: { history.userIDs[$0] }, itemID: { ids[$0] })
        }
    }

    static func protocolName(_ split: Split, _ options: SplitOptions) -> String {
        switch split.kind {
        case .clock:
            return "by clock: one request a session after the cut, relevant are the user's new positives; "
                + "all items ranked"
        case .user, .auto:
            let known = Int(((1 - options.heldOut) * 100).rounded())
            return "by user: one request a user after the first \(known) % of their events, "
                + "relevant are the positives of the rest; all unseen items ranked"
        }
    }
}
