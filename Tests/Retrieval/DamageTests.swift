import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieRetrieval
import Testing

/// A damaged artifact is an error, or an answer in range: never a trap.
@Suite struct DamageTests {
    /// Opens everything and asks it, as a request would.
    static func use(_ bundle: BehaviourBundle) throws {
        let n = bundle.itemCount
        try use(bundle.exactRetrievers(), itemCount: n)
        for similarity in try bundle.similarities() { _ = similarity.similarities(of: [0, 1, 2], to: 5) }
        let graph = try ItemGraph(opening: bundle.folder.file("graph"), itemCount: n)
        let walks = RandomWalks(on: graph, options: RandomWalkOptions(), seed: 1, threads: 1)
        for index in 0..<min(walks.count, 5) {
            var items: [ItemIndex] = []
            walks.sentence(index, into: &items)
            #expect(items.allSatisfy { Int($0) < n })
        }
        _ = try EmbeddingModel(opening: bundle.folder.file("skipgram"))
    }

    static func use(_ retrievers: [any Retriever], itemCount n: Int) {
        var query = World.query([0, 1, 2, 5], excluding: [3], itemCount: n)
        for retriever in retrievers {
            for seed in [nil, ItemIndex(4)] {
                query.seed = seed
                for found in retriever.candidates(for: query, limit: 20, deadline: .none) {
                    #expect(Int(found.item) < n && found.item != 3)
                }
                #expect(retriever.scores(of: [0, 7, 8], for: query).count == 3)
            }
        }
    }

    static func attempt(_ bundle: BehaviourBundle) -> (any Error)? {
        do {
            try use(bundle)
            return nil
        } catch { return error }
    }

    /// An index in use by a retriever: what it proposes wrongly, the rows score.
    @Test func damagedIndexes() throws {
        let bundle = try BehaviourBundle(World.random(seed: 1, users: 20, itemCount: 12))
        func attempt() -> (any Error)? {
            do { Self.use([try bundle.partitioned()], itemCount: 12) } catch { return error }
            return nil
        }
        for name in BehaviourBundle.indexNames {
            let sound = try bundle.folder.bytes(name)
            for n in UInt64(0)..<30 {
                var random = RandomSource(seed: 8, n)
                var damaged = sound
                damaged[random.below(damaged.count)] ^= UInt8(1 + random.below(255))
                try damaged.write(to: bundle.folder.file(name))
                if let error = attempt() { #expect(error is ArtifactError, "\(name): \(error)") }
            }
            try sound.prefix(sound.count / 2).write(to: bundle.folder.file(name))
            #expect(attempt() is ArtifactError)
            try sound.write(to: bundle.folder.file(name))
        }
        #expect(attempt() == nil)
    }

    @Test func flippedBytes() throws {
        let bundle = try BehaviourBundle(World.random(seed: 1, users: 20, itemCount: 12))
        for name in BehaviourBundle.names {
            let sound = try bundle.folder.bytes(name)
            for n in UInt64(0)..<150 {
                var random = RandomSource(seed: 6, n)
                var damaged = sound
                damaged[random.below(damaged.count)] ^= UInt8(1 + random.below(255))
                try damaged.write(to: bundle.folder.file(name))
                if let error = Self.attempt(bundle) {
                    #expect(error is ArtifactError, "\(name): \(error)")
                    #expect(!"\(error)".contains("\n"))
                }
            }
            try sound.write(to: bundle.folder.file(name))
        }
        #expect(Self.attempt(bundle) == nil)
    }

    @Test func truncation() throws {
        let bundle = try BehaviourBundle(World.random(seed: 1, users: 20, itemCount: 12))
        for name in BehaviourBundle.names {
            let sound = try bundle.folder.bytes(name)
            for n in UInt64(0)..<20 {
                var random = RandomSource(seed: 7, n)
                try sound.prefix(random.below(sound.count)).write(to: bundle.folder.file(name))
                #expect(Self.attempt(bundle) is ArtifactError, "\(name)")
            }
            try sound.write(to: bundle.folder.file(name))
        }
    }

    /// Numbers that point outside, in files that are otherwise sound.
    @Test func structureOutOfRange() throws {
        let folder = try TemporaryFolder()
        func write(_ offsets: [Int64], _ items: [UInt32], weights: Int? = nil) throws {
            var writer = TensorFileWriter(
                kind: "neighbours", layout: 2,
                metadata: [
                    "method": "cosine", "options": "{}",
                    "windows": #"[{"halfLifeDays":0,"items":3,"recencyDecay":1}]"#,
                ])
            writer.add("offsets", offsets)
            writer.add("items", items)
            writer.add("weights", [Float](repeating: 1, count: weights ?? items.count))
            try writer.write(to: folder.file("neighbours"))
        }
        try write([0, 1, 2], [1, 0])
        _ = try NeighbourTable(opening: folder.file("neighbours"))
        try write([0, 1, 3], [1, 0, 2])  // item 2 of 2
        #expect(throws: ArtifactError.self) { try NeighbourTable(opening: folder.file("neighbours")) }
        try write([0, 3, 1], [1, 0, 1])  // falls
        #expect(throws: ArtifactError.self) { try NeighbourTable(opening: folder.file("neighbours")) }
        try write([0, 1, 2], [1, 0, 1])  // stops early
        #expect(throws: ArtifactError.self) { try NeighbourTable(opening: folder.file("neighbours")) }
        try write([-1, 1, 3], [1, 0, 1])
        #expect(throws: ArtifactError.self) { try NeighbourTable(opening: folder.file("neighbours")) }
        try write([], [])
        #expect(throws: ArtifactError.self) { try NeighbourTable(opening: folder.file("neighbours")) }
        try write([0, 1, 2], [1, 0], weights: 3)
        #expect(throws: ArtifactError.self) { try NeighbourTable(opening: folder.file("neighbours")) }
    }
}
