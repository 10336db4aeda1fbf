import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct RefitReplayTests {
    let rules = EventRules()

    /// Users who come one after another and overlap a little, not in the order of their names.
    private func staggered(_ world: PlantedWorld) -> [Event] {
        world.events.map { event in
            var event = event
            let user = world.users.firstIndex { $0 == event.userId } ?? 0
            let shift = Int64(user * 7 % world.users.count) * 3 * PlantedWorld.day
            event.time = Timestamp(milliseconds: event.time.milliseconds + shift)
            event.receivedAt = event.time
            return event
        }.sorted { ($0.time, $0.eventId) < ($1.time, $1.eventId) }
    }

    @Test(arguments: [1, 3, 12, 10_000]) func boundariesAndMoments(refits: Int) {
        let world = PlantedWorld(users: 24)
        let history = History(staggered(world).numbered(), rules: rules)
        let replay = RefitReplay(history, rows: Array(history.rows.indices), options: SplitOptions(), refits: refits)
        let held = replay.split.asked.filter { history.rows[$0].isPositive }
        #expect(replay.boundaries.first == held.first && replay.boundaries == replay.boundaries.sorted())
        #expect(replay.boundaries.count == min(refits, held.count) && replay.questions.count == 24)
        // Equal steps of what is asked about.
        for (place, boundary) in replay.boundaries.enumerated() {
            #expect(held.firstIndex(of: boundary) == place * held.count / replay.boundaries.count)
        }
        // Every question is asked once, of the last bundle before its moment.
        var asked: [Int] = []
        for refit in replay.boundaries.indices {
            let (split, questions) = replay.piece(refit)
            #expect(split.known == Array(0..<replay.boundaries[refit]) && split.kind == .clock)
            #expect(questions.allSatisfy { $0.position >= replay.boundaries[refit] })
            // State comes as far as the last of them and not to it.
            if let last = questions.last { #expect(split.known.count + split.asked.count == last.position) }
            asked += questions.map(\.position)
        }
        #expect(asked == replay.questions.map(\.position))
        let fixed = Questions.home(history, replay.split, rules: rules, options: SplitOptions(kind: .user))
        for question in replay.questions {
            let own = replay.split.asked.filter { history.rows[$0].actor == question.user }
            #expect(question.position == own.first && question.now == history.rows[question.position].time)
            // The same items are relevant as where the state stands still.
            #expect(fixed.first { $0.user == question.user }?.relevant == question.relevant)
        }
    }

    @Test func nothingToAsk() {
        let history = History(PlantedWorld(users: 3, likes: 2).events, rules: rules)
        let replay = RefitReplay(
            history, rows: Array(history.rows.indices), options: SplitOptions(minimumHistory: 10), refits: 12)
        #expect(replay.boundaries.isEmpty && replay.questions.isEmpty)
    }

    /// The planted answer is found, more of it the more is known, and nothing later is seen: what the last users do
    /// after their moment changes no answer but is what is asked about.
    @Test(arguments: [ExampleSource.split, .replay]) func livedThroughOnceMore(examples: ExampleSource) throws {
        let world = PlantedWorld(users: 24)
        var configuration = TrainedWorld.configuration
        configuration.ranker.examples = examples
        configuration.embedding.skipGram.epochs = 1
        configuration.walks.walksPerNode = 2
        func run(_ events: [Event], threads: Int, refits: Int = 3) throws -> (RefitReplay, ScenarioAnswers) {
            let home = try TrainedWorld(world, events: events)
            let training = home.training(configuration, threads: threads)
            let runner = StageRunner(cache: StageCache(folder: home.folder.file("work"))) { _ in }
            let plan = try Plan(training, log: home.store, catalogue: home.store, runner: runner)
            let replay = RefitReplay(
                plan.history, rows: Array(plan.history.rows.indices), options: configuration.split, refits: refits)
            return (replay, try replay.answers(training, plan).answers)
        }
        let events = staggered(world)
        let (replay, answers) = try run(events, threads: 1)
        #expect(answers.asked.map(\.question.position) == replay.questions.map(\.position))
        #expect(try run(events, threads: 2).1.lists == answers.lists)
        // Those who come late get films of their genre.
        let whole = try #require(answers.systems.firstIndex(of: .whole))
        let genres = Dictionary(world.films.map { ($0.id.key, $0.genre) }) { a, _ in a }
        var right = 0
        for (asked, list) in zip(answers.asked, answers.lists[whole]).suffix(12) {
            let user = world.users.firstIndex { $0.key == asked.question.user } ?? 0
            right += list.prefix(5).count { genres[$0] == world.genre(ofUser: user) }
        }
        #expect(right >= 48, "\(right) of 60")
        // The future is another one: all who are asked before it get the same answers.
        let cut = replay.boundaries[2]
        var changed = events
        for place in changed.indices where place >= cut {
            if let other = world.films.first(where: { $0.id != changed[place].itemId && $0.number == place % 20 }) {
                changed[place].itemId = other.id
            }
        }
        let (_, others) = try run(changed, threads: 1)
        var compared = 0
        for (place, asked) in answers.asked.enumerated() where asked.question.position < cut {
            guard let same = others.asked.firstIndex(where: { $0.question.position == asked.question.position })
            else { continue }
            compared += 1
            for (a, b) in zip(answers.lists, others.lists) { #expect(a[place] == b[same]) }
        }
        #expect(compared > 8)
    }

    /// A training by examples that were lived through, and what it reuses.
    @Test func rankersLearnFromMoments() throws {
        let world = PlantedWorld(users: 24)
        let home = try TrainedWorld(world, events: staggered(world))
        var configuration = TrainedWorld.configuration
        (configuration.ranker.examples, configuration.ranker.refits) = (.replay, 3)
        let report = try home.train(configuration)
        #expect(report.rankers.keys.sorted() == ["home", "search", "similar"])
        let requests = try #require(report.rankers["home"]).requests
        #expect((12...24).contains(requests), "\(requests)")
        #expect(report.stages.contains { $0.window == "published draft 3/3" && $0.stage == "ease" })
        let whole = report.evaluation.rows.first { $0.scenario == "home" && $0.system == "whole" }
        let popular = report.evaluation.rows.first { $0.scenario == "home" && $0.system == "popular" }
        #expect(whole?.values["ndcg@10"] ?? 0 > popular?.values["ndcg@10"] ?? 1)
        let measured: Set = ["snapshot", "evaluate", "publish"]
        let again = try home.train(configuration)
        #expect(again.bundle == report.bundle && again.stages.allSatisfy { $0.reused || measured.contains($0.stage) })
    }

    @Test func throughTheFrontDoor() throws {
        let home = try TrainedWorld(PlantedWorld(users: 12))
        var options = Training.EvaluationOptions()
        (options.refits, options.segments, options.runs) = (2, true, home.folder.file("runs"))
        let table = try home.training().evaluate(log: home.store, catalogue: home.store, options)
        #expect(table.protocolName.hasPrefix("replay") && table.scenarios == ["home"] && !table.segments.isEmpty)
        #expect(table.rows.map(\.system) == Scenario.home.retrievers + ["fusion", "whole"])
        #expect(table.rows.allSatisfy { $0.requests == 12 })
        let run = try TRECRun.read(home.folder.file("runs").appendingPathComponent("home.fusion.trec"))
        #expect(Set(run.map(\.user)) == Set(PlantedWorld(users: 12).users))
        // Who has too little of a past is not asked.
        var configuration = TrainedWorld.configuration
        configuration.split.minimumHistory = 100
        #expect(throws: TrainingError.nothingToAsk(events: PlantedWorld(users: 12).events.count)) {
            try home.training(configuration).evaluate(log: home.store, catalogue: home.store, options)
        }
    }
}
