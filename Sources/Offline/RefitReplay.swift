import MagpieDomain
import MagpieEvaluation
import MagpieOnline

/// The *replay* protocol: history is lived through once more, in the order in which it became visible.
///
/// The last share of each user's events is what is asked about, as where the cut is by user; the same items are relevant.
/// But nobody knows what comes later: at equal steps of the events asked about the bundle is fitted anew on all that
/// came before, a user is asked at the moment of the first of their own, and between the fits live state moves on event
/// by event. So a model never knows other users' future, which is what flatters everyone where the cut is by user.
///
///     B0         B1         B2   ...    refits, each on everything before it
///     |--u--v----|----w-x---|--         requests, each asked of the last bundle and the state of its moment
///
/// The first bundles know next to nothing, and their requests count like all others.
struct RefitReplay {
    let history: History
    /// What there is to live through: row numbers, ascending.
    let rows: [Int]
    /// Each user's last share: what is asked about.
    let split: Split
    /// Row numbers, ascending: the bundle r is fitted on what stands before `boundaries[r]`.
    let boundaries: [Int]
    /// In the order of the history.
    let questions: [Question]

    /// Refits at equal steps of what is asked about, at most one an event.
    init(_ history: History, rows: [Int], options: SplitOptions, refits: Int) {
        self.init(history, rows: rows, options: options) { asked in
            let count = min(refits, asked.count)
            return (0..<count).map { asked[$0 * asked.count / count] }
        }
    }

    /// - Parameter steps: from the rows asked about to the boundaries.
    init(_ history: History, rows: [Int], options: SplitOptions, steps: ([Int]) -> [Int]) {
        self.history = history
        self.rows = rows
        var options = options
        options.kind = .user
        let split = Split(history, rows: rows, options: options)
        self.split = split
        questions = Questions.moments(history, split)
        boundaries = steps(split.asked.filter { history.rows[$0].isPositive })
    }

    /// The questions that the bundle of this number answers, and the events that come meanwhile.
    func piece(_ refit: Int) -> (split: Split, questions: [Question]) {
        let begin = boundaries[refit]
        let end = refit + 1 < boundaries.count ? boundaries[refit + 1] : history.rows.count
        let own = questions.filter { (begin..<end).contains($0.position) }
        let last = own.last?.position ?? begin
        return (
            Split(
                .clock, "replay", rows.filter { $0 < begin }, rows.filter { (begin..<last).contains($0) },
                history.rows[begin].receivedAt), own
        )
    }

    var protocolName: String {
        "replay: a new fit at each of \(boundaries.count) equal steps of the events asked about, live state between; one "
            + "request a user at the first of theirs, relevant are the positives among them; all unseen items ranked"
    }
}

extension RefitReplay {
    /// Fits and asks, one bundle after the other. Returns the last bundle: the one that knows most.
    func answers(_ training: Training, _ plan: Plan) throws -> (answers: ScenarioAnswers, bundle: Fit.Bundle) {
        let systems = try home(training).retrievers.map(System.retriever) + [.fusion, .whole]
        var answers = ScenarioAnswers(scenario: Scenario.home.name, systems: systems)
        let last = try eachFit(
            training, plan, isNeeded: { !piece($0).questions.isEmpty || $0 + 1 == boundaries.count }
        ) { refit, fit, bundle, split in
            answers.append(
                try fit.ask(
                    piece(refit).questions, systems, scenario: Scenario.home.name, bundle, split,
                    window: window(refit)))
        }
        guard let last else { throw TrainingError.nothingToAsk(events: history.rows.count) }
        return (answers, last)
    }

    func window(_ refit: Int) -> String { "replay \(refit + 1)/\(boundaries.count)" }

    private func home(_ training: Training) throws -> Scenario {
        guard let home = training.configuration.scenarios.first(where: { $0.name == Scenario.home.name }) else {
            throw RequestError.unknownScenario(
                got: Scenario.home.name, expected: training.configuration.scenarios.map(\.name))
        }
        return home
    }

    /// Fits one bundle after the other, those that are needed, and gives each to `body` with what it was fitted on.
    /// - Returns: the last.
    func eachFit(
        _ training: Training, _ plan: Plan, isNeeded: (Int) -> Bool,
        _ body: (_ refit: Int, Fit, Fit.Bundle, Split) throws -> Void
    ) throws -> Fit.Bundle? {
        var training = training
        // Only what `home` is answered with: texts have no part in it, and take longer than the rest of a fit.
        training.configuration.scenarios = [try home(training)]
        training.configuration.queryEncoder.epochs = 0
        var fit = Fit(training: training, runner: plan.fit.runner, history: history, known: plan.known)
        var last: Fit.Bundle?
        for refit in boundaries.indices where isNeeded(refit) {
            let split = piece(refit).split
            let inner = Split.ofExamples(history, rows: split.known, training.configuration)
            // Examples lived through come from the bundles before this one, which are there.
            fit.boundaries = Array(boundaries.prefix(refit))
            let known = try fit.dataset(split.known, asOf: split.catalogueAsOf)
            let bundle = try fit.bundle(
                window: window(refit), asked: inner, asOf: split.catalogueAsOf,
                draft: training.configuration.ranker.examples == .replay ? known : nil,
                refit: known)
            last = bundle
            try body(refit, fit, bundle, split)
        }
        return last
    }
}

extension Questions {
    /// One question a user, at the moment of the first event that a cut by user holds out; nothing of that moment or
    /// later is known. Relevant are the positives held out, as where the state stands still. In the order of the history.
    static func moments(_ history: History, _ split: Split) -> [Question] {
        let people = People(history, through: Array(history.rows.indices))
        var first: [UserKey: Int] = [:]
        for row in split.asked {
            let actor = people.actor(of: row)
            first[actor] = min(first[actor] ?? row, row)
        }
        return byUser(history, split).compactMap { question in
            guard let user = question.user, let row = first[user] else { return nil }
            var question = question
            question.position = row
            question.now = history.rows[row].time
            return question
        }.sorted { $0.position < $1.position }
    }
}
