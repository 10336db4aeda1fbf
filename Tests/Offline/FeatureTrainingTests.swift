import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieRanking
import MagpieSQLiteStore
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// Features from a log to a bundle: state of the same log is the same state, and outside tables do not leak.
@Suite struct FeatureTrainingTests {
    let rules = EventRules()
    let world = PlantedWorld(users: 24, likes: 8)

    /// The state that training makes of a window reads as the one that folds the log event by event.
    @Test func replayedColumnsAreTheFoldedLog() throws {
        let end = world.events.last?.time ?? PlantedWorld.start
        func later(_ minutes: Int64) -> Timestamp { Timestamp(milliseconds: end.milliseconds + minutes * 60_000) }
        var events = world.events
        for n in 0..<20 {
            var event = Event(
                kind: n % 2 == 0 ? "purchase" : "view", userId: n < 12 ? nil : world.users[1],
                anonymousId: n < 12 ? UserID("phone") : nil, itemId: world.films[n].id,
                time: later(Int64(n) - (n % 5 == 0 ? 9_000 : 0)), receivedAt: later(Int64(n)), source: "t")
            event.eventId = "late-\(n)"
            (event.quantity, event.unitPrice) = (Double(n), 9.5)
            events.append(event)
            if n == 8 {
                var joins = Event(
                    kind: Event.identifyKind, userId: world.users[1], anonymousId: "phone", time: later(8), source: "t")
                joins.eventId = "joins"
                events.append(joins)
            }
        }
        let log = events.numbered()
        let history = History(log, rules: rules)
        let data = Dataset(
            history, rows: Array(history.rows.indices), catalogue: [], deleted: [], schema: [:])
        let (made, folded) = (data.state(rules: rules), FeatureStore(rules: rules))
        for event in log { folded.apply(event) }
        let keys = world.films.map(\.id.key)
        #expect(made.totals == folded.totals && made.appliedSeq == folded.appliedSeq)
        for user in world.users {
            let (a, b) = (made.user(user.key), folded.user(user.key))
            #expect(a?.recent == b?.recent && a?.events == b?.events && a?.positives == b?.positives)
        }
        #expect(
            made.user(world.users[1].key)?.recent.contains { $0.purchase == Purchase(price: 950, quantity: 400) }
                == true)
        for minutes: Int64 in [-20_000, -9_001, 0, 5, 10_000] {
            #expect(made.moments(of: keys, at: later(minutes)) == folded.moments(of: keys, at: later(minutes)))
        }
    }

    private func load(_ store: SQLiteStore, _ name: String, late: Bool) throws {
        _ = try store.loadOutside(table: name, entity: .item) { load in
            for film in world.films {
                try load.append(
                    OutsideRow(
                        entity: film.id.string, validFrom: PlantedWorld.start,
                        receivedAt: late ? .now : PlantedWorld.start, values: ["value": Double(film.number)]))
            }
        }
    }

    @Test func outsideTablesInTrainingAndServing() throws {
        let home = try TrainedWorld(world)
        try load(home.store, "known", late: false)
        try load(home.store, "late", late: true)
        let report = try home.train()
        let (_, recommender) = try home.open(report.bundle)
        #expect(recommender.snapshot.hasRanker(for: "home"))
        let names = ["table.known.value", "table.late.value"]
        #expect(recommender.snapshot.features.names.suffix(2) == names[...])
        // What nobody knew then is worth nothing.
        let weights = try #require(report.rankers["home"]?.linear?.weights)
        #expect(weights[names[0]] != 0 && weights[names[1]] == 0)
        let request = Request(id: RequestID(), scenario: "home", user: world.users[0].key, explain: true)
        let then = try recommender.answer(request, now: world.now)
        func value(_ entry: Answer.Entry, _ name: String) -> Float? { entry.features.first { $0.name == name }?.value }
        for entry in then.entries {
            let film = try #require(world.films.first { $0.id == entry.id })
            #expect(value(entry, names[0]) == Float(film.number) && value(entry, names[1])?.isNaN == true)
        }
        let now = try recommender.answer(request, now: Timestamp(milliseconds: Timestamp.now.milliseconds + 1_000))
        #expect(now.entries.allSatisfy { value($0, names[1])?.isNaN == false })
        // A bundle made before a table goes on without it.
        try load(home.store, "another", late: false)
        let (_, again) = try home.open(report.bundle)
        #expect(again.snapshot.features.names == recommender.snapshot.features.names)
    }

    /// Replaying the log to a moment is having stopped there.
    @Test func thePast() throws {
        let home = try TrainedWorld(world)
        let (_, recommender) = try home.open(try home.train().bundle)
        for cut in [0, 17, 100, world.events.count] {
            let moment = cut == 0 ? PlantedWorld.start.milliseconds - 1 : world.events[cut - 1].receivedAt.milliseconds
            let past = try recommender.past(at: Timestamp(milliseconds: moment), log: home.store)
            let stopped = FeatureStore(rules: past.state.rules)
            for event in world.events.prefix(cut) { stopped.apply(event) }
            #expect(past.state.appliedSeq == Int64(cut) && past.state.totals == stopped.totals)
            for user in world.users { #expect(past.state.user(user.key) == stopped.user(user.key)) }
        }
    }

    /// What is left out is neither made nor missed: the bundle is whole, and its ranker answers.
    @Test func withoutSomeRetrievers() throws {
        let home = try TrainedWorld(world)
        var configuration = TrainedWorld.configuration
        configuration.withoutRetrievers = ["ease", "cosine", "semantic"]
        let report = try home.train(configuration)
        let (manifest, recommender) = try home.open(report.bundle)
        for name in configuration.withoutRetrievers {
            #expect(
                !manifest.artifacts.contains { $0.name.contains(name) } && !report.stages.contains { $0.stage == name })
            #expect(!recommender.snapshot.features.names.contains { $0.hasPrefix(name) })
        }
        #expect(recommender.snapshot.retrievers.contains { $0.name == "transitions-recent" })
        #expect(try home.precision(of: report.bundle, in: world) > 0.5)
        let request = Request(
            id: RequestID(at: world.now, random: (1, 1)), scenario: "home", user: world.users[0].key, count: 5)
        #expect(try recommender.answer(request, now: world.now).rung == .ranked)
        // It is not taken for one that lost a file: then nobody would be told of what is misspelt.
        let folder = try home.bundles.open(report.bundle).url
        func opened(without retrievers: [String]) throws {
            _ = try Snapshot(
                opening: folder, bundle: "b", withoutRetrievers: retrievers, withoutFeatures: ["age.sinceLats"])
        }
        #expect(throws: SnapshotError.self) { try opened(without: configuration.withoutRetrievers) }
        #expect(throws: Never.self) { try opened(without: []) }
    }
}
