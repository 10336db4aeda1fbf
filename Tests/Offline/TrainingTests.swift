import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// From the log to the bundle, on a world with a known answer.
@Suite struct TrainingTests {
    struct Trained: Sendable {
        let home: TrainedWorld
        let report: Training.Report
        let manifest: BundleManifest
        let recommender: Recommender
    }

    static let world = PlantedWorld()
    static let first = Result {
        let home = try TrainedWorld(world)
        let report = try home.train()
        let (manifest, recommender) = try home.open(report.bundle)
        return Trained(home: home, report: report, manifest: manifest, recommender: recommender)
    }

    let trained: Trained
    var world: PlantedWorld { Self.world }

    init() throws { trained = try Self.first.get() }

    private func answer(
        _ scenario: String, user: Int? = nil, text: String? = nil, seed: ItemID? = nil, only: String? = nil,
        useRanker: Bool? = nil
    ) throws -> Answer {
        let request = Request(
            id: RequestID(at: world.now, random: (1, 1)), scenario: scenario, user: user.map { world.users[$0].key },
            text: text, seed: seed, count: 5, useRanker: useRanker, onlyRetriever: only)
        return try trained.recommender.answer(request, now: world.now)
    }

    /// The features of the finished bundle were compared with those of the examples.
    @Test func whatMovedIsReported() throws {
        let report = trained.report
        let home = try #require(report.rankers["home"])
        let stage = try #require(report.stages.first { $0.stage == "stability home" })
        let moved = try #require(home.moved)
        #expect(stage.window == "published" && stage.summary.hasPrefix("\(moved.count) of "))
        #expect(moved.allSatisfy { $0.index > 0.25 && $0.index.isFinite })
        #expect(zip(moved, moved.dropFirst()).allSatisfy { $0.index >= $1.index })
        #expect(report.rankers["search"]?.moved == nil && !report.stages.contains { $0.stage == "stability search" })
    }

    // MARK: Every model solves the world

    @Test(arguments: ["embedding", "neighbours", "ease", "cosine", "sessions", "fusion", "whole"])
    func usersGetMoreOfTheirGenre(system: String)
        throws
    {
        let only = system == "fusion" || system == "whole" ? nil : system
        var hits = 0
        for user in world.users.indices {
            let ids = try answer("home", user: user, only: only, useRanker: system == "fusion" ? false : nil)
                .entries.map(\.id)
            hits += ids.count { world.unseen(byUser: user).contains($0) }
        }
        let precision = Double(hits) / Double(5 * world.users.count)
        #expect(precision >= 0.8, "precision@5 of \(system) is \(precision)")
    }

    @Test func searchFindsATitleDespiteASlip() throws {
        for (text, film) in [
            ("red dragon", world.film(genre: 0, number: 0)), ("rde dragon", world.film(genre: 0, number: 0)),
            ("velvet asteriod", world.film(genre: 2, number: 11)), ("slient rocket", nil),
            ("Broken Wizrad", world.film(genre: 0, number: 5)), ("electric nebula", world.film(genre: 2, number: 19)),
        ] as [(String, PlantedWorld.Film?)] {
            let found = try answer("search", text: text).entries.prefix(3).map(\.id)
            if let film {
                #expect(found.contains(film.id), "\(text): \(found)")
            } else {
                #expect(!found.isEmpty)
            }
        }
    }

    @Test func similarStaysInItsGenre() throws {
        var same = 0
        for film in world.films {
            let ids = try answer("similar", seed: film.id).entries.map(\.id)
            #expect(!ids.contains(film.id))
            same += ids.count { world.genre(of: $0) == film.genre }
        }
        #expect(Double(same) / Double(5 * world.films.count) >= 0.8)
    }

