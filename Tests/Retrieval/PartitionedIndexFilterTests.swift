import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// Searches in which only some items may be found, against a look at all of them.
@Suite struct PartitionedIndexFilterTests {
    /// Sets of passing items: shares of `candidates`, one item, none.
    private static func filters(of candidates: [Int], seed: UInt64) -> [(name: String, passing: Set<Int>)] {
        var random = RandomSource(seed: seed, 0xF1)
        var filters = [1, 0.5, 0.1, 0.01].map { (share: Float) in
            (name: "\(share)", passing: Set(candidates.filter { _ in random.uniform() < share }))
        }
        filters.append(("one", [candidates[random.below(candidates.count)]]))
        filters.append(("none", []))
        return filters
    }

    /// Whatever passes has nothing to do with the query, or is only what lies in the half farthest from it.
    @Test(arguments: VectorMetric.allCases) func recallAmongWhatPasses(metric: VectorMetric) throws {
        let count = 1_000
        let world = try VectorWorld(seed: 8, count: count, dimension: 12, holes: .max)
        let vectors = try IndexedVectors(world, metric: metric)
        let plain = try vectors.build(queries: Array(world.queries.suffix(24)))
        let exact = try PartitionedIndex(
            opening: vectors.folder.file("index"), itemCount: count, vectors: vectors.vectors)
        var recalls: [String: [Double]] = [:]
        for (n, query) in world.queries.prefix(16).enumerated() {
            let isFar = n % 2 == 1
            let index = isFar ? exact : plain
            let ranking = vectors.ranking(query)
            let candidates = isFar ? Array(ranking.order.suffix(count / 2)).sorted() : Array(0..<count)
            for filter in Self.filters(of: candidates, seed: UInt64(n)) {
                let excluded = ItemSet(itemCount: count) { !filter.passing.contains($0) }
                for k in [10, 100] {
                    let found = index.search(query, k: k, excluding: excluded, recall: 0.95)
                    let recall = vectors.recall(of: found, query, ranking, k: k, filter.name) {
                        filter.passing.contains($0)
                    }
                    recalls["far \(isFar), \(filter.name), k \(k)", default: []].append(recall)
                }
            }
        }
        for (name, values) in recalls {
            let mean = values.reduce(0, +) / Double(values.count)
            #expect(mean >= 0.9, "\(metric.rawValue), \(name): \(mean)")
        }
    }

    /// A set made before the last items were added says nothing of them; one made after excludes what is not there.
    @Test func setsOfOtherSizes() throws {
        let world = try VectorWorld(seed: 9, count: 600, dimension: 6, holes: .max)
        let vectors = try IndexedVectors(world, metric: .innerProduct)
        let index = try vectors.build()
        for (itemCount, share) in [1, 63, 64, 300, 599, 600, 640, 900].flatMap({ n in
            [Float(0.3), 0.9, 1].map { (n, $0) }
        }) {
            let excluded = world.some(share, of: itemCount, seed: 2)
            let recall = vectors.recall(of: index, Array(world.queries.prefix(6)), k: 20, excluding: excluded) {
                !excluded.contains(ItemIndex($0))
            }
            #expect(recall >= 0.85, "\(share) of \(itemCount): \(recall)")
        }
    }

    /// Rows that were not indexed are no answers, filtered or not.
    @Test(arguments: zip(VectorMetric.allCases, [5, 2, 3])) func absentItems(metric: VectorMetric, holes: Int) throws {
        let count = 600
        let world = try VectorWorld(seed: 10, count: count, dimension: 10, holes: holes)
        let present = world.present
        let vectors = try IndexedVectors(world, metric: metric, present: present)
        let index = try vectors.build(present: present)
        #expect(index.count == present.count && index.itemCount == count)
        let queries = Array(world.queries.prefix(12))
        #expect(vectors.recall(of: index, queries, k: 10) { present.contains(ItemIndex($0)) } >= 0.89)
        #expect(vectors.recall(of: index, [queries[0]], k: count) { present.contains(ItemIndex($0)) } >= 0.97)
        let exact = try PartitionedIndex(
            opening: vectors.folder.file("index"), itemCount: count, vectors: vectors.vectors)
        for share in [Float(0.02), 0.5, 0.98] {
            let excluded = world.some(share, of: count, seed: UInt64(holes))
            for index in [index, exact] {
                let recall = vectors.recall(of: index, queries, k: 30, excluding: excluded) {
                    present.contains(ItemIndex($0)) && !excluded.contains(ItemIndex($0))
                }
                #expect(recall >= 0.9, "\(metric.rawValue) without \(share): \(recall)")
            }
        }
        #expect(index.search(queries[0], k: 10, excluding: present).isEmpty)
    }

    @Test func otherVectorsAreRefused() throws {
        let world = try VectorWorld(seed: 11, count: 100, dimension: 4, holes: .max)
        let vectors = try IndexedVectors(world, metric: .cosine)
        _ = try vectors.build(queries: [])
        for (rows, d) in [(99, 4), (101, 4), (100, 5), (0, 4)] {
            let other = VectorSet(name: "other", dimension: d, values: [Float](repeating: 1, count: rows * d))
            #expect(
                throws: VectorIndexError.otherVectors(name: "other", got: "\(rows) x \(d)", expected: "100 x 4")
            ) {
                try PartitionedIndex(opening: vectors.folder.file("index"), vectors: other)
            }
        }
    }
}
