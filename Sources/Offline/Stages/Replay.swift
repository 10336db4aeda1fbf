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

    /// Calls `body` once a question with a recommender whose state is that of the question's moment. Results are in the order
    /// of the questions, and the same for any number of threads.
    ///
    /// By user the state stands still. By clock it moves on: each thread takes a stretch of the history with a state of its own,
    /// which is first brought to where the stretch begins. The given recommender's state stays as it is.
    func map<Result: Sendable>(
        _ questions: [Question], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        _ body: @Sendable (Question, Recommender) throws -> Result
    ) throws -> [Result] {
        try places(of: questions, recommender, threads: threads, progress: progress) { try body(questions[$0], $1) }
    }

    /// The same with the questions' places.
    func places<Result: Sendable>(
        of questions: [Question], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        _ body: @Sendable (Int, Recommender) throws -> Result
    ) throws -> [Result] {
        let isMoving = split.kind == .clock
        let stretches = isMoving ? max(1, min(threads, questions.count)) : 1
        let begins = (0...stretches).map { questions.count * $0 / stretches }
        let walks = isMoving ? (0..<stretches).map { _ in StateWalk(history, split, recommender.withOwnState()) } : []
        var results = [[Result]](repeating: [], count: stretches)
        let longest = zip(begins, begins.dropFirst()).map { $1 - $0 }.max() ?? 0
        for start in stride(from: 0, to: longest, by: 64) {
            let pieces = zip(begins, begins.dropFirst()).map { begin, end in
                min(begin + start, end)..<min(begin + start + 64, end)
            }
            if isMoving {
                let done = Parallel.map(stretches, threads: threads) { n in
                    Swift.Result {
                        try pieces[n].map { place in
                            walks[n].advance(to: questions[place])
                            return try body(place, walks[n].recommender)
                        }
                    }
                }
                for (n, piece) in done.enumerated() { results[n] += try piece.get() }
            } else {
                let places = pieces[0]
                let done = Parallel.map(places.count, threads: threads) { i in
                    Swift.Result { try body(places.lowerBound + i, recommender) }
                }
                for result in done { results[0].append(try result.get()) }
            }
            progress(Double(min(start + 64, longest)) / Double(longest))
        }
        return results.flatMap { $0 }
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
                labels: labels, disliked: keys.map(question.disliked.contains), fused: stage.fused,
                seed: NegativeSample.seed(of: question))
            (rows, stands) = (kept.rows, kept.stands)
        } else {
            // Who saw what: the others are candidates too, and say nothing.
            let place = Dictionary(question.shown.map { ($0.item, $0.place) }) { a, _ in a }
            rows = keys.indices.filter { place[keys[$0]] != nil }
            places = rows.map { place[keys[$0]]?.map(Float.init) ?? .nan }
        }
        let objectives = objectives.map { name in
            (name, rows.map { question.gain(of: keys[$0], towards: name) })
        }
        var examples = Examples(names: recommender.snapshot.features.names)
        examples.append(
            recommender.features(stage).picking(rows), gains: rows.map { question.gain(of: keys[$0], rules) },
            stands: stands, places: places, objectives: Dictionary(uniqueKeysWithValues: objectives),
            user: question.user?.raw, missedPositives: missed)
        return examples
    }
}
