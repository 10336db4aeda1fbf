import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import MagpieRetrieval
import MagpieTestSupport
import Testing

@testable import MagpieOnline

@Suite struct RecommenderTests {
    let bundled: BundledWorld
    var world: PlantedWorld { bundled.world }

    init() throws { bundled = try BundledWorld.shared.get() }

    private func request(
        _ scenario: String = "home", user: Int? = 0, text: String? = nil, seed: ItemID? = nil, count: Int = 10,
        exclude: [ItemID] = [], filter: String? = nil, useRanker: Bool? = nil, onlyRetriever: String? = nil,
        explain: Bool = false
    ) throws -> Request {
        Request(
            id: BundledWorld.id, scenario: scenario, user: user.map { world.users[$0].key }, text: text, seed: seed,
            count: count, filter: try filter.map { try FilterPredicate($0) }, exclude: exclude, useRanker: useRanker,
            onlyRetriever: onlyRetriever, explain: explain)
    }

    private func ids(_ recommender: Recommender, _ request: Request, now: Timestamp? = nil) throws -> [ItemID] {
        try recommender.answer(request, now: now ?? world.now).ids
    }

    // MARK: The answer

    @Test func solvesTheWorld() throws {
        let recommender = try bundled.recommender()
        for onlyRetriever in [nil, "embedding", "neighbours"] {
            var hits = 0
            for user in 0..<30 {
                let answer = try ids(recommender, request(user: user, count: 5, onlyRetriever: onlyRetriever))
                hits += answer.count { world.unseen(byUser: user).contains($0) }
            }
            #expect(Double(hits) / 150 >= 0.8, "\(onlyRetriever ?? "whole"): \(hits) of 150")
        }
    }

    @Test func similarStaysInItsGenre() throws {
        let recommender = try bundled.recommender()
        for film in [world.films[0], world.films[25], world.films[50]] {
            let answer = try ids(recommender, request("similar", user: nil, seed: film.id, count: 5))
            #expect(answer.count == 5 && !answer.contains(film.id))
            #expect(answer.count { world.genre(of: $0) == film.genre } >= 4)
        }
    }

    @Test func searchFindsTheTitle() throws {
        let recommender = try bundled.recommender()
        for film in [world.films[3], world.films[33], world.films[59]] {
            let words = film.title.split(separator: " ").prefix(2).joined(separator: " ")
            #expect(try ids(recommender, request("search", user: nil, text: "  \(words) ")).first == film.id)
        }
    }

    @Test func answersAreDeterministic() throws {
        let (a, b) = (try bundled.recommender(), try bundled.recommender())
        for user in 0..<12 {
            let first = try a.answer(request(user: user), now: world.now)
            for other in [
                try a.answer(request(user: user), now: world.now), try b.answer(request(user: user), now: world.now),
            ] {
                #expect(first.ids == other.ids && first.entries.map(\.score) == other.entries.map(\.score))
            }
            #expect(first.rung == .ranked && first.scenario == "home" && first.bundle == "planted")
            #expect(first.now == world.now && first.appliedSeq == Int64(bundled.events.count))
            #expect(first.entries.map(\.score) == first.entries.map(\.score).sorted(by: >))
            #expect(Set(first.ids).count == first.ids.count)
        }
    }

    // MARK: What must not be in it

    @Test func seenIsExcludedWhereTheScenarioSaysSo() throws {
        let recommender = try bundled.recommender()
        for user in 0..<12 {
            let seen = Set(bundled.events.filter { $0.userId == world.users[user] }.compactMap(\.itemId))
            #expect(seen.count == 13)
            #expect(seen.isDisjoint(with: try ids(recommender, request(user: user, count: 100))))
        }
        let seed = world.liked[0][0].id
        let similar = try ids(recommender, request("similar", seed: seed, count: 100))
        #expect(!Set(world.liked[0].map(\.id)).isDisjoint(with: similar))
    }

    @Test func anEventChangesTheNextAnswer() throws {
        let recommender = try bundled.recommender()
        let first = try #require(try ids(recommender, request()).first)
        var event = Event(
            kind: "rating", userId: world.users[0], itemId: first, value: 1, time: world.now, source: "live")
        event.seq = recommender.state.appliedSeq + 1
        recommender.state.apply(event)
        let next = try recommender.answer(request(count: 100), now: world.now)
        #expect(!next.ids.contains(first) && next.appliedSeq == event.seq)
    }

