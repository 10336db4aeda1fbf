import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// Vectors to index, and what a search among them should find: scores in doubles, by their definition.
struct IndexedVectors {
    let metric: VectorMetric
    let dimension: Int
    let vectors: VectorSet
    let folder: TemporaryFolder
    private let rows: [[Double]]
    /// As inner products see them: no coordinate is larger.
    private let spread: Double
    private let mean: [Double]

    var count: Int { rows.count }

    init(_ values: [[Float]], metric: VectorMetric, present: ItemSet? = nil) throws {
        let d = values.first?.count ?? 1
        self.metric = metric
        dimension = d
        vectors = VectorSet(name: "rows", dimension: d, values: values.flatMap { $0 })
        folder = try TemporaryFolder()
        let rows = values.map { $0.map { Double($0) } }
        self.rows = rows
        let indexed = rows.indices.filter { present?.contains(ItemIndex($0)) ?? true }.map { rows[$0] }
        var mean = [Double](repeating: 0, count: d)
        if metric == .euclidean {
            for row in indexed { for j in 0..<d { mean[j] += row[j] / Double(indexed.count) } }
        }
        self.mean = mean
        let seen = indexed.map { Self.seen($0, metric, mean) }
        spread = seen.joined().reduce(0) { max($0, abs($1)) }
    }

    /// Clusters of the world's make, and queries of the same make.
    init(_ world: VectorWorld, metric: VectorMetric, present: ItemSet? = nil) throws {
        let d = world.rows.shape[1]
        let values = Array(world.rows)
        try self.init(
            stride(from: 0, to: values.count, by: d).map { Array(values[$0..<$0 + d]) }, metric: metric,
            present: present)
    }

    private static func seen(_ vector: [Double], _ metric: VectorMetric, _ mean: [Double]) -> [Double] {
        switch metric {
        case .innerProduct: return vector
        case .euclidean: return zip(vector, mean).map { $0 - $1 }
        case .cosine:
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? vector.map { $0 / length } : vector
        }
    }

    /// Few of everything: a debug build is slow.
    static var quick: PartitionedIndexOptions {
        var options = PartitionedIndexOptions()
        options.calibrationQueries = 24
        options.iterations = 3
        return options
    }

    func build(
        present: ItemSet? = nil, queries: [[Float]]? = nil, options: PartitionedIndexOptions = quick,
        threads: Int = 2, name: String = "index"
    ) throws -> PartitionedIndex {
        let asked = queries.map { VectorSet(name: "queries", dimension: dimension, values: $0.flatMap { $0 }) }
        _ = try PartitionedIndex.build(
            vectors, present: present, metric: metric, queries: asked, options: options, seed: 1, threads: threads,
            to: folder.file(name))
        return try PartitionedIndex(opening: folder.file(name), itemCount: count)
    }
}

extension IndexedVectors {
    /// All items, best first.
    struct Ranking {
        let scores: [Double]
        let order: [Int]
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for j in a.indices { sum += a[j] * b[j] }
        return sum
    }

    func ranking(_ query: [Float]) -> Ranking {
        let query = query.map { Double($0) }
        let length = Self.dot(query, query).squareRoot()
        let scores = rows.map { row -> Double in
            switch metric {
            case .innerProduct: return Self.dot(query, row)
            case .euclidean:
                let difference = zip(query, row).map { $0 - $1 }
                return -Self.dot(difference, difference)
            case .cosine:
                let both = length * Self.dot(row, row).squareRoot()
                return both > 0 ? Self.dot(query, row) / both : 0
            }
        }
        // (A row that is not indexed may be anything.)
        let finite = scores.indices.filter { scores[$0].isFinite }
        return Ranking(scores: scores, order: finite.sorted { scores[$0] > scores[$1] })
    }

    /// What 10 bits a coordinate may change in a score: an eighth of a 127th of the largest coordinate (relative to a
    /// centroid, which may be opposite) for each coordinate of the query.
    func tolerance(_ query: [Float], bits: Int = 10) -> Double {
        let seen = Self.seen(query.map { Double($0) }, metric, mean)
        let step = 2 * spread / 127 / (bits == 10 ? 8 : 2)
        let square = seen.reduce(0) { $0 + $1 * $1 } + spread * spread * Double(dimension)
        return (metric == .euclidean ? 2 : 1) * seen.reduce(0) { $0 + abs($1) } * step + 1e-6 * square
    }

    /// The share of the k best passing items that the answers have, an answer counting by its score. Expects that the
    /// answers are sorted, distinct, as many as can be, of passing items and with scores near the true ones.
    func recall(
        of answers: [Scored], _ query: [Float], _ ranking: Ranking, k: Int, bits: Int = 10, _ note: String = "",
        where passes: (Int) -> Bool = { _ in true }
    ) -> Double {
        let truth = ranking.order.filter(passes).prefix(k)
        let note = "\(metric.rawValue), d \(dimension), k \(k) \(note)"
        #expect(answers.count == truth.count, "\(note)")
        #expect(metric == .euclidean ? Self.descend(answers) : answers == answers.sorted(), "\(note)")
        #expect(Set(answers.map(\.item)).count == answers.count, "\(note)")
        let tolerance = tolerance(query, bits: bits)
        for answer in answers {
            guard Int(answer.item) < count, passes(Int(answer.item)) else {
                Issue.record("\(note): item \(answer.item) may not be found")
                return 0
            }
            let error = abs(Double(answer.score) - ranking.scores[Int(answer.item)])
            if !(error <= tolerance) { Issue.record("\(note): \(answer) is off by \(error), not \(tolerance)") }
        }
        guard let last = truth.last.map({ ranking.scores[$0] }) else { return 1 }
        let hits = answers.count { ranking.scores[Int($0.item)] >= last - 1e-4 * abs(last) }
        return Double(min(hits, truth.count)) / Double(truth.count)
    }

    /// Scores that are equal after rounding may be those of unequal distances, in the order of those.
    static func descend(_ answers: [Scored]) -> Bool {
        zip(answers, answers.dropFirst()).allSatisfy { $0.score >= $1.score }
    }

    /// The average over queries.
    func recall(
        of index: PartitionedIndex, _ queries: [[Float]], k: Int, aim: Double = 0.95, bits: Int = 10,
        excluding: ItemSet? = nil,
        rankings: [Ranking]? = nil, where passes: (Int) -> Bool = { _ in true }
    ) -> Double {
        let recalls = queries.enumerated().map { n, query in
            recall(
                of: index.search(query, k: k, excluding: excluding, recall: aim), query, rankings?[n] ?? ranking(query),
                k: k,
                bits: bits, where: passes)
        }
        return recalls.reduce(0, +) / Double(max(recalls.count, 1))
    }
}
