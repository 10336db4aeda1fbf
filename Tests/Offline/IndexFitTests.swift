import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import MagpieRetrieval
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// The stage "index": vector indexes where there are enough vectors, calibrated on what will be asked.
@Suite struct IndexFitTests {
    static let files = [BundleFiles.inputIndex, BundleFiles.outputIndex, BundleFiles.semanticIndex]

    static func configuration(minimumItems: Int = 40) -> Configuration {
        var configuration = TrainedWorld.configuration
        configuration.index.minimumItems = minimumItems
        configuration.index.recall = 0.995
        configuration.index.partitioned.calibrationQueries = 60
        return configuration
    }

    private func retriever(_ folder: URL, recall: Double) throws -> EmbeddingRetriever {
        func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
        func index(_ name: String) throws -> PartitionedIndex? {
            FileManager.default.fileExists(atPath: file(name).path) ? try PartitionedIndex(opening: file(name)) : nil
        }
        return try EmbeddingRetriever(
            EmbeddingTable(opening: file(BundleFiles.embeddings)),
            text: QueryEncoder(opening: file(BundleFiles.queryEncoder)),
            indexes: EmbeddingIndexes(
                input: try index(BundleFiles.inputIndex), output: try index(BundleFiles.outputIndex), recall: recall))
    }

    @Test func aBundleWithIndexesAnswersAsWithout() throws {
        let world = PlantedWorld(users: 30)
        let home = try TrainedWorld(world)
        let report = try home.train(Self.configuration())
        // Opening verifies checksums: the files are artifacts like the others.
        let (manifest, recommender) = try home.open(report.bundle)
        #expect(Set(manifest.artifacts.map(\.name)).isSuperset(of: Self.files))
        let states = recommender.snapshot.vectorIndexes
        #expect(
            states.map(\.name) == ["in", "out", "semantic"] && states.allSatisfy { $0.recall != nil && $0.vectors > 40 }
        )
        let stage = try #require(report.stages.first { $0.stage == "index" && $0.window == "published" })
        #expect(stage.summary.contains("in: \(states[0].vectors) vectors, "), "\(stage.summary)")
        #expect(stage.summary.contains("; out: ") && stage.summary.hasSuffix(" bytes a vector"), "\(stage.summary)")

        let folder = try home.bundles.open(report.bundle).url
        let exact = try TemporaryFolder()
        for name in manifest.artifacts.map(\.name) where !Self.files.contains(name) {
            try FileManager.default.copyItem(at: folder.appendingPathComponent(name), to: exact.file(name))
        }
        let (with, without) = (try retriever(folder, recall: 0.995), try retriever(exact.url, recall: 0.995))
        let count = recommender.snapshot.items.count
        let none = ItemSet(itemCount: count)
        var queries: [Query] = []
        for user in world.users {
            let history = try #require(recommender.state.user(user.key)).history(limit: 1_000)
            queries.append(
                Query(
                    history: history.compactMap { touch in
                        recommender.snapshot.items.index(of: touch.item).map { Interest(item: $0, time: touch.time) }
                    }, excluded: none))
        }
        for item in 0..<ItemIndex(count) { queries.append(Query(seed: item, excluded: none)) }
        for film in world.films { queries.append(Query(text: film.title, excluded: none)) }
        var found = 0
        var wanted = 0
        for query in queries {
            let list = with.candidates(for: query, limit: 10, deadline: .none)
            let truth = without.candidates(for: query, limit: 10, deadline: .none)
            #expect(list.count == truth.count)
            #expect(with.scores(of: list.map(\.item), for: query) == without.scores(of: list.map(\.item), for: query))
            found += Set(list).intersection(truth).count
            wanted += truth.count
        }
        #expect(Double(found) >= 0.985 * Double(wanted), "\(found) of \(wanted)")

        // Whole answers, too: the rankers are the same.
        let plain = Recommender(
            // Of the scenarios that it was trained with: others ask for other numbers of candidates.
            snapshot: try Snapshot(
                opening: exact.url, bundle: "exact", scenarios: Self.configuration().scenarios),
            state: recommender.state)
        var same = 0
        for user in world.users {
            let request = Request(
                id: RequestID(at: world.now, random: (1, 1)), scenario: "home", user: user.key, count: 5)
            let (a, b) = (
                try recommender.answer(request, now: world.now), try plain.answer(request, now: world.now)
            )
            #expect(a.rung == b.rung)
            same += Set(a.entries.map(\.id)).intersection(b.entries.map(\.id)).count
        }
        #expect(same >= 5 * world.users.count * 98 / 100, "\(same)")
    }

    @Test func threadsLeaveNoTrace() throws {
        let home = try TrainedWorld(PlantedWorld(users: 12))
        func bytes(_ threads: Int) throws -> [Data] {
            let report = try home.train(Self.configuration(), threads: threads, work: "work-\(threads)")
            let folder = try home.bundles.open(report.bundle).url
            return try (Self.files + [BundleFiles.semantic]).map {
                try Data(contentsOf: folder.appendingPathComponent($0))
            }
        }
        #expect(try bytes(1) == bytes(2))
    }

    @Test func fewVectorsAreSearchedExactly() throws {
        let home = try TrainedWorld(PlantedWorld(users: 12))
        let report = try home.train(Self.configuration(minimumItems: 61))
        let (manifest, recommender) = try home.open(report.bundle)
        #expect(Set(manifest.artifacts.map(\.name)).isDisjoint(with: Self.files))
        #expect(recommender.snapshot.vectorIndexes.allSatisfy { $0.recall == nil && $0.vectors > 0 })
        let stage = try #require(report.stages.first { $0.stage == "index" })
        #expect(stage.summary.hasPrefix("in: 60 vectors, exact; out: "), "\(stage.summary)")

        // What the stage reads is in its key.
        func anew(_ change: (inout Configuration) -> Void) throws -> Set<String> {
            var configuration = Self.configuration(minimumItems: 61)
            change(&configuration)
            let again = try home.training(configuration)
                .run(log: home.store, catalogue: home.store)
            return Set(again.stages.filter { !$0.reused }.map(\.stage))
                .subtracting(["snapshot", "evaluate", "publish"])
        }
        let rankers: Set = ["rank home", "rank similar", "rank search", "stability home"]
        #expect(try anew { _ in } == [])
        #expect(try anew { $0.index.recall = 0.9 } == rankers)
        // The cache holds what the last training used.
        #expect(try anew { _ in } == rankers)
        #expect(try anew { $0.index.partitioned.partitions = 3 } == ["index", "semantic index"])
        #expect(try anew { $0.index.minimumItems = 30 } == rankers.union(["index", "semantic index"]))
    }
}
