import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// Bundles whose items stand where ALS, or the caller, puts them.
@Suite struct EmbeddingSourceTests {
    static let world = PlantedWorld(users: 30)

    /// The share of what the embedding retriever proposes that is of the user's genre.
    private func precision(_ recommender: Recommender) throws -> Double {
        let world = Self.world
        var hits = 0
        for user in world.users.indices {
            let request = Request(
                id: RequestID(at: world.now, random: (1, 1)), scenario: "home", user: world.users[user].key, count: 5,
                onlyRetriever: "embedding")
            hits += try recommender.answer(request, now: world.now).entries.count {
                world.unseen(byUser: user).contains($0.id)
            }
        }
        return Double(hits) / Double(5 * world.users.count)
    }

    @Test func als() throws {
        var configuration = TrainedWorld.configuration
        configuration.embedding.source = .als
        configuration.embedding.als.dimensions = 6
        configuration.embedding.als.regularization = 1
        let home = try TrainedWorld(Self.world)
        let report = try home.train(configuration)
        #expect(!report.stages.contains { $0.stage == "graph" }, "nobody walks")
        let stage = try #require(report.stages.first { $0.stage == "embed" && $0.window == "published" })
        #expect(stage.summary.hasPrefix("ALS, 6 dimensions, "), "\(stage.summary)")
        let precision = try precision(home.open(report.bundle).recommender)
        #expect(precision > 0.8, "\(precision)")
        let again = try TrainedWorld(Self.world)
        #expect(
            try again.open(again.train(configuration, threads: 2).bundle).manifest.contentHash
                == home.open(report.bundle).manifest.contentHash)
    }

    /// A caller who knows the genres: a coordinate each. Two films have no row, and get their place from their text.
    @Test func own() throws {
        let home = try TrainedWorld(Self.world)
        let films = Self.world.films.dropLast(2)
        var values: [Float] = []
        for film in films { values += (0..<3).map { $0 == film.genre ? 2 : 0.1 } }
        let file = home.folder.file("own.npy")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(films.count), 3), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(Data(header.utf8))
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        try bytes.write(to: file)
        let ids = home.folder.file("own.ids.txt")
        try Data(films.map(\.id.string).joined(separator: "\n").utf8).write(to: ids)

        var configuration = TrainedWorld.configuration
        configuration.embedding.source = .own
        configuration.embedding.own.items = file.path
        configuration.embedding.table.popularityWeight = 0
        let report = try home.train(configuration)
        let stage = try #require(report.stages.first { $0.stage == "embed" && $0.window == "published" })
        #expect(stage.summary == "58 of 60 items have a vector of their own, 3 dimensions")
        let recommender = try home.open(report.bundle).recommender
        #expect(try precision(recommender) > 0.95)
        #expect(recommender.snapshot.vectorIndexes.prefix(2).map(\.vectors) == [60, 60], "two by their text")

        // Another file is another model; ids of somebody else are an error that says so.
        try Data(films.map { "x" + $0.id.string }.joined(separator: "\n").utf8).write(to: ids)
        let error = #expect(throws: OwnVectorsError.self) { try home.train(configuration) }
        #expect("\(try #require(error))".contains("write the ids as they were imported"))
    }

    @Test func ownNeedsAFile() throws {
        let json = Data(#"{"embedding": {"source": "own"}}"#.utf8)
        let error = #expect(throws: ConfigurationError.self) { try Configuration(json: json, file: "magpie.json") }
        #expect("\(try #require(error))".contains("embedding.own.items: got nothing"))
    }

    /// A graph without an edge, users of whom one thing is known: said, and the other retrievers answer.
    @Test(arguments: EmbeddingOptions.Source.allCases.filter { $0 != .own }) func usersWithOneEvent(
        source: EmbeddingOptions.Source
    ) throws {
        let world = PlantedWorld(users: 12, likes: 1)
        var configuration = TrainedWorld.configuration
        configuration.embedding.source = source
        configuration.embedding.als.dimensions = 4
        let home = try TrainedWorld(world, events: world.events.filter { ($0.value ?? 5) >= 4 })
        let report = try home.train(configuration)
        let stage = try #require(report.stages.first { $0.stage == "embed" && $0.window == "published" })
        #expect(stage.summary.contains(source == .als ? "12 cells" : "no user has two items"), "\(stage.summary)")
        let recommender = try home.open(report.bundle).recommender
        let request = Request(
            id: RequestID(at: world.now, random: (1, 1)), scenario: "home", user: world.users[0].key, count: 5)
        #expect(try recommender.answer(request, now: world.now).entries.count == 5)
    }
}
