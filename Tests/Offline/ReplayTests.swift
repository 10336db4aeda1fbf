import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline
import MagpieRanking
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct ReplayTests {
    let rules = EventRules()
    let world = PlantedWorld(users: 30)

    /// The world, and a film that nobody knew before the cut and everybody likes after it.
    private func withRisingStar() -> (events: [Event], star: ItemID, from: Timestamp) {
        let star = ItemID("star")
        let from = Timestamp(milliseconds: PlantedWorld.start.milliseconds + 11 * PlantedWorld.day)
        let likes = world.users.enumerated().map { place, user in
            var event = Event(
                kind: "rating", userId: user, itemId: star, value: 5,
                time: Timestamp(milliseconds: from.milliseconds + Int64(place) * PlantedWorld.minute + 1), source: "t")
            event.eventId = "star-\(place)"
            return event
        }
        return ((world.events + likes).sorted { ($0.time, $0.eventId) < ($1.time, $1.eventId) }, star, from)
    }

    /// What a replayed request may see: exactly what came before it.
    @Test(arguments: [false, true], [1, 2, 5]) func byClockNothingLaterIsSeen(isShuffled: Bool, threads: Int) throws {
        let (ordered, star, from) = withRisingStar()
        var events = ordered
        var random = RandomSource(seed: 4)
        // A file in any order: what counts is when things happened.
        if isShuffled { random.shuffle(&events) }
        let home = try TrainedWorld(world, events: events)
        var configuration = TrainedWorld.configuration
        configuration.split = SplitOptions(kind: .clock, heldOut: 0.25)
        let history = try History(home.store, rules: rules)
        let split = Split(history, rows: Array(history.rows.indices), options: configuration.split)
        #expect(split.catalogueAsOf < from)
        let questions = Questions.home(history, split, rules: rules, options: configuration.split)
        #expect(questions.count > 30)

        let runner = StageRunner(cache: StageCache(folder: home.folder.file("work"))) { _ in }
        let training = home.training(configuration)
        let fit = Fit(
            training: training, runner: runner, history: history,
            known: try Known(history: history, catalogue: home.store)
        )
        let data = try fit.dataset(split.known, asOf: split.catalogueAsOf)
        let files = try RetrieverFit(configuration: configuration, seed: 1, threads: 1, runner: runner)
            .draft(data, window: "test")
        let recommender = try fit.open(files, data)
        let replay = Replay(history: history, split: split, rules: rules)
        let before = recommender.state.totals
        let seen = try replay.map(questions, recommender, threads: threads, progress: { _ in }) {
            question, recommender in
            let keys = history.itemIDs.keys.sorted()
            let states = recommender.state.items(keys)
            return (
                user: question.user.flatMap { recommender.state.user($0) }, totals: recommender.state.totals,
                star: states[keys.firstIndex(of: star.key) ?? 0]?.positives ?? 0,
                last: states.compactMap { $0?.lastPositive }.max() ?? .min
            )
        }
        #expect(recommender.state.totals == before && seen.count == questions.count)
        var early = 0
        for (question, state) in zip(questions, seen) {
            #expect(state.totals.events == Int64(question.position))
            #expect(state.last <= question.now.milliseconds)
            let before = history.rows[..<question.position].filter { $0.actor == question.user }
            #expect(state.user?.events ?? 0 == Int64(before.count))
            let stars = history.rows[..<question.position].count { $0.item == star.key }
            #expect(state.star == Int64(stars))
            if question.now <= from { early += state.star == 0 ? 1 : 0 }
        }
        #expect(early > 0)
        // Nor did the retrievers: the star is not in their table.
        #expect(recommender.snapshot.items.index(of: star) == nil)
    }

    /// By user the state stands still, and threads change nothing.
    @Test func byUserTheStateStandsStill() throws {
        let home = try TrainedWorld(world)
        let configuration = TrainedWorld.configuration
        let history = try History(home.store, rules: rules)
        let split = Split(history, rows: Array(history.rows.indices), options: configuration.split)
        let runner = StageRunner(cache: StageCache(folder: home.folder.file("work"))) { _ in }
        let fit = Fit(
            training: home.training(configuration), runner: runner, history: history,
            known: try Known(history: history, catalogue: home.store))
        let data = try fit.dataset(split.known, asOf: split.catalogueAsOf)
        let files = try RetrieverFit(configuration: configuration, seed: 1, threads: 2, runner: runner)
            .draft(data, window: "test")
        let recommender = try fit.open(files, data)
        let questions = Questions.home(history, split, rules: rules, options: configuration.split)
        let replay = Replay(history: history, split: split, rules: rules)
        let one = try replay.examples(
            questions, recommender, maximumExamples: 1_000_000, threads: 1, progress: { _ in })
        let two = try replay.examples(
            questions, recommender, maximumExamples: 1_000_000, threads: 2, progress: { _ in })
        #expect(one.labels == two.labels && one.groups == two.groups && one.positives > 0)
        let isSame = zip(one.features.values, two.features.values).allSatisfy { $0.bitPattern == $1.bitPattern }
        #expect(isSame)
        // A positive that nobody proposed is counted, never injected.
        let all = questions.reduce(0) { $0 + $1.relevant.count }
        #expect(
            one.positives + one.missedPositives <= all && recommender.state.totals.events == Int64(split.known.count))
    }
}
