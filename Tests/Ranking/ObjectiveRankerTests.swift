import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct ObjectiveRankerTests {
    let folder: TemporaryFolder
    var url: URL { folder.file("ranker.home.safetensors") }
    let click: LinearRanker
    let purchase: Forest
    let ranker: ObjectiveRanker
    let rows: FeatureMatrix

    init() throws {
        folder = try TemporaryFolder()
        var world = RandomForest(seed: 4, features: 3)
        let made = try RandomForest.forest([world.tree(leaves: 9), world.tree(leaves: 4)], features: 3)
        let names = ["é", "b", "c"]
        var forest = Forest(featureNames: names, base: made.base, nodes: made.nodes)
        forest.calibration = IsotonicCalibration(scores: [-3, 0, 3], probabilities: [0, 0.1, 0.6])
        var linear = LinearRanker(
            featureNames: names, mean: [0, 1, 0], scale: [1, 2, 1], weight: [0.5, -1, 2], missing: [0, 1, 0],
            low: [-9, -9, -9], high: [9, 9, 9])
        linear.calibration = IsotonicCalibration(scores: [-5, 5], probabilities: [0.05, 0.95])
        (click, purchase) = (linear, forest)
        let parts: [ObjectiveRanker.Part] = [
            .init(name: "click", weight: 1, model: .linear(linear)),
            .init(name: "purchase", weight: 5, model: .forest(forest)),
        ]
        ranker = try #require(ObjectiveRanker(parts))
        var matrix = FeatureMatrix(names: names, rowCount: 40)
        let values = world.rows(40).values
        for at in matrix.values.indices { matrix.values[at] = values[at] }
        rows = matrix
    }

    @Test func theFormula() throws {
        let scores = ranker.scores(of: rows)
        let one = try #require(click.probabilities(of: click.scores(of: rows)))
        let five = try #require(purchase.probabilities(of: purchase.scores(of: rows)))
        #expect(scores == zip(one, five).map { $0 + 5 * $1 } && Set(scores).count > 5)
        for row in 0..<rows.rowCount {
            let told = ranker.contributions(of: rows, row: row).reduce(ranker.bias, +)
            #expect(abs(told - scores[row]) < 1e-3, "row \(row)")
        }
        #expect(ranker.probabilities(of: scores) == nil)
    }

    @Test func whatCannotBeAddedUp() {
        var plain = click
        plain.calibration = nil
        #expect(ObjectiveRanker([]) == nil)
        #expect(ObjectiveRanker([.init(name: "a", weight: 1, model: .linear(plain))]) == nil)
        let other = Forest(featureNames: ["x"], base: 0, sigmoid: 1, nodes: purchase.nodes)
        #expect(
            ObjectiveRanker([
                .init(name: "a", weight: 1, model: .linear(click)), .init(name: "b", weight: 1, model: .forest(other)),
            ]) == nil)
    }

    @Test func roundTrip() throws {
        try ranker.write(to: url)
        let opened = try #require(try Rankers.open(url) as? ObjectiveRanker)
        #expect(opened.parts.map(\.name) == ["click", "purchase"] && opened.parts.map(\.weight) == [1, 5])
        #expect(opened.scores(of: rows) == ranker.scores(of: rows) && opened.featureNames == ranker.featureNames)
        let bytes = try Data(contentsOf: url)
        try opened.write(to: url)
        #expect(try Data(contentsOf: url) == bytes)
        #expect(throws: ArtifactError.self) { try Forest(opening: url) }
    }

    @Test func damageIsAnErrorOrAnAnswer() throws {
        try ranker.write(to: url)
        let original = try Data(contentsOf: url)
        var errors = 0
        func read() throws {
            let opened = try ObjectiveRanker(opening: url)
            #expect(opened.scores(of: rows).count == rows.rowCount)
            _ = opened.contributions(of: rows, row: 0)
        }
        for length in stride(from: 0, to: original.count, by: 31) {
            try original.prefix(length).write(to: url)
            #expect(throws: (any Error).self, "cut at \(length)") { try read() }
        }
        for at in stride(from: 0, to: original.count, by: 3) {
            var bytes = original
            bytes[at] ^= 0x80
            try bytes.write(to: url)
            do { try read() } catch { errors += 1 }
        }
        #expect(errors > 100)
    }
}
