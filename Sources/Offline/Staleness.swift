import MagpieDomain
import MagpieEvaluation
import MagpieOnline

/// What a list is worth when it is shown some time after it was made: see ``Training/staleness(log:catalogue:_:)``.
public struct StalenessReport: Sendable, Codable {
    /// Of one age, over some of the requests.
    public struct Row: Sendable, Codable {
        /// "0", "1h", "7d".
        public var age: String
        public var values: [String: Double]
        /// Against an answer made now, by the first metric.
        public var difference: Double
        public var low: Double
        public var high: Double
        /// Requests of which the list was made of the same history as an answer now.
        public var unchanged: Int
    }

    public struct Segment: Sendable, Codable {
        /// "all", "history 0", "history 1-2", "active since", ...
        public var name: String
        public var requests: Int
        /// By age, ascending. Row 0 is the answer made now.
        public var rows: [Row]

        /// The greatest age of which nothing is lost beyond noise, nor at any lesser age; nil: not even the least.
        public var suffices: String? {
            var last: String?
            for row in rows.dropFirst() {
                if row.high < 0 { break }
                last = row.age
            }
            return last
        }
    }

    public var protocolName: String
    public var metrics: [String]
    public var segments: [Segment]
}

/// How long ago a list was made: "0", "30m", "1h", "7d".
public struct ListAge: Sendable, Hashable {
    public let name: String
    public let milliseconds: Int64

    /// nil: no such age.
    public init?(_ text: String) {
        let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": 86_400_000]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Int64(unit == nil ? text : String(text.dropLast())), (0...100_000).contains(number),
            unit != nil || number == 0
        else { return nil }
        name = text
        milliseconds = number * (unit ?? 0)
    }
}

extension Training {
    /// Lives through the history once more (``RefitReplay``) and makes for each request, beside the answer of its moment,
    /// the lists that a batch run so long before would have made: by the bundle and the state of that time, and shown
    /// without what was seen since. What a user does between the two is what a list does not know.
    /// - Parameter ages: ascending, from 0 on.
    public func staleness(
        log: some EventLog, catalogue: some Catalogue, ages: [ListAge], refits: Int
    ) throws -> StalenessReport {
        let plan = try Plan(
            self, log: log, catalogue: catalogue,
            runner: StageRunner(cache: cache, codeVersion: codeVersion, report: report))
        let replay = RefitReplay(
            plan.history, rows: Array(plan.history.rows.indices), options: configuration.split, refits: refits)
        let asked = try replay.agedAnswers(self, plan, ages)
        return StalenessReport(
            protocolName: replay.protocolName, metrics: Staleness.metricNames,
            segments: Staleness.segments(asked, ages, seed: seed))
    }
}

/// A request with the lists of all ages.
struct AgedAnswer {
    var question: Question
    var historyLength: Int
    /// By age: the list, and how many events of the user it knows less than an answer now.
    var lists: [[ItemKey]]
    var missed: [Int]
}

extension RefitReplay {
    private enum Step {
        case list(question: Int, age: Int)
        case ask(question: Int)
    }

    private struct Outcome: Sendable {
        var list: [ItemKey] = []
        var seen: Set<ItemKey> = []
        var events = 0
        var positives = 0
    }

