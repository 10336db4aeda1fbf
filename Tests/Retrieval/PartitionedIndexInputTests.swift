import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// Vectors and queries that nobody should have, and somebody has.
@Suite struct PartitionedIndexInputTests {
    static var small: PartitionedIndexOptions {
        var options = PartitionedIndexOptions()
        options.calibrationQueries = 6
        options.iterations = 2
        return options
    }

    /// Every query is looked at.
    private static var all: PartitionedIndexOptions {
        var options = small
        options.calibrationQueries = 1_000
        return options
    }

    private static func random(_ count: Int, _ d: Int, seed: UInt64, scale: Float = 1, plus: Float = 0) -> [[Float]] {
        var random = RandomSource(seed: seed, 0x19)
        return (0..<count).map { _ in (0..<d).map { _ in (random.uniform() * 2 - 1) * scale + plus } }
    }

    // MARK: What is refused

    @Test(arguments: UInt64(0)..<30) func whatIsNotFiniteIsNamed(seed: UInt64) throws {
        var random = RandomSource(seed: seed, 0x20)
        let metric = VectorMetric.allCases[Int(seed) % 3]
        let d = 1 + random.below(20)
        var values = Self.random(50, d, seed: seed)
        let (row, j) = (random.below(50), random.below(d))
        let bad: [Float] = [.nan, .infinity, -.infinity, .signalingNaN]
        values[row][j] = bad[random.below(4)]
        // A later one is not the one that is named.
        if row < 49 { values[row + 1 + random.below(49 - row)][0] = .nan }
        let vectors = try IndexedVectors(values, metric: metric)
        #expect(throws: VectorIndexError.notFinite(name: "rows", row: row, coordinate: j)) {
            try vectors.build(options: Self.small)
        }
        let sound = try IndexedVectors(Self.random(50, d, seed: seed), metric: metric)
        #expect(
            throws: VectorIndexError.notFinite(name: "queries", row: row, coordinate: j), "calibration, seed \(seed)"
        ) {
            try sound.build(queries: Array(values.prefix(row + 1)), options: Self.all)
        }
    }

    @Test func tooLongVectors() throws {
        for (metric, length) in VectorMetric.allCases.flatMap({ m in [Float(2e15), 1e19, 3e38].map { (m, $0) } }) {
            var values = Self.random(30, 4, seed: 1)
            values[17] = [0, length, 0, 0]
            let vectors = try IndexedVectors(values, metric: metric)
            #expect(throws: VectorIndexError.tooLong(name: "rows", row: 17)) { try vectors.build(options: Self.small) }
        }
        let vectors = try IndexedVectors(Self.random(30, 4, seed: 2), metric: .innerProduct)
        #expect(throws: VectorIndexError.tooLong(name: "queries", row: 1)) {
            try vectors.build(queries: [[0, 0, 0, 1], [1, 1, 1, 3e38]], options: Self.small)
        }
    }

    @Test(arguments: VectorMetric.allCases) func noVectorsAndQueriesOfAnotherDimension(metric: VectorMetric) throws {
        let folder = try TemporaryFolder()
        func build(_ rows: VectorSet, present: ItemSet? = nil, queries: VectorSet? = nil) throws {
            _ = try PartitionedIndex.build(
                rows, present: present, metric: metric, queries: queries, options: Self.small, seed: 1, threads: 2,
                to: folder.file("index"))
        }
        let none = VectorSet(name: "none", dimension: 5, values: [])
        #expect(throws: VectorIndexError.noVectors(name: "none")) { try build(none) }
        let some = VectorSet(name: "some", dimension: 5, values: Self.random(20, 5, seed: 1).flatMap { $0 })
        #expect(throws: VectorIndexError.noVectors(name: "some")) { try build(some, present: ItemSet(itemCount: 20)) }
        for d in [1, 4, 6] {
            let queries = VectorSet(name: "queries", dimension: d, values: [Float](repeating: 1, count: d * 3))
            #expect(throws: VectorIndexError.dimension(name: "queries", got: d, expected: 5)) {
                try build(some, queries: queries)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("index").path))
    }

    /// Rows that are not indexed may hold anything.
    @Test(arguments: VectorMetric.allCases) func absentRowsAreNotLookedAt(metric: VectorMetric) throws {
        var values = Self.random(200, 6, seed: 3)
        let present = ItemSet(itemCount: 200) { $0 % 4 != 1 }
        for (i, bad) in [Float.nan, .infinity, -.infinity, 3e38].enumerated() {
            for r in 0..<10 { values[(r * 4 + i * 10) / 4 * 4 + 1] = [Float](repeating: bad, count: 6) }
        }
        let vectors = try IndexedVectors(values, metric: metric, present: present)
        let index = try vectors.build(present: present, options: Self.small)
        let queries = Self.random(20, 6, seed: 4)
        #expect(vectors.recall(of: index, queries, k: 10, aim: 0.998) { present.contains(ItemIndex($0)) } >= 0.85)
    }

    // MARK: What is not

    @Test(arguments: VectorMetric.allCases) func fewVectors(metric: VectorMetric) throws {
        for (n, partitions) in [1, 2, 15, 16, 17].flatMap({ n in [0, 1_000].map { (n, $0) } }) {
            var options = Self.small
            options.calibrationQueries = 17
            options.partitions = partitions
            let vectors = try IndexedVectors(Self.random(n, 7, seed: UInt64(n)), metric: metric)
            let index = try vectors.build(options: options)
            #expect(index.count == n)
            let queries = Self.random(12, 7, seed: 99)
            for k in [1, 5] {
                let recall = vectors.recall(of: index, queries, k: k, aim: 0.998)
                #expect(recall >= 0.75, "n \(n), partitions \(partitions), k \(k): \(recall)")
            }
            #expect(vectors.recall(of: index, queries, k: n + 3, aim: 0.998) == 1)
            let odd = ItemSet(itemCount: n) { $0 % 2 == 1 }
            #expect(vectors.recall(of: index, queries, k: n, aim: 0.998, excluding: odd) { $0 % 2 == 0 } == 1, "n \(n)")
        }
    }

    @Test(arguments: VectorMetric.allCases) func copies(metric: VectorMetric) throws {
        for (distinct, times) in [(1, 2_000), (8, 300)] {
            let originals = Self.random(distinct, 10, seed: 5)
            let values = (0..<distinct * times).map { originals[$0 * 7 % distinct] }
            let vectors = try IndexedVectors(values, metric: metric)
            let index = try vectors.build(options: Self.small)
            let queries = Self.random(4, 10, seed: 6) + originals.prefix(2)
            for k in [1, 10, 400] {
                let recall = vectors.recall(of: index, queries, k: k, aim: 0.998)
                #expect(recall >= 0.9, "\(distinct) x \(times), k \(k): \(recall)")
            }
            #expect(vectors.recall(of: index, [queries[0]], k: distinct * times, aim: 0.998) == 1)
            let excluded = ItemSet(itemCount: distinct * times) { $0 % 8 < 4 }
            let recall = vectors.recall(of: index, queries, k: 50, aim: 0.998, excluding: excluded) { $0 % 8 >= 4 }
            #expect(recall >= 0.9, "\(distinct) x \(times) filtered: \(recall)")
        }
    }

    @Test(arguments: VectorMetric.allCases) func coordinatesThatAllShare(metric: VectorMetric) throws {
        for constant in [[Float](repeating: 0, count: 5), [3, -2, 0, 0, 8]] {
            for varying in [0, 2] {
                let values = Self.random(120, varying, seed: 7).map { constant + $0 }
                let queries = Self.random(8, varying, seed: 8).map { constant + $0 }
                let vectors = try IndexedVectors(values, metric: metric)
                let index = try vectors.build(options: Self.small)
                let asked = metric == .cosine ? queries.filter { $0.contains { $0 != 0 } } : queries
                let recall = asked.isEmpty ? 1 : vectors.recall(of: index, asked, k: 10, aim: 0.998)
                #expect(recall >= 0.9, "\(constant) and \(varying): \(recall)")
            }
        }
    }

    @Test func farFromTheOrigin() throws {
        let vectors = try IndexedVectors(Self.random(1_500, 8, seed: 9, scale: 0.5, plus: 1_000), metric: .euclidean)
        let index = try vectors.build(options: Self.small)
        let queries = Self.random(20, 8, seed: 10, scale: 0.5, plus: 1_000)
        for k in [10, 100] {
            let recall = vectors.recall(of: index, queries, k: k, aim: 0.998)
            #expect(recall >= 0.9, "k \(k): \(recall)")
        }
    }

    /// Products of two of them are no normal numbers.
    @Test(arguments: VectorMetric.allCases) func lengthsAbout1e20th(metric: VectorMetric) throws {
        let vectors = try IndexedVectors(Self.random(500, 8, seed: 11, scale: 1e-20), metric: metric)
        let index = try vectors.build(options: Self.small)
        for scale in [Float(1e-20), 1] {
            let queries = Self.random(10, 8, seed: 12, scale: scale)
            for query in queries {
                for k in [10, 500] {
                    let found = index.search(query, k: k)
                    #expect(found.count == k && Set(found.map(\.item)).count == k && IndexedVectors.descend(found))
                    #expect(found.allSatisfy { $0.score.isFinite })
                }
            }
            if metric == .cosine { #expect(vectors.recall(of: index, queries, k: 10, aim: 0.998) >= 0.85, "\(scale)") }
        }
    }

    @Test func zerosUnderTheCosine() throws {
        var values = Self.random(400, 5, seed: 13)
        for i in stride(from: 0, to: 400, by: 3) { values[i] = [0, -0, 0, 0, 0] }
        let vectors = try IndexedVectors(values, metric: .cosine)
        let index = try vectors.build(options: Self.small)
        let queries = Self.random(12, 5, seed: 14)
        for k in [10, 250] { #expect(vectors.recall(of: index, queries, k: k, aim: 0.998) >= 0.9, "k \(k)") }
        #expect(vectors.recall(of: index, queries, k: 400, aim: 0.998) == 1)
        let nothing = try IndexedVectors([[Float]](repeating: [0, 0, 0], count: 40), metric: .cosine)
        #expect(
            try nothing.build(options: Self.small).search([1, 2, 3], k: 50).map(\.score)
                == .init(repeating: 0, count: 40))
    }

    @Test(arguments: VectorMetric.allCases) func oddQueries(metric: VectorMetric) throws {
        let vectors = try IndexedVectors(Self.random(300, 4, seed: 15), metric: metric)
        let zero = [Float](repeating: 0, count: 4)
        let even = ItemSet(itemCount: 300) { $0 % 2 == 0 }
        // Calibrated as ever, on queries without direction, on none.
        for calibration in [nil, [zero, zero], []] as [[[Float]]?] {
            let index = try vectors.build(queries: calibration, options: Self.small)
            if metric == .cosine {
                #expect(index.search(zero, k: 10).isEmpty && index.search(zero, k: 10, excluding: even).isEmpty)
            } else {
                #expect(vectors.recall(of: index, [zero], k: 10, aim: 0.998) > 0)
                #expect(vectors.recall(of: index, [zero], k: 10, aim: 0.998, excluding: even) { $0 % 2 == 1 } > 0)
            }
            for bad in [Float.nan, .infinity, -.infinity, 3e38] {
                for at in 0..<4 {
                    var query: [Float] = [0.5, 1, -1, 0.25]
                    query[at] = bad
                    #expect(index.search(query, k: 10).isEmpty, "\(query)")
                    #expect(index.search(query, k: 10, excluding: even).isEmpty, "\(query)")
                }
            }
            for scale in [Float(1e-15), 1e-5, 1e10, 1e18] {
                let found = index.search([0.5 * scale, scale, -scale, 0.25 * scale], k: 10)
                #expect(found.count == 10 && IndexedVectors.descend(found) && found.allSatisfy { $0.score.isFinite })
            }
        }
    }
}
