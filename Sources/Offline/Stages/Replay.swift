import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline
import MagpieRanking

/// Asks questions as of their moments: the state holds what was known then and nothing later.
struct Replay {
    let history: History
    let split: Split
    let rules: EventRules
    /// Kinds of events that a ranker learns to tell apart.
    var objectives: [String] = []

    /// Calls `body` once a question, in any order and on several threads where the state stands still (by user);
    /// in the order of the history on one thread where it moves on between the questions (by clock). Results are in the order of
    /// the questions.
    func map<Result: Sendable>(
        _ questions: [Question], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        _ body: @Sendable (Question, Recommender) throws -> Result
    ) throws -> [Result] {
        if split.kind == .clock { return try inOrder(questions, recommender, progress: progress, body) }
        var results: [Result] = []
        results.reserveCapacity(questions.count)
        for start in stride(from: 0, to: questions.count, by: 64) {
            let piece = Array(questions[start..<min(start + 64, questions.count)])
            let done = Parallel.map(piece.count, threads: threads) { i in
                Swift.Result { try body(piece[i], recommender) }
            }
            for result in done { results.append(try result.get()) }
            progress(Double(results.count) / Double(questions.count))
        }
        return results
    }

    /// One question after the other, ascending by position; the state moves on between them.
    func inOrder<Result>(
        _ questions: [Question], _ recommender: Recommender, progress: (Double) -> Void,
        _ body: (Question, Recommender) throws -> Result
    ) throws -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(questions.count)
        var next = 0
        var joined = history.joins.firstIndex { $0.position >= split.end } ?? history.joins.count
        for question in questions {
            while next < split.asked.count, split.asked[next] < question.position {
                join(through: split.asked[next], &joined, in: recommender.state)
                fold(history.rows[split.asked[next]], into: recommender.state)
                next += 1
            }
            join(through: question.position, &joined, in: recommender.state)
            results.append(try body(question, recommender))
            if results.count % 64 == 0 { progress(Double(results.count) / Double(questions.count)) }
        }
        return results
    }

    /// Joins the devices that were joined before row `position`.
    private func join(through position: Int, _ next: inout Int, in state: FeatureStore) {
        while next < history.joins.count, history.joins[next].position <= position {
            let join = history.joins[next]
            state.join(join.device, to: join.user, seq: join.seq)
            next += 1
        }
    }

    private func fold(_ event: History.Row, into state: FeatureStore) {
        state.fold(
            actor: event.actor, item: event.item, time: event.time, eventHash: event.eventHash,
            isPositive: event.isPositive, purchase: event.purchase, seq: event.seq)
    }

    /// The candidates of a question, which of them were then liked, and how many that were liked are none.
    static func labelled(
        _ question: Question, _ recommender: Recommender
    ) throws -> (stage: Candidates, labels: [Bool], missed: Int) {
        let items = recommender.snapshot.items
        let shown = question.shown.compactMap { items.index(of: $0.item) }
        let stage = try recommender.candidates(for: Request(question), now: question.now, with: shown)
        let labels = stage.items.map { question.relevant.contains(recommender.snapshot.items.key(of: $0)) }
        return (stage, labels, question.relevant.count - labels.count { $0 })
    }

    /// The ranker's examples: each question's candidates, their features as of its moment, and which were liked.
    /// - Parameter maximumExamples: see ``NegativeSample``.
    func examples(
        _ questions: [Question], _ recommender: Recommender, maximumExamples: Int, threads: Int,
        progress: (Double) -> Void
    ) throws -> Examples {
        let sample = NegativeSample(requests: questions.count, maximumExamples: maximumExamples)
        var examples = Examples(names: recommender.snapshot.features.names)
        try append(questions, recommender, sample, to: &examples, threads: threads, progress: progress)
        return examples
    }

    /// The same, behind others of the same features.
    func append(
        _ questions: [Question], _ recommender: Recommender, _ sample: NegativeSample, to examples: inout Examples,
        threads: Int, progress: (Double) -> Void
    ) throws {
        let groups = try map(questions, recommender, threads: threads, progress: progress) {
            try self.examples(of: $0, $1, sample)
        }
        for group in groups { examples.append(contentsOf: group) }
    }

    /// One request's.
    private func examples(
        of question: Question, _ recommender: Recommender, _ sample: NegativeSample
    ) throws -> Examples {
        let (stage, labels, missed) = try Self.labelled(question, recommender)
        let keys = stage.items.map { recommender.snapshot.items.key(of: $0) }
        let rows: [Int]
        var (stands, places): ([Float]?, [Float]?)
        if question.shown.isEmpty {
            let kept = sample.rows(
                labels: labels, disliked: keys.map(question.disliked.contains), fused: stage.fused)
            (rows, stands) = (kept.rows, kept.stands)
        } else {
            // Who saw what: the others are candidates too, and say nothing.
            let place = Dictionary(question.shown.map { ($0.item, $0.place) }) { a, _ in a }
            rows = keys.indices.filter { place[keys[$0]] != nil }
            places = rows.map { place[keys[$0]]?.map(Float.init) ?? .nan }
        }
        let objectives = objectives.map { name in
            (name, rows.map { question.kinds[name]?.contains(keys[$0]) ?? false })
        }
        var examples = Examples(names: recommender.snapshot.features.names)
        examples.append(
            recommender.features(stage).picking(rows), gains: rows.map { question.gain(of: keys[$0], rules) },
            stands: stands, places: places, objectives: Dictionary(uniqueKeysWithValues: objectives),
            missedPositives: missed)
        return examples
    }
}
