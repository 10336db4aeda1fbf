import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// What a partitioned index finds, against a look at all vectors in doubles.
@Suite struct PartitionedIndexTests {
    @Test(arguments: VectorMetric.allCases, [1, 3, 17, 50, 64, 130])
    func recall(metric: VectorMetric, dimension: Int) throws {
        let count = [1: 1_200, 3: 1_900, 17: 1_100, 50: 600, 64: 500][dimension] ?? 500
        let world = try VectorWorld(
            seed: UInt64(dimension), count: count, dimension: dimension, holes: .max, queries: 60)
        let held = Array(world.queries.suffix(24))
        let vectors = try IndexedVectors(world, metric: metric)
        var options = IndexedVectors.quick
        if dimension > 64 { options.principalAxes = 32 }
        // By held-out queries, or by its own vectors.
        let index = try vectors.build(queries: metric == .cosine ? nil : held, options: options)
        #expect(index.count == count && index.itemCount == count && index.dimension == dimension)
        #expect(index.metric == metric)
        let asked = Array(world.queries.prefix(24))
        let rankings = asked.map { vectors.ranking($0) }
        for k in [10, 100] {
            let recall = vectors.recall(of: index, asked, k: k, rankings: rankings)
            #expect(recall >= 0.9, "\(metric.rawValue), d \(dimension), k \(k): \(recall)")
        }
        let query = world.queries[0]
        let ranking = rankings[0]
        for k in [1_000, count, count + 1, .max] {
            let answers = index.search(query, k: k)
            let recall = vectors.recall(of: answers, query, ranking, k: min(k, count))
            #expect(recall >= (k < count ? 0.85 : 1), "k \(k): \(recall)")
        }
        #expect(index.search(query, k: 0).isEmpty && index.search(query, k: -1).isEmpty)
        #expect(index.search(query, k: 5, deadline: .after(.zero)).isEmpty)
    }

    /// 8 bits a coordinate for the last scores.
    @Test(arguments: VectorMetric.allCases) func coarseRecords(metric: VectorMetric) throws {
        let world = try VectorWorld(seed: 3, count: 600, dimension: 20, holes: .max)
        let vectors = try IndexedVectors(world, metric: metric)
        var options = IndexedVectors.quick
        options.isFine = false
        options.partitions = 20
        options.subspaces = 7
        let index = try vectors.build(queries: Array(world.queries.suffix(20)), options: options)
        let recall = vectors.recall(of: index, Array(world.queries.prefix(20)), k: 20, bits: 8)
        #expect(recall >= 0.85, "\(recall)")
    }

    @Test(arguments: VectorMetric.allCases) func sameBytesForAnyThreads(metric: VectorMetric) throws {
        // More than one block of everything that is made in parallel.
        let world = try VectorWorld(seed: 5, count: 1_100, dimension: 9)
        let vectors = try IndexedVectors(world, metric: metric)
        var options = IndexedVectors.quick
        options.calibrationQueries = 17
        options.iterations = 2
        options.partitions = 30
        let isPart = metric != .cosine
        for threads in 1...3 {
            _ = try vectors.build(
                present: isPart ? world.present : nil, queries: metric == .euclidean ? world.queries : nil,
                options: options, threads: threads, name: "\(threads)")
        }
        let one = try vectors.folder.bytes("1")
        for threads in 2...3 { #expect(try vectors.folder.bytes("\(threads)") == one, "\(threads) threads") }
    }

    /// An index of layout 3 stays readable. Recorded once by the test itself, with MAGPIE_RECORD_GOLDEN=<folder>.
    @Test func goldenFileStaysReadable() throws {
        let world = try VectorWorld(seed: 1, count: 200, dimension: 8)
        let name = "partitioned-3.safetensors"
        var golden = try #require(Bundle.module.resourceURL).appendingPathComponent("Golden/" + name)
        if let folder = ProcessInfo.processInfo.environment["MAGPIE_RECORD_GOLDEN"] {
            golden = URL(fileURLWithPath: folder).appendingPathComponent(name)
            if !FileManager.default.fileExists(atPath: golden.path) {
                _ = try world.index(metric: .euclidean)
                try FileManager.default.copyItem(at: world.folder.file("index"), to: golden)
            }
        }
        let index = try PartitionedIndex(opening: golden, itemCount: 200)
        #expect(index.count == 172 && index.dimension == 8 && index.metric == .euclidean)
        for answer in Self.goldenAnswers {
            let excluded = answer.excluded.map { item in ItemSet(itemCount: 200) { $0 == item } }
            let found = index.search(answer.query, k: 4, excluding: excluded, recall: 0.97)
            #expect(found.map(\.item).prefix(answer.items.count) == answer.items[...], "\(found)")
            for (entry, score) in zip(found, answer.scores) { #expect(abs(entry.score - score) < 1e-4, "\(found)") }
        }
    }

    private static let goldenAnswers: [(query: [Float], excluded: Int?, items: [ItemIndex], scores: [Float])] = [
        (
            [0.5, -0.25, 0.75, 0, -0.5, 0.125, 1, -1], nil, [60, 198, 73, 112],
            [-1.2418678, -1.4126574, -1.4727049, -2.5700712]
        ),
        (
            [0, 0, 0, 0, 0, 0, 0, 0], nil, [119, 7, 113, 121],
            [-0.6196265, -0.69845575, -0.772464, -0.8553936]
        ),
        (
            [0, 0, 0, 0, 0, 0, 0, 0], 119, [7, 113, 121], [-0.69845575, -0.772464, -0.8553936]
        ),
    ]
}
