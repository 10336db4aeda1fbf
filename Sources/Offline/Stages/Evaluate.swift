import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOnline

extension Fit {
    /// How deep lists are made: deep enough for recall@100.
    private static let depth = 100

    /// Asks a bundle what happened after its window.
    func evaluate(_ bundle: Bundle, asked split: Split) throws -> EvaluationTable {
        let replay = Replay(history: history, split: split, rules: training.configuration.events)
        let known = try open(bundle.files, bundle.data).snapshot
        var table = EvaluationTable(
            protocolName: Self.protocolName(split, training.configuration.split), metrics: Metrics.shown.map(\.name))
        for scenario in training.configuration.scenarios {
            // Another stream of known-item queries than the ranker learned from.
            let questions = questions(for: scenario, bundle.data, split, stream: 1)
            if questions.isEmpty { continue }
            var perRequest: [(system: System, values: [String: [Double]])] = []
            for system in System.all(of: scenario, in: known) {
                let values = try runner.measure("evaluate", window: "twin") { progress in
                    // Opened anew: replay by clock moves the state on.
                    let recommender = try open(bundle.files, bundle.data)
                    let lists = try replay.map(
                        questions, recommender, threads: training.threads, progress: progress
                    ) { question, recommender in
                        try system.answer(question, recommender, count: Self.depth)
                    }
                    var values: [String: [Double]] = [:]
                    for metric in Metrics.shown {
                        values[metric.name] = zip(lists, questions).map { metric.value($0, relevant: $1.relevant) }
                    }
                    return (values, "\(scenario.name), \(system.name): \(questions.count) requests")
                }
                perRequest.append((system, values))
                table.rows.append(
                    .init(
                        scenario: scenario.name, system: system.name, requests: questions.count,
                        values: values.mapValues { $0.reduce(0, +) / Double($0.count) }))
            }
            table.comparisons += compare(perRequest, scenario: scenario.name)
        }
        return table
    }

    /// The whole against the best single retriever, by the first metric.
    private func compare(
        _ systems: [(system: System, values: [String: [Double]])], scenario: String
    ) -> [EvaluationTable.Comparison] {
        let metric = Metrics.shown[0].name
        func values(_ system: (system: System, values: [String: [Double]])) -> [Double] { system.values[metric] ?? [] }
        let singles = systems.filter { if case .retriever = $0.system { true } else { false } }
        guard let whole = systems.first(where: { $0.system == .whole }),
            let best = singles.max(by: { values($0).reduce(0, +) < values($1).reduce(0, +) })
        else { return [] }
        let bootstrap = PairedBootstrap(values(whole), values(best), seed: training.seed)
        return [
            .init(
                scenario: scenario, metric: metric, system: whole.system.name, against: best.system.name,
                difference: bootstrap.difference, low: bootstrap.low, high: bootstrap.high)
        ]
    }

    private static func protocolName(_ split: Split, _ options: SplitOptions) -> String {
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