    func agedAnswers(_ training: Training, _ plan: Plan, _ ages: [ListAge]) throws -> [AgedAnswer] {
        var steps: [(position: Int, now: Timestamp, step: Step)] = []
        for (number, question) in questions.enumerated() {
            steps.append((question.position, question.now, .ask(question: number)))
            for (age, wanted) in ages.enumerated() {
                let moment = Timestamp(milliseconds: question.now.milliseconds - wanted.milliseconds)
                let position = min(self.position(at: moment), question.position)
                steps.append(
                    (wanted.milliseconds == 0 ? question.position : position, moment, .list(question: number, age: age))
                )
            }
        }
        steps.sort { $0.position < $1.position }
        var made = [[Outcome]](repeating: .init(repeating: Outcome(), count: ages.count), count: questions.count)
        var asked = [Outcome](repeating: Outcome(), count: questions.count)
        let count = training.configuration.lists.count
        var next = 0
        let ends = steps.map(\.position)
        func isNeeded(_ refit: Int) -> Bool {
            let end = refit + 1 < boundaries.count ? boundaries[refit + 1] : Int.max
            return ends.contains { $0 < end && (refit == 0 || $0 >= boundaries[refit]) }
        }
        _ = try eachFit(training, plan, isNeeded: isNeeded) { refit, fit, bundle, split in
            let end = refit + 1 < boundaries.count ? boundaries[refit + 1] : Int.max
            // A list from before the first fit is made by the first bundle: nobody had another.
            let first = next
            while next < steps.count, steps[next].position < end { next += 1 }
            let own = Array(steps[first..<next])
            let moments = own.map { step -> Question in
                let number: Int
                switch step.step {
                case .list(let question, _), .ask(let question): number = question
                }
                var question = questions[number]
                question.position = max(step.position, split.end)
                question.now = step.now
                return question
            }
            let wanted = own.map { if case .list = $0.step { true } else { false } }
            let recommender = try fit.open(bundle.files, bundle.data)
            let last = own.last?.position ?? split.end
            let split = Split(
                .clock, split.reason, split.known, rows.filter { (split.end..<max(last, split.end)).contains($0) },
                split.catalogueAsOf)
            let replay = Replay(history: history, split: split, rules: training.configuration.events)
            let outcomes = try fit.runner.measure("evaluate", window: "replay \(refit + 1)/\(boundaries.count)") {
                progress in
                let outcomes = try replay.places(
                    of: moments, recommender, threads: training.threads, progress: progress
                ) { place, recommender in
                    let question = moments[place]
                    let user = question.user.flatMap { recommender.state.user($0) }
                    var outcome = Outcome(
                        seen: Set(user?.recent.map(\.item) ?? []), events: user?.recent.count ?? 0,
                        positives: Int(user?.positives ?? 0))
                    if wanted[place] {
                        outcome.list = try System.whole.answer(question, recommender, count: count)
                    }
                    return outcome
                }
                return (outcomes, "\(own.count) lists and requests")
            }
            for (step, outcome) in zip(own, outcomes) {
                switch step.step {
                case .list(let question, let age): made[question][age] = outcome
                case .ask(let question): asked[question] = outcome
                }
            }
        }
        return questions.indices.map { number in
            let now = asked[number]
            return AgedAnswer(
                question: questions[number], historyLength: now.positives,
                lists: made[number].map { $0.list.filter { !now.seen.contains($0) } },
                missed: made[number].map { now.events - $0.events })
        }
    }

    /// How many rows had been received by a moment.
    private func position(at moment: Timestamp) -> Int {
        var low = 0
        var high = history.rows.count
        while low < high {
            let middle = (low + high) / 2
            if history.rows[middle].receivedAt <= moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Means and differences by age.
enum Staleness {
    static let metrics: [any Metric] = [NDCG(10), Recall(10), Recall(100)]
    static var metricNames: [String] { metrics.map { $0.name } }

    static func segments(_ answers: [AgedAnswer], _ ages: [ListAge], seed: UInt64) -> [StalenessReport.Segment] {
        let kinds: [(name: String, isIn: (AgedAnswer) -> Bool)] =
            [("all", { _ in true })]
            + HistoryLength.allCases.map { length in
                ("history \(length.rawValue)", { HistoryLength($0.historyLength) == length })
            }
            + [
                ("nothing done since the oldest list", { $0.missed.last == 0 }),
                ("something done since the oldest list", { $0.missed.last != 0 }),
            ]
        return kinds.compactMap { kind in
            let own = answers.filter(kind.isIn)
            return own.isEmpty ? nil : segment(kind.name, own, ages, seed: seed)
        }
    }

    private static func segment(
        _ name: String, _ answers: [AgedAnswer], _ ages: [ListAge], seed: UInt64
    ) -> StalenessReport.Segment {
        func values(_ metric: any Metric, _ age: Int) -> [Double] {
            answers.map { metric.value($0.lists[age], relevant: $0.question.relevant) }
        }
        let present = values(metrics[0], 0)
        let rows = ages.indices.map { age in
            let own = values(metrics[0], age)
            let compared = PairedBootstrap(own, present, seed: seed)
            return StalenessReport.Row(
                age: ages[age].name,
                values: Dictionary(
                    uniqueKeysWithValues: metrics.map { metric in
                        let all = values(metric, age)
                        return (metric.name, all.reduce(0, +) / Double(all.count))
                    }), difference: compared.difference, low: compared.low, high: compared.high,
                unchanged: answers.count { $0.missed[age] == 0 })
        }
        return StalenessReport.Segment(name: name, requests: answers.count, rows: rows)
    }
}
