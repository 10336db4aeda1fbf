import Foundation
import MagpieBoosting
import MagpieDomain
import MagpieKernels
import MagpieOnline
import MagpieRanking
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// Which ranker `ranker.kind` gives, and why.
@Suite struct RankerFitTests {
    static let hasLibrary = (try? XGBoostLibrary.open()) != nil

    /// Candidates with two features: good where exactly one of them is above 0, or where their sum is high.
    private func examples(requests: Int, isConjunction: Bool) -> Examples {
        var random = RandomSource(seed: 3)
        var examples = Examples(names: ["a", "b"])
        for _ in 0..<requests {
            var matrix = FeatureMatrix(names: ["a", "b"], rowCount: 12)
            for at in matrix.values.indices { matrix.values[at] = 2 * random.uniform() - 1 }
            let labels = (0..<12).map { row in
                let (a, b) = (matrix[row, 0], matrix[row, 1])
                let isGood = isConjunction ? (a > 0) != (b > 0) : a + b + 0.3 * (random.uniform() - 0.5) > 0.8
                return isGood
            }
            examples.append(matrix, labels: labels, missedPositives: 1)
        }
        return examples
    }

    private func fit(
        _ kind: RankerKind, _ examples: Examples, _ change: (inout RankerOptions) -> Void = { _ in }
    ) throws -> (RankerFit.Model, RankerReport) {
        var options = RankerOptions()
        options.kind = kind
        options.automaticRequests = 200
        options.lambdamart.trees = 40
        options.lambdamart.minimumChildWeight = 0.1
        options.lambdamart.learningRate = 0.1
        options.lambdamart.columnSample = 1
        change(&options)
        return try RankerFit(options: options, seed: 1, threads: 2).fit(examples, scenario: "home", progress: { _ in })
    }

    @Test(.enabled(if: hasLibrary)) func automaticTakesWhatOrdersBetter() throws {
        let (model, report) = try fit(.auto, examples(requests: 300, isConjunction: true))
        guard case .trees(let forest) = model else {
            Issue.record("linear: \(report.reason)")
            return
        }
        #expect(report.kind == .lambdamart && report.lambdamart?.trees == forest.treeCount)
        #expect(report.linear != nil && forest.start != nil)
        #expect(report.reason.contains("requests held out: trees ") && report.summary.contains("trees of"))
        // Half of the 60 requests held out judge what the others calibrated.
        let calibration = try #require(report.calibration)
        #expect(calibration.rows > 300 && calibration.logLoss < calibration.logLossOfMean - 0.1)
        #expect(calibration.expectedCalibrationError < 0.1 && forest.calibration != nil)
        #expect(report.requests >= 290 && report.missedPositives == 300 && report.positives > 1_000)

        // One tree by itself is a poor line.
        let (other, why) = try fit(.auto, examples(requests: 300, isConjunction: false)) {
            $0.lambdamart.trees = 1
            $0.lambdamart.start = 0
        }
        guard case .linear = other else {
            Issue.record("trees: \(why.reason)")
            return
        }
        #expect(why.kind == .linear && why.linear != nil && why.reason.contains("linear 0.9"))
        // One fifth of the requests was enough to tell, both times.
        #expect([report, why].allSatisfy { $0.reason.contains("of \($0.requests / 5) requests") })
    }

    /// Where neither is better on what is held out, other requests are, until each was once.
    @Test(.enabled(if: hasLibrary)) func whatIsUndecidedIsAskedOnMore() throws {
        let (_, report) = try fit(.auto, examples(requests: 300, isConjunction: false)) { $0.lambdamart.trees = 2 }
        #expect(report.kind == .linear && report.reason.contains("of \(report.requests) requests"), "\(report.reason)")
        let (_, one) = try fit(.lambdamart, examples(requests: 300, isConjunction: false)) { $0.lambdamart.trees = 2 }
        #expect(one.lambdamart?.heldOutRequests == one.requests / 5)
    }

    @Test func automaticIsLinearForAFewRequests() throws {
        let (model, report) = try fit(.auto, examples(requests: 150, isConjunction: true))
        guard case .linear = model else {
            Issue.record("trees: \(report.reason)")
            return
        }
        #expect(report.reason.contains(Self.hasLibrary ? "ranker.automaticRequests" : "libxgboost0"))
    }

