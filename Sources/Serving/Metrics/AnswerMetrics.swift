import MagpieOnline
import Synchronization

/// Which rung answered, how long each stage took, and what each retriever proposed.
final class AnswerMetrics: Sendable {
    private struct Served: Hashable {
        var scenario: String
        var rung: String
    }

    private struct Stage {
        /// Answers by how long they took, see ``RequestMetrics/edges``.
        var buckets = [Int64](repeating: 0, count: AnswerMetrics.edges.count + 1)
        var microseconds = 0.0

        mutating func add(_ microseconds: Double) {
            let bucket = AnswerMetrics.edges.firstIndex { microseconds <= Double($0) } ?? AnswerMetrics.edges.count
            buckets[bucket] += 1
            self.microseconds += microseconds
        }
    }

    private struct Retriever {
        var asked: Int64 = 0
        var candidates: Int64 = 0
        var microseconds = 0.0

        mutating func add(_ candidates: Int, _ microseconds: Double) {
            asked += 1
            self.candidates += Int64(candidates)
            self.microseconds += microseconds
        }
    }

    private struct Counts {
        var served: [Served: Int64] = [:]
        var explored: Int64 = 0
        var stages = [Stage](repeating: Stage(), count: AnswerMetrics.stages.count)
        var retrievers: [String: Retriever] = [:]
    }

    /// Upper edges in microseconds.
    private static let edges: [Int64] = [25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000]

    private static let stages = Answer.Funnel.Stages().named.map(\.name)

    private let counts = Mutex(Counts())

    func add(_ answer: Answer) {
        counts.withLock { counts in
            counts.served[.init(scenario: answer.scenario, rung: answer.rung.rawValue), default: 0] += 1
            counts.explored += answer.requestId.isExplored ? 1 : 0
            guard let work = answer.work else { return }
            for (place, stage) in work.stages.named.enumerated() { counts.stages[place].add(stage.microseconds) }
            for list in work.retrieved {
                counts.retrievers[list.retriever, default: .init()].add(list.candidates, list.microseconds)
            }
        }
    }

    func write(to text: inout MetricsText) {
        let counts = counts.withLock { $0 }
        let served = counts.served.sorted { ($0.key.scenario, $0.key.rung) < ($1.key.scenario, $1.key.rung) }
        guard !served.isEmpty else { return }
        text.family("magpie_answers_total", .counter, "Answers by scenario and by the rung that made them.") { family in
            for (key, count) in served { family.sample(count, ["scenario": key.scenario, "rung": key.rung]) }
        }
        text.family("magpie_explored_answers_total", .counter, "Answers whose first places were shuffled.") {
            $0.sample(counts.explored)
        }
        text.family("magpie_answer_stage_seconds", .histogram, "What an answer took, stage by stage.") { family in
            for (stage, own) in zip(Self.stages, counts.stages) {
                family.histogram(own.buckets, edges: Self.edges, sum: Int64(own.microseconds), ["stage": stage])
            }
        }
        let retrievers = counts.retrievers.sorted { $0.key < $1.key }
        func total(_ name: String, _ help: String, _ write: (inout MetricsText.Family, Retriever, String) -> Void) {
            text.family("magpie_retriever_\(name)_total", .counter, help) { family in
                for (retriever, own) in retrievers { write(&family, own, retriever) }
            }
        }
        total("requests", "Answers that a retriever proposed candidates for.") {
            $0.sample($1.asked, ["retriever": $2])
        }
        total("candidates", "Candidates that a retriever proposed.") { $0.sample($1.candidates, ["retriever": $2]) }
        total("seconds", "What that took.") { $0.sample(microseconds: Int64($1.microseconds), ["retriever": $2]) }
    }
}
