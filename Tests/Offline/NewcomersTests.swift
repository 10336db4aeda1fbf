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

    private func options(minimum: Int = 5, maximum: Int = 1_000, below: Int = 6) -> NewcomerOptions {
        var options = NewcomerOptions()
        (options.minimumUsers, options.maximumUsers, options.below) = (minimum, maximum, below)
        return options
    }

    @Test(arguments: [SplitKind.user, .clock]) func theyAreUnknownAndComeBack(kind: SplitKind) throws {
        let history = History(world.events, rules: rules)
        let whole = Split(history, rows: Array(history.rows.indices), options: SplitOptions(kind: kind))
        let newcomers = try #require(Newcomers(history, whole, options: options(), horizonDays: 30))
        let chosen = Set(newcomers.questions.compactMap(\.user))
        #expect(newcomers.count == 12 && chosen.count == 12)
        // Nobody else has lost an event, and they have lost all.
        func isNew(_ row: Int) -> Bool { chosen.contains(history.rows[row].actor) }
        #expect(newcomers.rest.known == whole.known.filter { !isNew($0) })
        #expect(newcomers.rest.asked == whole.asked.filter { !isNew($0) })
        #expect(newcomers.rest.kind == kind && newcomers.split.known == newcomers.rest.known)
        #expect(newcomers.split.asked.allSatisfy(isNew))
        #expect(newcomers.questions.map(\.position) == newcomers.questions.map(\.position).sorted())

        for question in newcomers.questions {
            let own = newcomers.split.asked.filter { history.rows[$0].actor == question.user }
            let before = own.filter { $0 < question.position }.map { history.rows[$0] }
            #expect([1, 2, 4].contains(before.count { $0.isPositive }) && before.last?.isPositive == true)
            #expect(before.last?.time == question.now)
            let next = history.rows[question.position...].filter {
                $0.actor == question.user && $0.isPositive
                    && Questions.isWithin($0.time, kind == .clock ? 30 * PlantedWorld.day : .max, after: question.now)
            }.map(\.item)
            #expect(question.relevant == Set(next).subtracting(before.map(\.item)))
        }
        // State is brought as far as the last question of each and not on.
        for user in chosen {
            let last = newcomers.questions.filter { $0.user == user }.map(\.position).max()
            #expect(newcomers.split.asked.last { history.rows[$0].actor == user }.map { $0 + 1 } == last)
        }
    }

    @Test func howMany() throws {
        let history = History(world.events, rules: rules)
        let whole = Split(history, rows: Array(history.rows.indices), options: SplitOptions(kind: .user))
        func newcomers(_ options: NewcomerOptions) -> Newcomers? {
            Newcomers(history, whole, options: options, horizonDays: 30)
        }
        #expect(newcomers(options(minimum: 13)) == nil)
        #expect(newcomers(options(maximum: 7))?.count == 7)
        // After the first like alone.
        #expect(newcomers(options(below: 2))?.questions.count == 12)
        // The same ones, whoever else there is to choose.
        let few = Set(newcomers(options(maximum: 7))?.questions.compactMap(\.user) ?? [])
        #expect(few.isSubset(of: Set(newcomers(options())?.questions.compactMap(\.user) ?? [])))
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

    @Test func noneWhereNobodyIsNew() throws {
        let home = try TrainedWorld(world)
        var configuration = TrainedWorld.configuration
        configuration.ranker.newcomers.minimumUsers = 5
        configuration.ranker.newcomers.below = 0
        #expect(try home.train(configuration).newcomers.isEmpty)
        // 60 users of whom a fifth would come: too few by default.
        #expect(try home.train().newcomers.isEmpty)
    }
}