    @Test func theEvaluationSaysSo() throws {
        let table = trained.report.evaluation
        #expect(trained.report.split == .user && table.protocolName.hasPrefix("by user"))
        #expect(table.scenarios == ["home", "similar", "search"])
        let home = table.rows.filter { $0.scenario == "home" }
        let retrievers = home.map(\.system).dropLast(2)
        #expect(
            Set(retrievers) == Set(Scenario.home.retrievers) && home.map(\.system).suffix(2) == ["fusion", "whole"])
        for row in table.rows {
            #expect(row.requests > 0 && table.metrics.allSatisfy { (0...1).contains(row.values[$0] ?? -1) })
        }
        func ndcg(_ system: String) -> Double { home.first { $0.system == system }?.values["ndcg@10"] ?? 0 }
        for system in ["embedding", "neighbours", "ease", "cosine-recent", "sessions", "whole"] {
            #expect(ndcg(system) > ndcg("popular"), "\(system)")
        }
        #expect(table.comparisons.contains { $0.scenario == "home" && $0.system == "whole" })
        #expect(trained.report.rankers.keys.sorted() == ["home", "search", "similar"])
    }

    @Test func theManifestSaysWhatItIs() throws {
        let manifest = trained.manifest
        #expect(manifest.logSeq == Int64(world.events.count) && manifest.counts["items"] == 60)
        #expect(manifest.counts["users"] == 60 && manifest.counts["interactions"] == world.events.count)
        #expect(manifest.metrics?.values["home whole"]?["ndcg@10"] != nil)
        #expect(manifest.metrics?.twin.hasPrefix("by user: a clock cut would leave") == true)
        #expect(try trained.home.bundles.currentID() == trained.report.bundle)
        #expect(trained.recommender.state.appliedSeq == manifest.logSeq)
    }

    // MARK: The same again

    @Test func aSecondRunReusesEveryStage() throws {
        let home = try TrainedWorld(PlantedWorld(users: 30))
        let first = try home.train()
        let second = try home.train()
        // These look at the log or at answers, and are done anew.
        let measured: Set = ["snapshot", "evaluate", "publish"]
        #expect(second.stages.filter { !$0.reused && !measured.contains($0.stage) }.map(\.stage) == [])
        #expect(second.stages.map(\.stage) == first.stages.map(\.stage))
        #expect(second.stages.dropLast().map(\.summary) == first.stages.dropLast().map(\.summary))
        let (a, b) = (try home.bundles.open(first.bundle), try home.bundles.open(second.bundle))
        // Nothing new, so nothing is published.
        let all = try home.bundles.all()
        #expect(first.bundle == second.bundle && all == [first.bundle])
        #expect(a.manifest.contentHash == b.manifest.contentHash)
        // Within the first run the second fit's draft was the first fit's bundle.
        #expect(first.stages.contains { $0.window == "published draft" && $0.stage == "embed" && $0.reused })
        // What was read before may be swept away, and is made again, the same.
        let third = try home.bundles.open(try home.train(work: "elsewhere").bundle)
        #expect(third.manifest.contentHash == a.manifest.contentHash)

        // Another configuration makes another bundle, and only what depends on it anew.
        var configuration = TrainedWorld.configuration
        configuration.ranker.model.l2 = 1
        let other = try home.train(configuration)
        #expect(try home.bundles.open(other.bundle).manifest.contentHash != a.manifest.contentHash)
        #expect(
            Set(other.stages.filter { !$0.reused }.map(\.stage)).subtracting(measured)
                == ["rank home", "rank similar", "rank search", "stability home"])
    }

    @Test func threadsAndSeeds() throws {
        let home = try TrainedWorld(PlantedWorld(users: 30))
        func hash(_ threads: Int, seed: UInt64, work: String) throws -> String {
            let report = try home.train(seed: seed, threads: threads, work: work)
            return try home.bundles.open(report.bundle).manifest.contentHash
        }
        let one = try hash(1, seed: 1, work: "one")
        #expect(try hash(2, seed: 1, work: "two") == one)
        #expect(try hash(2, seed: 2, work: "two") != one)
    }

    // MARK: Little or nothing to learn from

    @Test func nothingToLearn() throws {
        let empty = try TrainedWorld(PlantedWorld(users: 0))
        #expect(throws: TrainingError.nothingToLearn(events: 0, positive: "rating>=4")) { try empty.train() }
        var disliked = PlantedWorld(users: 3).events
        for i in disliked.indices { disliked[i].value = 1 }
        let home = try TrainedWorld(PlantedWorld(users: 0), events: disliked)
        #expect(throws: TrainingError.nothingToLearn(events: disliked.count, positive: "rating>=4")) {
            try home.train()
        }
        #expect(try home.bundles.all().isEmpty)
    }

    /// One like is no data, but it is no crash: a bundle is published that answers with what is known.
    @Test(arguments: [SplitKind.auto, .clock, .user]) func oneLike(kind: SplitKind) throws {
        let world = PlantedWorld(users: 1, likes: 1)
        let home = try TrainedWorld(world, events: Array(world.events.prefix(1)))
        var configuration = TrainedWorld.configuration
        configuration.split.kind = kind
        let report = try home.train(configuration)
        let request = Request(id: RequestID(at: world.now), scenario: "home")
        let answer = try home.open(report.bundle).recommender.answer(request, now: world.now)
        #expect(answer.entries.map(\.id) == [world.liked[0][0].id] && answer.rung == .popular)
    }

    /// A clock may say anything: the ends of time are moments like others.
    @Test(arguments: [SplitKind.clock, .user]) func extremeTimes(kind: SplitKind) throws {
        var world = PlantedWorld(users: 9).events
        for i in world.indices where i % 7 == 0 {
            let time = Timestamp(milliseconds: [.min, .max, 0, -1][i / 7 % 4])
            (world[i].time, world[i].receivedAt) = (time, time)
        }
        let home = try TrainedWorld(PlantedWorld(users: 9), events: world)
        var configuration = TrainedWorld.configuration
        configuration.split.kind = kind
        let (_, recommender) = try home.open(try home.train(configuration).bundle)
        for now in [Timestamp.distantPast, .distantFuture] {
            for user in Self.world.users.prefix(9) {
                let request = Request(id: RequestID(at: now, random: (1, 1)), scenario: "home", user: user.key)
                #expect(try !recommender.answer(request, now: now).entries.isEmpty)
            }
        }
    }

    /// Titles that hold no word make no question, and items without attributes are items.
    @Test func awkwardItems() throws {
        let world = PlantedWorld(users: 12)
        let home = try TrainedWorld(world)
        let odd: [(ItemID, AttributePatch)] = [
            ("empty", ["title": .text("")]), ("space", ["title": .text("  ")]),
            ("signs", ["title": .text("?! (1999)")]),
            ("bare", ["genres": .keywords([])]), ("huge", ["title": .text("x"), "year": .number(1e300)]),
            ("long", ["title": .text(String(repeating: "word ", count: 400))]),
        ]
        _ = try home.store.append(
            odd.map { Revision<Item>(id: $0.0, validFrom: .distantPast, receivedAt: world.now, change: .patch($0.1)) })
        var log: [Event] = []
        for (place, item) in odd.enumerated() {
            for user in 0..<12 {
                var event = Event(
                    kind: "rating", userId: world.users[user], itemId: item.0, value: 5, time: world.now, source: "t")
                event.eventId = "odd-\(place)-\(user)"
                log.append(event)
            }
        }
        _ = try home.store.append(log)
        let report = try home.train()
        #expect(report.evaluation.scenarios.contains("search"))
    }

    @Test func deletedAndErasedAreLeftOut() throws {
        let world = PlantedWorld(users: 12)
        let home = try TrainedWorld(world)
        let gone = world.liked[0][0].id
        _ = try home.store.append([
            Revision<Item>(id: gone, validFrom: world.now, receivedAt: world.now, change: .delete)
        ])
        _ = try home.store.erase(user: world.users[1], at: world.now) { _ in }
        let (manifest, recommender) = try home.open(try home.train().bundle)
        #expect(recommender.snapshot.items.index(of: gone) == nil && manifest.counts["items"] == 59)
        #expect(recommender.state.user(world.users[1].key) == nil && manifest.counts["users"] == 11)
    }

    @Test func progressAndReports() throws {
        let home = try TrainedWorld(PlantedWorld(users: 6))
        var began: [String] = []
        var ended: [String] = []
        var isInRange = true
        let training = home.training(work: "reports") { event in
            switch event {
            case .began(let stage, let window): began.append("\(window) \(stage)")
            case .progress(let share): isInRange = isInRange && (0...1).contains(share)
            case .ended(let report): ended.append("\(report.window) \(report.stage)")
            }
        }
        _ = try training.evaluate(log: home.store, catalogue: home.store)
        #expect(
            began == ended && isInRange && began.first == "log snapshot"
                && !began.contains { $0.hasPrefix("published") })
        #expect(try home.bundles.all().isEmpty)
    }
}