    @Test func asConfigured() throws {
        let few = examples(requests: 60, isConjunction: true)
        let (linear, report) = try fit(.linear, few)
        guard case .linear = linear else {
            Issue.record("no weighted sum")
            return
        }
        #expect(report.reason == "as configured")
        guard Self.hasLibrary else {
            #expect(throws: BoostingError.self) { try fit(.lambdamart, few) }
            return
        }
        let (trees, other) = try fit(.lambdamart, few)
        guard case .trees = trees else {
            Issue.record("no trees")
            return
        }
        #expect(other.reason == "as configured" && other.kind == .lambdamart)
        for kind in RankerKind.allCases {
            #expect(throws: RankingError.self) { try fit(kind, Examples(names: ["a", "b"])) }
        }
    }

    /// Clicks go after one feature and purchases after the other: the weights say what is first.
    @Test func objectives() throws {
        var random = RandomSource(seed: 8)
        var examples = Examples(names: ["a", "b"])
        for _ in 0..<300 {
            var matrix = FeatureMatrix(names: ["a", "b"], rowCount: 12)
            for at in matrix.values.indices { matrix.values[at] = 2 * random.uniform() - 1 }
            let clicks: [Float] = (0..<12).map { matrix[$0, 0] > 0.3 ? 1 : 0 }
            let purchases: [Float] = (0..<12).map { matrix[$0, 1] > 0.6 ? 0.5 : 0 }
            examples.append(
                matrix, gains: zip(clicks, purchases).map { max($0, $1) },
                objectives: ["click": clicks, "purchase": purchases, "gift": [Float](repeating: 0, count: 12)],
                missedPositives: 0)
        }
        func order(_ weights: [String: Double]) throws -> (names: [String], first: FeatureMatrix, RankerReport) {
            let (model, report) = try fit(.linear, examples) { $0.objectives = weights }
            guard case .objectives(let ranker) = model else {
                Issue.record("one model: \(report.reason)")
                return ([], examples.features, report)
            }
            let all = examples.features
            let scores = ranker.scores(of: all)
            let best = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(700)
            return (ranker.parts.map(\.name), all.picking(Array(best)), report)
        }
        func mean(_ matrix: FeatureMatrix, _ column: Int) -> Float {
            (0..<matrix.rowCount).reduce(0) { $0 + matrix[$1, column] } / Float(max(1, matrix.rowCount))
        }
        let clicked = try order(["click": 1, "purchase": 0.01])
        #expect(clicked.names == ["click", "purchase"] && mean(clicked.first, 0) > mean(clicked.first, 1) + 0.1)
        #expect(clicked.2.objectives?["click"]?.calibration != nil && clicked.2.summary.contains("2 objectives"))
        let bought = try order(["click": 0.01, "purchase": 1, "gift": 3])
        #expect(mean(bought.first, 1) > mean(bought.first, 0) + 0.1)
        #expect(bought.2.reason.contains("too few for gift"))
        // Nothing of what is asked for: one model of all that is positive.
        let (model, report) = try fit(.linear, examples) { $0.objectives = ["gift": 1] }
        guard case .linear = model else {
            Issue.record("objectives of nothing")
            return
        }
        #expect(report.reason.contains("too few requests to tell gift apart"))
    }

    /// A home trained with trees answers, and does not need the library for it.
    @Test(.enabled(if: hasLibrary)) func aBundleWithTrees() throws {
        let world = PlantedWorld()
        let home = try TrainedWorld(world)
        var configuration = TrainedWorld.configuration
        configuration.ranker.kind = .lambdamart
        configuration.ranker.lambdamart.trees = 15
        configuration.ranker.lambdamart.minimumChildWeight = 0.1
        configuration.ranker.lambdamart.learningRate = 0.1
        var bundles: [String] = []
        for threads in [1, 2] {
            let report = try home.train(configuration, threads: threads, work: "work-\(threads)")
            #expect(report.rankers["home"]?.kind == .lambdamart)
            bundles.append(try home.open(report.bundle).manifest.contentHash)
        }
        #expect(Set(bundles).count == 1)
        let id = try #require(try home.bundles.currentID())
        #expect(try home.precision(of: id, in: world) >= 0.75)
    }
}
