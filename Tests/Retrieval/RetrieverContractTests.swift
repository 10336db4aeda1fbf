import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRetrieval
import Testing

/// What every retriever promises, over the whole catalogue and many random queries.
@Suite struct RetrieverContractTests {
    @Test(arguments: UInt64(0)..<6) func holds(seed: UInt64) throws {
        let interactions = World.random(seed: seed, users: 40, itemCount: 50)
        let bundle = try BehaviourBundle(interactions)
        let table = try EmbeddingTable(opening: bundle.folder.file("embeddings"))
        let vector = try #require((0..<50).lazy.compactMap { table.unitInput(of: $0) }.first)
        let text = FixedEmbedder(dimension: table.dimension, vectors: ["word": vector.map { $0 * 3 }])
        let live = [MomentRetriever.trending(itemCount: 50), .covisits(itemCount: 50)]
        for retriever in try bundle.retrievers(text: text) + live {
            var proposed = 0
            var missed = 0
            for n in UInt64(0)..<40 {
                var random = RandomSource(seed: seed, 9, n)
                var query = World.query(
                    (0..<random.below(6)).map { _ in ItemIndex(random.below(50)) },
                    excluding: (0..<random.below(20)).map { _ in ItemIndex(random.below(50)) }, itemCount: 50)
                if random.below(4) == 0 { query.seed = ItemIndex(random.below(50)) }
                query.trending = (0..<random.below(12)).map { _ in ItemIndex(random.below(50)) }
                    .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
                    .map { Scored(item: $0, score: 1 + Float(random.below(4))) }.sorted()
                query.covisits = query.trending.reversed().map { Scored(item: $0.item, score: 1 / $0.score) }.sorted()
                if random.below(6) == 0 { query.text = ["word", "nothing"][random.below(2)] }
                let (all, missing) = check(retriever, query, limit: random.below(60))
                proposed += all
                missed += missing
            }
            let isApproximate = (retriever as? EmbeddingRetriever)?.states.contains { $0.recall != nil } ?? false
            #expect(proposed > 0 && missed <= (isApproximate ? proposed / 50 : 0), "\(retriever.name): \(missed)")
        }
    }

    /// - Returns: how many were proposed, and how many that score above the last of them were not.
    func check(_ retriever: any Retriever, _ query: Query, limit: Int) -> (proposed: Int, missing: Int) {
        let name = retriever.name
        let found = retriever.candidates(for: query, limit: limit, deadline: .none)
        #expect(found.count <= limit, "\(name)")
        #expect(found == found.sorted(), "\(name): not in order")
        #expect(Set(found.map(\.item)).count == found.count, "\(name): twice")
        #expect(found.allSatisfy { !query.excluded.contains($0.item) && !$0.score.isNaN }, "\(name)")
        if query.text == nil, name != "popular" {
            #expect(!found.contains { $0.item == query.seed }, "\(name): the seed")
        }
        let scores = retriever.scores(of: found.map(\.item), for: query)
        #expect(scores.map(\.bitPattern) == found.map(\.score.bitPattern), "\(name): two opinions")
        var missing = 0
        let everything = (0..<50).map { ItemIndex($0) }
        if let last = found.last, found.count == limit {
            for (item, score) in zip(everything, retriever.scores(of: everything, for: query))
            where Scored(item: item, score: score) < last && !query.excluded.contains(item) && item != query.seed {
                missing += found.contains { $0.item == item } ? 0 : 1
            }
        }
        #expect(retriever.scores(of: [], for: query).isEmpty)
        #expect(retriever.scores(of: [50, .max], for: query).allSatisfy { $0.isNaN }, "\(name): outside the bundle")
        #expect(retriever.candidates(for: query, limit: 5, deadline: .after(.seconds(-1))).isEmpty, "\(name): late")
        #expect(retriever.candidates(for: query, limit: 0, deadline: .none).isEmpty)
        checkAsked(retriever, query, limit: limit)
        return (found.count, missing)
    }

    /// Asked once for both it says the same, whatever is asked first, how often, and who else asks meanwhile.
    private func checkAsked(_ retriever: any Retriever, _ query: Query, limit: Int) {
        let everything = (0..<50).map { ItemIndex($0) }
        let found = retriever.candidates(for: query, limit: limit, deadline: .none)
        let scores = retriever.scores(of: everything, for: query).map(\.bitPattern)
        let asked = retriever.asked(query)
        #expect(asked.candidates(limit: limit, deadline: .after(.seconds(-1))).isEmpty, "\(retriever.name): late")
        let other = retriever.asked(World.query([3, 1], itemCount: 50))
        _ = other.scores(of: everything)
        for _ in 0..<2 {
            #expect(asked.scores(of: everything).map(\.bitPattern) == scores, "\(retriever.name): asked")
            #expect(asked.candidates(limit: limit, deadline: .none) == found, "\(retriever.name): asked")
        }
    }

    /// A similarity does not depend on who else is asked about, in whatever order.
    @Test(arguments: UInt64(0)..<3) func similaritiesInAnyOrder(seed: UInt64) throws {
        let bundle = try BehaviourBundle(World.random(seed: seed, users: 40, itemCount: 50))
        for similarity in try bundle.similarities() {
            for other in ItemIndex(0)..<50 {
                var random = RandomSource(seed: seed, 10, UInt64(other))
                let items = (0..<60).map { _ in ItemIndex(random.below(50)) }
                let alone = items.map { similarity.similarities(of: [$0], to: other)[0].bitPattern }
                #expect(similarity.similarities(of: items, to: other).map(\.bitPattern) == alone, "\(similarity.name)")
                let together = similarity.similarities(of: items.sorted(), to: other).map(\.bitPattern)
                #expect(together.sorted() == alone.sorted(), "\(similarity.name)")
                let others = [other, 50, ItemIndex(random.below(50)), other]
                let lists = similarity.similarities(of: items + [50], to: others)
                #expect(
                    lists.map { $0.map(\.bitPattern) }
                        == others.map { similarity.similarities(of: items + [50], to: $0).map(\.bitPattern) })
            }
        }
    }

    @Test func anEmptyQueryIsAnswered() throws {
        let world = World.Planted()
        let bundle = try BehaviourBundle(world.interactions)
        for retriever in try bundle.retrievers() {
            var query = World.query([], itemCount: world.itemCount)
            let found = retriever.candidates(for: query, limit: 10, deadline: .none)
            #expect(found.isEmpty == (retriever.name != "popular"))
            // Items of another bundle in the history, and a text without an encoder.
            query.history = [Interest(item: 10_000, time: Timestamp(milliseconds: 0))]
            #expect(
                retriever.candidates(for: query, limit: 10, deadline: .none).isEmpty == (retriever.name != "popular"))
            query.seed = 10_000
            _ = retriever.candidates(for: query, limit: 10, deadline: .none)
            query.text = "anything"
            _ = retriever.candidates(for: query, limit: 10, deadline: .none)
            _ = retriever.scores(of: [0], for: query)
        }
    }

    @Test func nothingEverHappened() throws {
        for itemCount in [0, 1, 5] {
            let bundle = try BehaviourBundle(Interactions(users: [], itemCount: itemCount))
            for retriever in try bundle.retrievers() {
                let query = World.query(itemCount > 0 ? [0] : [], itemCount: itemCount)
                #expect(retriever.candidates(for: query, limit: 10, deadline: .none).isEmpty)
            }
            for similarity in try bundle.similarities() {
                #expect(similarity.similarities(of: [0], to: 0).allSatisfy { $0.isNaN })
            }
        }
    }
}