    /// A bundle of a version that knew fewer features serves on; one that needs a feature which nobody computes says which.
    @Test func featuresThatCameSinceAreLeftOut() throws {
        let folder = try bundled.partial(without: [BundleFiles.ranker("home")])
        let state = try bundled.recommender().state
        try bundled.fitRanker(in: folder.url, state, withoutFeatures: ["age.", "quality.lookRate"])
        let recommender = try bundled.recommender(folder.url)
        let names = recommender.snapshot.features.names
        #expect(
            !names.contains { $0.hasPrefix("age.") || $0 == "quality.lookRate" } && names.contains("popularity.share"))
        let answer = try recommender.answer(request(), now: world.now)
        #expect(answer.rung == .ranked && answer.entries.count == 10)
        do {
            _ = try Snapshot(opening: folder.url, bundle: "b", withoutFeatures: ["popularity.share"])
            Issue.record("opened without a feature that its ranker needs")
        } catch let error as RankingError {
            #expect(error == .noFeatures(scenario: "home", missing: ["popularity.share"]))
            #expect("\(error)".count < 200 && "\(error)".contains("train again"))
        }
    }

    @Test func crossedFeaturesAreWhatTheirRankerKnows() throws {
        let folder = try bundled.partial(without: [BundleFiles.ranker("home")])
        let state = try bundled.recommender().state
        let pair = ["user.logLikes", "embedding.logRank"]
        try bundled.fitRanker(in: folder.url, state, withoutFeatures: ["age."], crossedFeatures: [pair])
        let snapshot = try Snapshot(
            opening: folder.url, bundle: "b", withoutFeatures: ["age."], crossedFeatures: [pair])
        #expect(snapshot.features.names.last == "user.logLikes*embedding.logRank")
        let recommender = Recommender(snapshot: snapshot, state: state)
        var asked = try request()
        asked.explain = true
        let answer = try recommender.answer(asked, now: world.now)
        #expect(answer.rung == .ranked && answer.entries.count == 10)
        for entry in answer.entries {
            let values = Dictionary(uniqueKeysWithValues: entry.features.map { ($0.name, $0.value) })
            let product = try #require(values["user.logLikes*embedding.logRank"])
            let (likes, rank) = (try #require(values[pair[0]]), try #require(values[pair[1]]))
            #expect(product == likes * rank || (product.isNaN && rank.isNaN))
        }
        // Its ranker needs the product.
        #expect(throws: RankingError.self) {
            try Snapshot(opening: folder.url, bundle: "b", withoutFeatures: ["age."])
        }
        for name in ["user.logLike", "age.sinceLast"] {
            let error = #expect(throws: SnapshotError.self) {
                try Snapshot(
                    opening: folder.url, bundle: "b", withoutFeatures: ["age."], crossedFeatures: [[name, pair[1]]])
            }
            #expect(error.map { "\($0)".contains("\"\(name)\", which no feature is") } == true)
        }
    }

    @Test func hiddenAndDeletedAreGoneAtOnce() throws {
        let catalogue = LiveCatalogue()
        let recommender = try bundled.recommender(catalogue: catalogue)
        let before = try ids(recommender, request(count: 100))
        func apply(_ id: ItemID, _ change: Revision<Item>.Change) {
            catalogue.apply(Revision(id: id, validFrom: world.now, receivedAt: world.now, change: change))
        }
        apply(before[0], .patch(["available": .bool(false)]))
        apply(before[1], .delete)
        apply("not in this bundle", .delete)
        #expect(Set(try ids(recommender, request(count: 100))) == Set(before.dropFirst(2)))
        // Shown again, by a value or by taking the word back; a patch of something else shows nothing.
        apply(before[0], .patch(["title": .text("x")]))
        #expect(try ids(recommender, request(count: 100)).contains(before[0]) == false)
        apply(before[0], .patch(["available": nil]))
        apply(before[1], .patch(["title": .text("back again")]))
        #expect(try ids(recommender, request(count: 100)) == before)
    }

    @Test func availabilityOfTheBundle() throws {
        let catalogue = LiveCatalogue()
        let recommender = try bundled.recommender(catalogue: catalogue)
        func shown(at now: Timestamp) throws -> Set<ItemID> {
            Set(try ids(recommender, request(count: 200), now: now)).intersection(["hidden", "soon", "over"])
        }
        let ms = world.now.milliseconds
        #expect(try shown(at: world.now) == [])
        #expect(try shown(at: Timestamp(milliseconds: ms - 1)) == ["over"])
        #expect(try shown(at: Timestamp(milliseconds: ms + BundledWorld.day - 1)) == [])
        #expect(try shown(at: Timestamp(milliseconds: ms + BundledWorld.day)) == ["soon"])
        // Shown again, but not beyond its time.
        for id: ItemID in ["hidden", "soon", "over"] {
            catalogue.apply(
                Revision(
                    id: id, validFrom: world.now, receivedAt: world.now, change: .patch(["available": .bool(true)])))
        }
        #expect(try shown(at: world.now) == ["hidden"])
    }

    @Test func oneOfAGroup() throws {
        let editions: Set<ItemID> = ["edition-1", "edition-2"]
        let answer = try bundled.recommender().answer(request(count: 200, explain: true), now: world.now)
        #expect(answer.ids.count { editions.contains($0) } == 1 && answer.funnel?.sameGroup == 1)
        var home = Scenario.home
        home.onePerGroup = false
        let both = try bundled.recommender(scenarios: [home]).answer(request(count: 200, explain: true), now: world.now)
        #expect(both.ids.count { editions.contains($0) } == 2 && both.funnel?.sameGroup == 0)
        // The better one stays.
        #expect(both.ids.first { editions.contains($0) } == answer.ids.first { editions.contains($0) })
    }

    @Test func filterAndExclusions() throws {
        let recommender = try bundled.recommender()
        let crime = try ids(recommender, request(count: 100, filter: "genres:Crime AND year<2000"))
        #expect(!crime.isEmpty && crime.allSatisfy { world.genre(of: $0) == 1 })
        let all = try ids(recommender, request(count: 100))
        let without = try ids(recommender, request(count: 100, exclude: [all[0], all[3], "no such item"]))
        #expect(Set(without) == Set(all).subtracting([all[0], all[3]]))
        let nothing = try recommender.answer(request(filter: "genres:None"), now: world.now)
        #expect(nothing.entries.isEmpty)
    }

    // MARK: Who and what is not known

    @Test func nobodyKnownIsAColdStart() throws {
        let recommender = try bundled.recommender()
        var stranger = try request(user: nil)
        let anonymous = try recommender.answer(stranger, now: world.now)
        stranger.user = UserID("never seen").key
        let unknown = try recommender.answer(stranger, now: world.now)
        #expect(unknown.rung == .popular && anonymous.rung == .popular)
        #expect(unknown.ids.count == 10 && unknown.ids == anonymous.ids)
        // An item that this bundle does not know yet is no error either.
        let similar = try recommender.answer(request("similar", user: nil, seed: "new here"), now: world.now)
        #expect(similar.rung == .popular && similar.ids.count == 10)
    }

    @Test func requestsThatCannotBeAnswered() throws {
        let recommender = try bundled.recommender()
        func error(_ request: Request) -> RequestError? {
            do { _ = try recommender.answer(request, now: world.now) } catch { return error as? RequestError }
            return nil
        }
        for count in [0, -1, 1_001, .min, .max] {
            #expect(error(try request(count: count)) == .count(got: count, expected: 1...1_000))
        }
        for count in [1, 1_000] { #expect(error(try request(count: count)) == nil) }
        #expect(
            error(try request("none")) == .unknownScenario(got: "none", expected: ["home", "search", "similar"]))
        #expect(
            error(try request(onlyRetriever: "none"))
                == .unknownRetriever(got: "none", expected: BundledWorld.retrievers))
        for text in [nil, "", " \n\t "] {
            #expect(error(try request("search", text: text)) == .nothingAsked(scenario: "search"))
        }
        for case let request in [try request(count: 0), try request("none"), try request("search")] {
            #expect(error(request).map { !$0.description.contains("\n") } == true)
        }
    }

    /// Late is no silence: the last rung takes no time.
    @Test func aPassedDeadlineStillAnswers() throws {
        let recommender = try bundled.recommender()
        for scenario in ["home", "search", "similar"] {
            let answer = try recommender.answer(
                request(scenario, text: "red dragon", seed: scenario == "similar" ? world.films[0].id : nil),
                now: world.now, deadline: .after(.zero))
            #expect(answer.rung == .popular && answer.ids.count == 10, "\(scenario)")
        }
    }

    // MARK: Stages

    @Test func everyCandidateIsScoredByEveryRetriever() throws {
        let recommender = try bundled.recommender()
        let asked = [
            try request(user: 3), try request("search", user: 3, text: "golden"),
            try request("similar", user: nil, seed: world.films[7].id),
        ]
        for request in asked {
            let stage = try recommender.candidates(for: request, now: world.now)
            #expect(stage.items == stage.items.sorted() && Set(stage.items).count == stage.items.count)
            #expect(stage.opinions.map(\.retriever) == BundledWorld.retrievers)
            for opinion in stage.opinions { #expect(opinion.scores.count == stage.items.count) }
            // What proposed an item scores it as it did.
            for list in stage.funnel.retrieved {
                let scores = try #require(stage.opinions.first { $0.retriever == list.retriever }).scores
                for candidate in list.candidates {
                    let row = try #require(stage.items.firstIndex(of: candidate.item))
                    #expect(scores[row] == candidate.score)
                }
            }
            let features = recommender.features(stage)
            #expect(features.rowCount == stage.items.count && features.names == recommender.snapshot.features.names)
            #expect(features.values.allSatisfy { $0.isNaN || $0.isFinite })
        }
    }

    @Test func explainAddsUp() throws {
        let recommender = try bundled.recommender()
        let asked = try request(user: 5, exclude: [world.films[0].id], filter: "year>1985", explain: true)
        let answer = try recommender.answer(asked, now: world.now)
        let funnel = try #require(answer.funnel)
        #expect(funnel.catalogue == 65 && funnel.excluded.allSatisfy { $0.count > 0 })
        let removed = funnel.excluded.reduce(0) { $0 + $1.count }
        let stage = try recommender.candidates(for: asked, now: world.now)
        #expect(removed == stage.query.excluded.count)
        #expect(funnel.excluded.map(\.reason).prefix(3) == ["unavailable", "seen", "filter"])
        let proposed = Set(funnel.retrieved.flatMap { $0.candidates.map(\.item) })
        #expect(funnel.merged == proposed.count && funnel.merged <= funnel.catalogue - removed)
        #expect(funnel.queryEmbedding != nil)
        for entry in answer.entries {
            let sum = entry.features.reduce(Float(0)) { $0 + $1.contribution }
            #expect(abs(sum - entry.score) < 1e-4 && entry.features.count == recommender.snapshot.features.names.count)
            #expect(!entry.proposals.isEmpty)
            for proposal in entry.proposals {
                let list = try #require(funnel.retrieved.first { $0.retriever == proposal.retriever }).candidates
                #expect(list[proposal.rank - 1].item == entry.index && list[proposal.rank - 1].score == proposal.score)
            }
        }
        // Explaining changes nothing, and is not paid for unasked.
        var plain = asked
        plain.explain = false
        let quiet = try recommender.answer(plain, now: world.now)
        #expect(quiet.ids == answer.ids && quiet.funnel == nil && quiet.entries.allSatisfy(\.features.isEmpty))
    }

    // MARK: Rungs

    @Test func rankerOffIsTheOrderOfFusion() throws {
        let recommender = try bundled.recommender()
        for user in 0..<9 {
            let asked = try request(user: user, count: 100, useRanker: false)
            let stage = try recommender.candidates(for: asked, now: world.now)
            let scores = ReciprocalRankFusion.scores(of: stage.items, lists: stage.funnel.retrieved.map(\.candidates))
            let order = zip(stage.items, scores).map { Scored(item: $0, score: $1) }.sorted()
            let answer = try recommender.answer(asked, now: world.now)
            #expect(answer.rung == .retrieved)
            // But for the second of a group.
            let expected = order.map { recommender.snapshot.items.id(of: $0.item) }
            #expect(answer.ids == expected.filter(answer.ids.contains) && expected.count - answer.ids.count <= 1)
        }
    }

    /// A search without a ranker is ordered by the sum of what is thought of each candidate, not by ranks.
    @Test func searchWithoutARankerIsASum() throws {
        let recommender = try bundled.recommender()
        for text in ["red dragon", "golden", bundled.world.films[7].title] {
            let asked = try request("search", user: nil, text: text, count: 100)
            let stage = try recommender.candidates(for: asked, now: world.now)
            func opinion(_ name: String) throws -> [Float] {
                try #require(stage.opinions.first { $0.retriever == name }).scores.map { $0.isNaN ? 0 : $0 }
            }
            let (words, meaning, vectors) = (try opinion("text"), try opinion("semantic"), try opinion("embedding"))
            let best = max(words.max() ?? 0, .leastNormalMagnitude)
            let sums = stage.items.indices.map { words[$0] / best + 0.3 * meaning[$0] + 0.3 * vectors[$0] }
            let answer = try recommender.answer(asked, now: world.now)
            #expect(answer.rung == .retrieved && answer.ids.count > 10)
            let scores = answer.ids.compactMap { id in
                stage.items.firstIndex { recommender.snapshot.items.id(of: $0) == id }.map { sums[$0] }
            }
            #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 >= $1 - 1e-5 }, "\(text)")
        }
    }

    @Test(arguments: [
        [BundleFiles.ranker("home")], [BundleFiles.embeddings], [BundleFiles.neighbours], [BundleFiles.text],
        [BundleFiles.semantic],
        BundledWorld.personal,
    ])
    func aPartialBundleAnswersOnTheNextRung(missing: [String]) throws {
        let folder = try bundled.partial(without: missing)
        let recommender = try bundled.recommender(folder.url)
        let answer = try recommender.answer(request(), now: world.now)
        #expect(answer.ids.count == 10)
        #expect(answer.rung == (missing == BundledWorld.personal ? .popular : .retrieved))
        let search = try recommender.answer(request("search", text: "red dragon"), now: world.now)
        #expect(!search.ids.isEmpty)
    }

    /// An index makes a search quicker; without it search is exact, and nobody is on another rung.
    @Test func withoutAnIndexSearchIsExact() throws {
        let indexes = [BundleFiles.inputIndex, BundleFiles.outputIndex, BundleFiles.semanticIndex]
        let recommender = try bundled.recommender()
        #expect(recommender.snapshot.vectorIndexes.allSatisfy { $0.recall != nil && $0.vectors > 0 })
        for missing in [indexes, [indexes[0]], [indexes[1]], [indexes[2]]] {
            let folder = try bundled.partial(without: missing)
            let partial = try bundled.recommender(folder.url)
            #expect(
                partial.snapshot.vectorIndexes.map { $0.recall == nil } == indexes.map { missing.contains($0) })
            var same = 0
            for user in 0..<20 {
                let asked = try request(user: user, onlyRetriever: "embedding")
                let answer = try partial.answer(request(user: user), now: world.now)
                #expect(answer.rung == .ranked)
                same += try Set(ids(partial, asked)).intersection(ids(recommender, asked)).count
            }
            #expect(same >= 190, "\(same) of 200")
        }
    }

    @Test func anIndexOfAnotherBundleIsRefused() throws {
        for (name, count, dimension) in [
            (BundleFiles.inputIndex, 64, 8), (BundleFiles.outputIndex, 65, 8), (BundleFiles.inputIndex, 65, 9),
        ] {
            let folder = try bundled.partial(without: [name])
            _ = try PartitionedIndex.build(
                VectorSet(
                    name: "others", dimension: dimension,
                    values: (0..<count * dimension).map { Float($0 % 17) - Float($0 % 7) }),
                metric: .innerProduct, seed: 1, threads: 1, to: folder.file(name))
            #expect(throws: ArtifactError.self, "\(name), \(count) x \(dimension)") {
                try bundled.recommender(folder.url)
            }
        }
    }

    @Test func nothingButTheItems() throws {
        let folder = try bundled.partial(
            without: BundledWorld.personal + [BundleFiles.popular, BundleFiles.state])
        let answer = try bundled.recommender(folder.url).answer(request(), now: world.now)
        #expect(answer.ids.isEmpty && answer.rung == .popular)
        let none = try bundled.partial(without: [BundleFiles.items])
        #expect(throws: ArtifactError.self) { try bundled.recommender(none.url) }
    }

    /// Trees stand where a weighted sum stood: the order is theirs, and so is the explanation.
    @Test func treesRank() throws {
        let names = try bundled.recommender().snapshot.features.names
        let column = try #require(names.firstIndex { $0.contains("popular") })
        let text = """
            tree
            num_class=1
            max_feature_idx=\(names.count - 1)
            objective=lambdarank
            feature_names=\(names.indices.map { "f\($0)" }.joined(separator: " "))

            Tree=0
            num_leaves=2
            split_feature=\(column)
            threshold=0.5
            decision_type=10
            left_child=-1
            right_child=-2
            leaf_value=-1 3
            leaf_count=1 1

            end of trees
            """
        let forest = try LightGBMModel.forest(text: text, file: "model", featureNames: names)
        let folder = try bundled.partial(without: [BundleFiles.ranker("home")])
        try forest.write(to: folder.file(BundleFiles.ranker("home")))
        var request = try request()
        request.explain = true
        request.count = 50
        let answer = try bundled.recommender(folder.url).answer(request, now: world.now)
        #expect(answer.rung == .ranked && answer.entries.count > 10)
        for entry in answer.entries {
            let value = try #require(entry.features.first { $0.name == names[column] }).value
            #expect(entry.score == (value > 0.5 ? 3 : -1), "\(value)")
            // The mean of the tree, and what the feature changed.
            #expect(entry.features.last?.name == "bias" && entry.features.count == names.count + 1)
            #expect(abs(entry.features.reduce(0) { $0 + $1.contribution } - entry.score) < 1e-6)
        }
        #expect(Set(answer.entries.map(\.score)).count == 2)
    }

    /// Who has liked little is answered by the ranker of newcomers, everybody else by the other.
    @Test func newcomersHaveTheirRanker() throws {
        let names = try bundled.recommender().snapshot.features.names
        /// What is missing or not is worth nothing, but for the first feature, whatever it is.
        func write(_ score: Float, _ names: [String], to url: URL) throws {
            var writer = TensorFileWriter(kind: LinearRanker.kind, layout: 1)
            writer.add("features", strings: names)
            for (name, value) in [("mean", -1), ("scale", 1), ("low", 0), ("high", 0)] as [(String, Float)] {
                writer.add(name, [Float](repeating: value, count: names.count))
            }
            for name in ["weight", "missing"] { writer.add(name, names.indices.map { $0 == 0 ? score : 0 }) }
            try writer.write(to: url)
        }
        let folder = try bundled.partial(without: [BundleFiles.ranker("home")])
        try write(3, names, to: folder.file(BundleFiles.ranker("home")))
        try write(7, names, to: folder.file(BundleFiles.newcomers("home")))
        func score(likes: Int, below: Int) throws -> Float? {
            let snapshot = try Snapshot(opening: folder.url, bundle: "planted", newcomersBelow: below)
            let state = FeatureStore(rules: bundled.rules, checkpoint: snapshot.checkpoint)
            for (place, film) in world.liked[0].prefix(likes).enumerated() {
                var event = world.events[0]
                event.seq = Int64(10_000 + place)
                (event.eventId, event.userId, event.itemId) = ("\(place)", "stranger", film.id)
                state.apply(event)
            }
            let request = Request(id: BundledWorld.id, scenario: "home", user: UserID("stranger").key)
            return try Recommender(snapshot: snapshot, state: state).answer(request, now: world.now).entries.first?
                .score
        }
        #expect(try score(likes: 2, below: 3) == 7)
        #expect(try score(likes: 0, below: 3) == 7)
        #expect(try score(likes: 3, below: 3) == 3 && score(likes: 2, below: 0) == 3)
        try write(7, ["a feature of old"], to: folder.file(BundleFiles.newcomers("home")))
        #expect(throws: RankingError.self) { try score(likes: 2, below: 3) }
    }

    /// A ranker of another version's features is no missing file: it is an error that says what to do.
    @Test func aRankerOfOtherFeaturesIsRefused() throws {
        let folder = try bundled.partial(without: [BundleFiles.ranker("home")])
        var writer = TensorFileWriter(kind: LinearRanker.kind, layout: 1)
        writer.add("features", strings: ["a feature of old"])
        for (name, value) in [("mean", 0), ("scale", 1), ("weight", 1), ("missing", 0), ("low", 0), ("high", 1)]
            as [(String, Float)]
        {
            writer.add(name, [value])
        }
        try writer.write(to: folder.file(BundleFiles.ranker("home")))
        #expect(throws: RankingError.self) { try bundled.recommender(folder.url) }
    }

    @Test func filesOfTwoBundlesAreRefused() throws {
        let folder = try bundled.partial(without: [BundleFiles.items])
        try ItemTable.write([Entry(id: "only")], schema: [:], to: folder.file(BundleFiles.items))
        #expect(throws: (any Error).self) { try bundled.recommender(folder.url) }
    }
}
