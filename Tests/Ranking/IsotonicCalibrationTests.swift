import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct IsotonicCalibrationTests {
    /// Violators by hand: 0 1 | 0 1 1 becomes 0, .5, .5, 1, 1.
    @Test func byHand() throws {
        let calibration = try #require(
            IsotonicCalibration(scores: [3, 1, 2, 5, 4], labels: [false, false, true, true, true]))
        #expect(calibration.scores == [1, 2, 3, 4, 5])
        #expect(calibration.probabilities == [0, 0.5, 0.5, 1, 1])
        #expect(calibration.probability(of: 1.5) == 0.25 && calibration.probability(of: 2.7) == 0.5)
        #expect(calibration.probability(of: -.infinity) == 0 && calibration.probability(of: .infinity) == 1)
        #expect(calibration.probability(of: .nan).isNaN)
        let ties = try #require(IsotonicCalibration(scores: [1, 1, 1, 2], labels: [true, false, false, true]))
        #expect(ties.probability(of: 1) == Float(1.0 / 3) && ties.probability(of: 2) == 1)
        let sampled = try #require(
            IsotonicCalibration(scores: [1, 1, 2], labels: [true, false, true], stands: [1, 2, 1]))
        #expect(sampled == ties)
        #expect(IsotonicCalibration(scores: [1, 2], labels: [true, true]) == nil)
        #expect(IsotonicCalibration(scores: [], labels: []) == nil)
    }

    /// Against the definition: the least squares among all functions that never fall is the largest mean over beginnings of
    /// the smallest mean over ends.
    @Test func isTheMinimaxOfMeans() throws {
        for seed in 0..<30 as Range<UInt64> {
            var random = RandomSource(seed: seed)
            let count = 2 + random.below(40)
            var scores = (0..<count).map { Float($0) }
            random.shuffle(&scores)
            var labels = scores.map { random.below(count) < Int($0) }
            (labels[0], labels[1]) = (true, false)
            let calibration = try #require(IsotonicCalibration(scores: scores, labels: labels))
            let order = scores.indices.sorted { scores[$0] < scores[$1] }
            let sorted: [Double] = order.map { labels[$0] ? 1 : 0 }
            func mean(_ first: Int, _ last: Int) -> Double {
                sorted[first...last].reduce(0, +) / Double(last - first + 1)
            }
            for k in 0..<count {
                var best = 0.0
                for first in 0...k {
                    var least = 1.0
                    for last in k..<count { least = min(least, mean(first, last)) }
                    best = max(best, least)
                }
                #expect(abs(Double(calibration.probability(of: Float(k))) - best) < 1e-6)
            }
        }
    }

    /// Where the truth is a curve of the score, the probabilities are close to it.
    @Test func followsACurve() throws {
        var random = RandomSource(seed: 1)
        let scores = (0..<20_000).map { _ in 8 * random.uniform() - 4 }
        let labels = scores.map { random.uniform() < 1 / (1 + exp(-$0)) }
        let calibration = try #require(IsotonicCalibration(scores: scores, labels: labels))
        for x in stride(from: Float(-3), to: 3, by: 0.5) {
            #expect(abs(calibration.probability(of: x) - 1 / (1 + exp(-x))) < 0.06)
        }
    }

    @Test func standsWithItsModel() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("ranker")
        let calibration = try #require(
            IsotonicCalibration(scores: [1, 2, 3, 4], labels: [false, true, false, true]))
        var linear = LinearRanker(
            featureNames: ["x"], mean: [0], scale: [1], weight: [1], missing: [0], low: [0], high: [1])
        #expect(linear.probabilities(of: [1]) == nil)
        linear.calibration = calibration
        try linear.write(to: url)
        #expect(try LinearRanker(opening: url).probabilities(of: [1.5, 9]) == [0.25, 1])
        var world = RandomForest(seed: 1, features: 2)
        var forest = try RandomForest.forest([world.tree(leaves: 4)], features: 2)
        #expect(forest.probabilities(of: [1]) == nil)
        forest.calibration = calibration
        try forest.write(to: url)
        #expect(try Rankers.open(url).probabilities(of: [1.5, 9]) == [0.25, 1])
        let logistic = Forest(featureNames: forest.featureNames, base: 0, sigmoid: 2, nodes: forest.nodes)
        #expect(logistic.probabilities(of: [0]) == [0.5])

        for (scores, probabilities): ([Float], [Float]) in [
            ([], []), ([1, 1], [0, 1]), ([2, 1], [0, 1]), ([1, 2], [1, 0]), ([1, 2], [0, 2]), ([1, .nan], [0, 1]),
            ([1, 2], [0, .nan]), ([1], [0, 1]),
        ] {
            var bad = forest
            bad.calibration = IsotonicCalibration(scores: scores, probabilities: probabilities)
            try bad.write(to: url)
            #expect(throws: (any Error).self, "\(scores) \(probabilities)") { try Forest(opening: url) }
        }
    }
}
