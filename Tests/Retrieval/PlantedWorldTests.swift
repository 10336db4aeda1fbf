import MagpieDomain
import MagpieKernels
import MagpieRetrieval
import Testing

/// Three communities that share no item: every behaviour model must see them, whatever the corpus.
@Suite struct PlantedWorldTests {
    @Test(arguments: Corpus.allCases) func aHistoryStaysInItsCommunity(corpus: Corpus) throws {
        let world = World.Planted()
        let bundle = try BehaviourBundle(world.interactions, corpus: corpus)
        for retriever in try bundle.retrievers() where retriever.name != "popular" {
            for community in 0..<world.communities {
                let first = ItemIndex(community * world.size)
                let seen = [first, first + 3, first + 5]
                let query = World.query(seen, excluding: seen, itemCount: world.itemCount)
                let found = retriever.candidates(for: query, limit: world.size - 3, deadline: .none)
                #expect(found.count == world.size - 3)
                #expect(
                    found.allSatisfy { world.community(of: $0.item) == community },
                    "\(retriever.name) on \(corpus): \(found.map(\.item))")
            }
        }
    }

    @Test func aSeedStaysInItsCommunity() throws {
        let world = World.Planted()
        let bundle = try BehaviourBundle(world.interactions)
        for retriever in try bundle.retrievers() where retriever.name != "popular" {
            for seed in stride(from: ItemIndex(0), to: world.unknown, by: 5) {
                var query = World.query([], itemCount: world.itemCount)
                query.seed = seed
                let found = retriever.candidates(for: query, limit: world.size - 1, deadline: .none)
                #expect(found.count == world.size - 1)
                #expect(
                    found.allSatisfy { world.community(of: $0.item) == world.community(of: seed) }, "\(retriever.name)")
            }
        }
        for similarity in try bundle.similarities() {
            let all = (0..<world.unknown).map { $0 }
            for other in stride(from: ItemIndex(0), to: world.unknown, by: 7) {
                let values = similarity.similarities(of: all, to: other)
                let inside = all.filter { world.community(of: $0) == world.community(of: other) }.map {
                    values[Int($0)]
                }
                let outside = all.filter { world.community(of: $0) != world.community(of: other) }.map {
                    values[Int($0)]
                }
                let least = try #require(inside.min())
                let most = try #require(outside.max())
                #expect(least > most, "\(similarity.name) \(least) \(most)")
                #expect(abs(values[Int(other)] - 1) < 1e-5)
            }
            #expect(similarity.similarities(of: [world.unknown], to: 0).allSatisfy { $0.isNaN })
            #expect(similarity.similarities(of: [0], to: world.unknown).allSatisfy { $0.isNaN })
        }
    }

    @Test func popularCounts() throws {
        let interactions = World.interactions([[0, 1, 2], [1, 2], [2], [2, 1]], itemCount: 5)
        let bundle = try BehaviourBundle(interactions)
        let retriever = try PopularRetriever(opening: bundle.folder.file("popular"))
        let query = World.query([], excluding: [2], itemCount: 5)
        let found = retriever.candidates(for: query, limit: 10, deadline: .none)
        #expect(found.map(\.item) == [1, 0])
        #expect(retriever.scores(of: [3], for: query) == [0])
        #expect(abs(retriever.scores(of: [2], for: query)[0] - 1.609_438) < 1e-5)
    }

    /// The one promise that makes everything else checkable: threads do not show in the bytes.
    @Test(arguments: Corpus.allCases) func threadsLeaveNoTrace(corpus: Corpus) throws {
        let interactions = World.random(seed: 3, users: 120, itemCount: 260)
        let one = try BehaviourBundle(interactions, corpus: corpus, threads: 1, epochs: 2)
        let counts = try EmbeddingModel(opening: one.folder.file("skipgram")).counts
        #expect(counts.filter { $0 > 0 }.count >= 128, "too small for two blocks: nothing would be shown")
        for threads in [2, 5] {
            let many = try BehaviourBundle(interactions, corpus: corpus, threads: threads, epochs: 2)
            for name in BehaviourBundle.names + BehaviourBundle.indexNames {
                #expect(try one.folder.bytes(name) == many.folder.bytes(name), "\(name), \(threads) threads")
            }
        }
        let other = try BehaviourBundle(interactions, corpus: corpus, seed: 2, epochs: 2)
        #expect(try one.folder.bytes("skipgram") != other.folder.bytes("skipgram"), "the seed does nothing")
    }
}
