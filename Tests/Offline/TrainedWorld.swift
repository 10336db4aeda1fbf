import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import MagpieRanking
import MagpieSQLiteStore
import MagpieTestSupport

@testable import MagpieOffline

/// A home in small: a log, a work folder and bundles, and training that takes seconds in a debug build.
final class TrainedWorld: Sendable {
    let folder: TemporaryFolder
    let store: SQLiteStore
    let bundles: BundleStore

    init(_ world: PlantedWorld, events: [Event]? = nil) throws {
        folder = try TemporaryFolder()
        store = try world.store(in: folder, events: events)
        bundles = BundleStore(folder: folder.file("bundles"))
    }

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.walks.walksPerNode = 12
        configuration.embedding.skipGram.dimensions = 8
        configuration.embedding.skipGram.epochs = 6
        configuration.embedding.skipGram.learningRate = 0.05
        configuration.embedding.skipGram.negatives = 5
        configuration.queryEncoder.buckets = 1 << 12
        configuration.queryEncoder.epochs = 12
        configuration.queryEncoder.batch = 32
        (configuration.semantic.dimensions, configuration.semantic.iterations) = (8, 1)
        configuration.ranker.searchQueries = 60
        // Its people come once a day.
        configuration.sessions.gapMinutes = 10_000
        // Of 60 films, all would be candidates of all retrievers.
        for i in configuration.scenarios.indices { configuration.scenarios[i].candidatesPerRetriever = 20 }
        return configuration
    }

    func training(
        _ configuration: Configuration = TrainedWorld.configuration, seed: UInt64 = 1, threads: Int = 1,
        work: String = "work", report: @escaping (TrainingEvent) -> Void = { _ in }
    ) -> Training {
        Training(
            configuration: configuration, seed: seed, threads: threads, codeVersion: "test", work: folder.file(work),
            bundles: bundles, report: report)
    }

    @discardableResult
    func train(
        _ configuration: Configuration = TrainedWorld.configuration, seed: UInt64 = 1, threads: Int = 1,
        work: String = "work"
    ) throws -> Training.Report {
        try training(configuration, seed: seed, threads: threads, work: work).run(log: store, catalogue: store)
    }

    func open(_ bundle: String) throws -> (manifest: BundleManifest, recommender: Recommender) {
        let opened = try bundles.open(bundle)
        try opened.verify()
        let recommender = try Recommender(opening: opened, log: store, catalogue: store)
        return (opened.manifest, recommender)
    }

    /// The share of what a bundle recommends to the users of a world (five each) that they would like.
    func precision(of bundle: String, in world: PlantedWorld) throws -> Double {
        let (_, recommender) = try open(bundle)
        var hits = 0
        for (user, id) in world.users.enumerated() {
            let request = Request(
                id: RequestID(at: world.now, random: (1, 1)), scenario: "home", user: id.key, count: 5)
            let ids = try recommender.answer(request, now: world.now).entries.map(\.id)
            hits += ids.count { world.unseen(byUser: user).contains($0) }
        }
        return Double(hits) / Double(5 * world.users.count)
    }
}
