import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// Some users are left out of the draft, and come back one like after the other.
@Suite struct NewcomersTests {
    let world = PlantedWorld()
    let rules = EventRules()

    private func options(minimum: Int = 5, maximum: Int = 1_000, below: Int = 6, next: Int = 0) -> NewcomerOptions {
        var options = NewcomerOptions()
        (options.minimumUsers, options.maximumUsers, options.below) = (minimum, maximum, below)
        options.next = next
        return options
    }

    private func newcomers(
        _ history: History, kind: SplitKind = .user, _ options: NewcomerOptions
    ) -> (whole: Split, newcomers: Newcomers?) {
        let whole = Split(history, rows: Array(history.rows.indices), options: SplitOptions(kind: kind))
        return (whole, Newcomers(history, whole, options: options, horizonDays: 3))
    }

    @Test(arguments: [SplitKind.user, .clock]) func theyAreUnknownAndComeBack(kind: SplitKind) throws {
        let history = History(world.events, rules: rules)
        let (whole, made) = newcomers(history, kind: kind, options())
        let newcomers = try #require(made)
        let questions = newcomers.questions(for: Scenario.home)
        let chosen = Set(questions.compactMap(\.user))
        #expect(newcomers.count == 12 && chosen.count == 12)
        // Nobody else has lost an event, and they have lost all.
        func isNew(_ row: Int) -> Bool { chosen.contains(history.rows[row].actor) }
        #expect(newcomers.rest.known == whole.known.filter { !isNew($0) })
        #expect(newcomers.rest.asked == whole.asked.filter { !isNew($0) })
        #expect(newcomers.rest.kind == kind && newcomers.split.known == newcomers.rest.known)
        #expect(newcomers.split.asked.allSatisfy(isNew))
        #expect(questions.map(\.position) == questions.map(\.position).sorted())

        for question in questions {
            let all = history.rows.indices.filter { history.rows[$0].actor == question.user }
            let before = newcomers.split.asked.filter { history.rows[$0].actor == question.user }
                .filter { $0 < question.position }.map { history.rows[$0] }
            #expect([1, 2, 4].contains(before.count { $0.isPositive }) && before.last?.isPositive == true)
            #expect(before.last?.time == question.now && all.count == 13)
            let later = all.filter { $0 >= question.position }.map { history.rows[$0] }
            let next = later.filter {
                kind == .user || $0.time.milliseconds <= question.now.milliseconds + 3 * PlantedWorld.day
            }
            #expect(question.relevant == Set(next.filter(\.isPositive).map(\.item)))
            #expect(question.relevant.allSatisfy { question.gain(of: $0, rules) == 1 })
        }
        // State is brought as far as the last question of each and not on.
        for user in chosen {
            let last = questions.filter { $0.user == user }.map(\.position).max()
            #expect(newcomers.split.asked.last { history.rows[$0].actor == user }.map { $0 + 1 } == last)
        }
    }

    @Test func howMany() throws {
        let history = History(world.events, rules: rules)
        func asked(_ options: NewcomerOptions) -> [Question]? {
            newcomers(history, options).newcomers?.questions(for: Scenario.home)
        }
        #expect(asked(options(minimum: 13)) == nil)
        let few = Set(asked(options(maximum: 7))?.compactMap(\.user) ?? [])
        #expect(few.count == 7)
        // The same ones, whoever else comes.
        #expect(few.isSubset(of: Set(asked(options())?.compactMap(\.user) ?? [])))
        // After the first like alone.
        #expect(asked(options(below: 2))?.count == 12)
        // The very next.
        #expect(asked(options(next: 1))?.allSatisfy { $0.relevant.count == 1 } == true)
    }

