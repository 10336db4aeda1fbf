import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct LinearRankerTests {
    let folder: TemporaryFolder
    var url: URL { folder.file("ranker.home.safetensors") }
    let ranker = LinearRanker(
        featureNames: ["é", "b", "c"], mean: [1, 2, 0], scale: [2, 0.5, 1], weight: [3, -1, 0.25],
        missing: [0, 0.75, -2],
        low: [-10, -10, -10], high: [10, 10, 4])

    init() throws { folder = try TemporaryFolder() }

    private func matrix(_ rows: [[Float]]) -> FeatureMatrix {
        var matrix = FeatureMatrix(names: ranker.featureNames, rowCount: rows.count)
        matrix.values = rows.flatMap { $0 }
        return matrix
    }

    @Test func theFormula() {
        let features = matrix([[5, 2.5, 4], [.nan, .nan, .nan], [1, 2, 0]])
        // 3 (5 - 1) / 2 - (2.5 - 2) / 0.5 + 0.25 * 4; and what not knowing is worth.
        let scores: [Float] = [6, -1.25, 0]
        #expect(ranker.scores(of: features) == scores)
        let terms: [[Float]] = [[6, -1, 1], [0, 0.75, -2]]
        #expect(ranker.contributions(of: features, row: 0) == terms[0])
        #expect(ranker.contributions(of: features, row: 1) == terms[1])
        #expect(ranker.scores(of: matrix([])) == [])
    }

    /// A straight line says nothing about what is beyond what training saw.
    @Test func beyondTheRangeIsItsEdge() {
        let edges = ranker.scores(of: matrix([[-10, 10, 4], [10, -10, -10]]))
        let beyond = ranker.scores(of: matrix([[-1e30, 11, 5], [.infinity, -.infinity, -1e9]]))
        #expect(beyond == edges)
    }

    @Test func emptyRanges() throws {
        let bad = LinearRanker(
            featureNames: ["x"], mean: [0], scale: [1], weight: [1], missing: [0], low: [1], high: [0])
        try bad.write(to: url)
        #expect(throws: RankingError.self) { try LinearRanker(opening: url) }
    }

    @Test func contributionsAddUpToTheScore() {
        var random = RandomSource(seed: 1)
        let rows = (0..<50).map { _ in
            (0..<3).map { _ in random.below(4) == 0 ? Float.nan : 20 * random.uniform() - 10 }
        }
        let scores = ranker.scores(of: matrix(rows))
        for row in rows.indices {
            #expect(ranker.contributions(of: matrix(rows), row: row).reduce(0, +) == scores[row])
        }
        #expect(ranker.weights.map(\.feature) == ["é", "b", "c"])
    }

    @Test func roundTrip() throws {
        try ranker.write(to: url)
        let opened = try LinearRanker(opening: url)
        #expect(opened.featureNames == ranker.featureNames)
        let features = matrix([[5, 2.5, 4], [.nan, 1, .nan]])
        #expect(opened.scores(of: features) == ranker.scores(of: features))
        let bytes = try Data(contentsOf: url)
        try opened.write(to: url)
        #expect(try Data(contentsOf: url) == bytes)
    }

    @Test func numbersThatCannotBe() throws {
        for (mean, scale, weight, missing): (Float, Float, Float, Float) in [
            (0, 0, 1, 0), (0, -1, 1, 0), (0, .nan, 1, 0), (0, .infinity, 1, 0), (.nan, 1, 1, 0), (0, 1, .infinity, 0),
            (0, 1, 1, .nan),
        ] {
            let bad = LinearRanker(
                featureNames: ["x"], mean: [mean], scale: [scale], weight: [weight], missing: [missing], low: [0],
                high: [1])
            try bad.write(to: url)
            #expect(throws: RankingError.self) { try LinearRanker(opening: url) }
        }
    }

    @Test func damageIsAnErrorOrAnAnswer() throws {
        try ranker.write(to: url)
        let original = try Data(contentsOf: url)
        let features = matrix([[5, 2.5, 4], [.nan, .nan, .nan]])
        func read() throws {
            let opened = try LinearRanker(opening: url)
            if opened.featureNames.count == 3 { _ = opened.scores(of: features) }
        }
        for length in stride(from: 0, to: original.count, by: 3) {
            try original.prefix(length).write(to: url)
            #expect(throws: (any Error).self, "cut at \(length)") { try read() }
        }
        for at in stride(from: 0, to: original.count, by: 2) {
            for change: UInt8 in [0x01, 0x80] {
                var bytes = original
                bytes[at] ^= change
                try bytes.write(to: url)
                do { try read() } catch { #expect(!"\(error)".contains("\n"), "byte \(at)") }
            }
        }
    }

    @Test func otherFilesAreRefused() throws {
        var writer = TensorFileWriter(kind: LinearRanker.kind, layout: LinearRanker.layout)
        writer.add("features", strings: ["a", "b"])
        writer.add("mean", [Float](repeating: 0, count: 3))
        try writer.write(to: url)
        #expect(throws: ArtifactError.self) { try LinearRanker(opening: url) }
        var newer = TensorFileWriter(kind: LinearRanker.kind, layout: LinearRanker.layout + 1)
        newer.add("features", strings: ["a"])
        try newer.write(to: url)
        #expect(throws: ArtifactError.self) { try LinearRanker(opening: url) }
    }
}