    /// Where what was seen is shown, it is relevant when it is liked again.
    @Test func again() throws {
        var events = world.events
        for index in events.indices {
            // Everybody likes their first film again after their second, and at the end.
            let user = try #require(world.users.firstIndex { $0 == events[index].userId })
            if [world.liked[user][2].id, world.liked[user][11].id].contains(events[index].itemId) {
                events[index].itemId = world.liked[user][0].id
            }
        }
        let history = History(events, rules: rules)
        let (whole, made) = newcomers(history, options(next: 1))
        var shows = Scenario.home
        shows.excludeSeen = false
        let questions = try #require(made).questions(for: shows)
        let firsts = Dictionary(
            uniqueKeysWithValues: world.users.indices.map { (world.users[$0].key, world.liked[$0][0].id.key) })
        #expect(questions.count == 36)
        #expect(
            questions.count { question in
                question.user.flatMap { firsts[$0] }.map { question.relevant == [$0] } ?? false
            } == 12)
        #expect(try #require(made).questions(for: Scenario.home).count == 24)

        for again in [true, false] {
            let home = Questions.home(
                history, whole, rules: rules, options: SplitOptions(kind: .user), again: again)
            #expect(home.count == 60)
            #expect(
                home.allSatisfy { question in
                    question.user.flatMap { firsts[$0] }.map(question.relevant.contains) == again
                })
        }
    }

    @Test func theyHaveARankerOfTheirOwn() throws {
        let home = try TrainedWorld(world)
        var configuration = TrainedWorld.configuration
        configuration.ranker.newcomers.minimumUsers = 5
        let report = try home.train(configuration)
        #expect(report.stages.contains { $0.stage == "rank newcomers home" && $0.window == "twin" })
        // It is taken over: no window is fitted once more without anybody.
        #expect(!report.stages.contains { $0.stage == "rank newcomers home" && $0.window != "twin" })
        let own = try #require(report.newcomers["home"])
        #expect(own.requests > 20 && own.linear?.weights != report.rankers["home"]?.linear?.weights)
        #expect(report.rankers.count == 3 && Set(report.newcomers.keys) == ["home"])
        let (manifest, recommender) = try home.open(report.bundle)
        #expect(manifest.artifacts.contains { $0.name == "newcomers.home.safetensors" })

        for likes in [1, 3, 5, 6] {
            let stranger = UserID("stranger-\(likes)")
            for (place, film) in world.liked[0].prefix(likes).enumerated() {
                var event = world.events[0]
                event.seq = Int64(10_000 + 100 * likes + place)
                (event.eventId, event.userId, event.itemId) = ("\(stranger.string) \(place)", stranger, film.id)
                recommender.state.apply(event)
            }
            let request = Request(
                id: RequestID(at: world.now, random: (1, 1)), scenario: "home", user: stranger.key, count: 5)
            let answer = try recommender.answer(request, now: world.now)
            #expect(answer.rung == .ranked)
            let genres = Dictionary(uniqueKeysWithValues: world.films.map { ($0.id, $0.genre) })
            #expect(answer.entries.count { genres[$0.id] == world.liked[0][0].genre } >= 4, "\(likes) likes")
        }
    }

    /// An evaluation is of the answers that people get: where all are newcomers, of their ranker's.
    @Test func evaluationAsksTheirRanker() throws {
        let home = try TrainedWorld(world)
        func evaluation(below: Int) throws -> (
            report: Training.Report, whole: [String: Double], fusion: [String: Double]
        ) {
            var configuration = TrainedWorld.configuration
            configuration.ranker.newcomers.minimumUsers = 5
            configuration.ranker.newcomers.below = below
            let report = try home.train(configuration)
            func values(_ system: String) -> [String: Double] {
                report.evaluation.rows.first { $0.scenario == "home" && $0.system == system }?.values ?? [:]
            }
            return (report, values("whole"), values("fusion"))
        }
        let (few, all) = (try evaluation(below: 6), try evaluation(below: 1_000))
        #expect(few.report.rankers["home"]?.linear?.weights == all.report.rankers["home"]?.linear?.weights)
        #expect(!few.fusion.isEmpty && few.fusion == all.fusion)
        #expect(!few.whole.isEmpty && few.whole != all.whole)
    }
}
