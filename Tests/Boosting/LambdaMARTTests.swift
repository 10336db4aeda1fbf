import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRanking
import MagpieTestSupport
import Testing

@testable import MagpieBoosting

@Suite struct LambdaMARTTests {
    private func fit(
        _ examples: Examples, from start: LinearRanker? = nil, threads: Int = 2, seed: UInt64 = 1,
        _ change: (inout LambdaMART.Options) -> Void = { _ in }
    ) throws -> (Forest, LambdaMART.Report) {
        var options = LambdaMART.Options()
        options.trees = 60
        options.minimumChildWeight = 0.1
        options.leaves = 31
        options.learningRate = 0.1
        options.l2 = 1
        options.columnSample = 1
        options.negatives = 0
        change(&options)
        let library = try #require(RankingWorld.library)
        let trials = try LambdaMART.HeldOut.folds(examples, share: options.heldOut, seed: seed).prefix(1).map { fold in
            try LambdaMART.trial(
                examples, fold, options: options, start: start, seed: seed, threads: threads, library: library)
        }
        return try LambdaMART.fit(
            examples, scenario: "home", options: options, start: start, trials: trials, seed: seed, threads: threads,
            library: library)
    }

    /// All requests of one who asks are learned from, or judge.
    @Test func whoAsksIsOnOneSide() throws {
        var examples = Examples(names: ["a"])
        for request in 0..<120 {
            let user: UInt64? = request % 3 == 0 ? nil : UInt64(request % 20)
            examples.append(
                FeatureMatrix(names: ["a"], rowCount: 2), gains: [1, 0], user: user, missedPositives: 0)
        }
        for seed in 0..<20 as Range<UInt64> {
            let folds = LambdaMART.HeldOut.folds(examples, share: 0.2, seed: seed)
            #expect(folds.flatMap(\.heldOut).sorted() == Array(0..<120))
            for parts in folds {
                #expect((24..<54).contains(parts.heldOut.count))
                #expect((parts.heldOut + parts.learned).sorted() == Array(0..<120))
                let users = Set(parts.heldOut.compactMap { examples.users[$0] })
                #expect(parts.learned.allSatisfy { examples.users[$0].map { !users.contains($0) } ?? true })
            }
        }
        #expect(LambdaMART.HeldOut.folds(examples.requests(Array(0..<50)), share: 0.2, seed: 1).isEmpty)
    }

    /// Each request is held out once, or those that are held out leave too little for another time.
    @Test(arguments: [(0.2, 5), (0.24, 4), (0.4, 2), (0.6, 1), (0.9, 1)]) func folds(share: Double, count: Int) {
        var examples = Examples(names: ["a"])
        for _ in 0..<101 {
            examples.append(FeatureMatrix(names: ["a"], rowCount: 2), gains: [1, 0], missedPositives: 0)
        }
        let folds = LambdaMART.HeldOut.folds(examples, share: share, seed: 1)
        #expect(folds.count == count)
        let all = folds.flatMap(\.heldOut)
        #expect(all.count == Set(all).count && (all.count == 101 || count == 1))
        #expect(folds.allSatisfy { $0.heldOut.count >= Int(101 * share) && $0.heldOut.count + $0.learned.count == 101 })
    }

    /// What no weighted sum can say.
    @Test(.enabled(if: RankingWorld.library != nil)) func aConjunction() throws {
        let examples = RankingWorld.conjunction(requests: 400)
        let fresh = RankingWorld.conjunction(requests: 200, seed: 2)
        let (forest, report) = try fit(examples)
        let (linear, _) = try ConditionalLogit.fit(examples, scenario: "home", threads: 2)
        let (trees, sum) = (RankingWorld.ndcg(forest, fresh), RankingWorld.ndcg(linear, fresh))
        #expect(trees > 0.93 && sum < 0.82, "trees \(trees), weighted sum \(sum)")
        #expect(report.heldOutRequests == examples.groupCount / 5 && (report.ndcg ?? 0) > 0.9)
        #expect(report.trees == forest.treeCount && report.trees < 60)
        #expect(Set(report.splits.prefix(2).map(\.feature)) == ["a", "b"])
        #expect(report.library.hasPrefix("XGBoost ") && report.requests == examples.groupCount)
    }

    /// What a weighted sum says as well.
    @Test(.enabled(if: RankingWorld.library != nil)) func aSlope() throws {
        let examples = RankingWorld.examples(requests: 300) { a, b in a + 0.5 * b > 0.4 }
        let fresh = RankingWorld.examples(requests: 200, seed: 2) { a, b in a + 0.5 * b > 0.4 }
        let (forest, _) = try fit(examples)
        let (linear, _) = try ConditionalLogit.fit(examples, scenario: "home", threads: 2)
        let (trees, sum) = (RankingWorld.ndcg(forest, fresh), RankingWorld.ndcg(linear, fresh))
        #expect(trees > sum - 0.02 && sum > 0.9, "trees \(trees), weighted sum \(sum)")
    }

    /// A slope and a conjunction: a few trees on top of a weighted sum say what it could not.
    @Test(.enabled(if: RankingWorld.library != nil)) func onTopOfAWeightedSum() throws {
        func isGood(_ a: Float, _ b: Float) -> Bool { a + 0.4 * b + (a > 0 && b > 0 ? 0.6 : 0) > 0.7 }
        let examples = RankingWorld.examples(requests: 400, isGood: isGood)
        let fresh = RankingWorld.examples(requests: 300, seed: 2, isGood: isGood)
        let (linear, _) = try ConditionalLogit.fit(examples, scenario: "home", threads: 2)
        func few(_ options: inout LambdaMART.Options) {
            options.trees = 3
            options.leaves = 4
            options.heldOut = 0
        }
        let (alone, _) = try fit(examples, few)
        let (onTop, report) = try fit(examples, from: linear, few)
        let ndcg = [
            RankingWorld.ndcg(linear, fresh), RankingWorld.ndcg(alone, fresh), RankingWorld.ndcg(onTop, fresh),
        ]
        #expect(ndcg[2] > ndcg[0] + 0.01 && ndcg[2] > ndcg[1] - 0.005, "sum, trees, trees on top: \(ndcg)")
        #expect(report.trees == 3 && onTop.start != nil && alone.start == nil)
    }

    /// With samples of requests and of columns, too; and another seed is another forest.
    @Test(.enabled(if: RankingWorld.library != nil)) func theSameForAnyNumberOfThreads() throws {
        let folder = try TemporaryFolder()
        let examples = RankingWorld.conjunction(requests: 1_200)
        func bytes(_ threads: Int, _ seed: UInt64, _ change: (inout LambdaMART.Options) -> Void) throws -> Data {
            let (forest, _) = try fit(examples, threads: threads, seed: seed, change)
            try forest.write(to: folder.file("forest"))
            return try Data(contentsOf: folder.file("forest"))
        }
        for leaves in [0, 12] {
            func change(_ options: inout LambdaMART.Options) {
                options.trees = 12
                options.leaves = leaves
                options.requestSample = 0.7
                options.columnSample = 0.7
                options.negatives = 4
            }
            let one = try bytes(1, 1, change)
            for threads in [2, 3, 7] { #expect(try bytes(threads, 1, change) == one, "\(threads) threads") }
            #expect(try bytes(2, 2, change) != one)
        }
    }

    /// XGBoost itself, on its own threads: rounded gradients give one model.
    @Test(.enabled(if: RankingWorld.library != nil)) func xgboostOnSeveralThreads() throws {
        let library = try #require(RankingWorld.library)
        let features = RankingWorld.conjunction(requests: 2_000).features
        let count = features.rowCount
        func model(_ threads: Int) throws -> [UInt8] {
            let matrix = try TrainingMatrix(features, library: library, threads: threads)
            let booster = try Booster(
                [matrix],
                parameters: [
                    ("objective", "reg:squarederror"), ("base_score", "0"), ("tree_method", "hist"),
                    ("nthread", "\(threads)"), ("max_depth", "8"), ("min_child_weight", "0.01"),
                ], library: library)
            let (gradient, hessian) = (
                SharedBuffer<Float>(count: count, repeating: 0), SharedBuffer<Float>(count: count, repeating: 0)
            )
            for round in 0..<4 as Range<UInt64> {
                var random = RandomSource(seed: 5, round)
                for row in 0..<count {
                    let u = random.uniform() - 0.5
                    gradient.pointer[row] = u * u * u + 0.1 * features[row, 0] * features[row, 1]
                    hessian.pointer[row] = random.uniform()
                }
                LambdaGradient.quantise(gradient, threads: 1)
                LambdaGradient.quantise(hessian, threads: 1)
                try booster.boost(matrix, gradient: gradient.pointer, hessian: hessian.pointer)
            }
            return try booster.json()
        }
        let one = try model(1)
        for threads in [2, 3, 5] { #expect(try model(threads) == one, "\(threads) threads") }
    }

    /// The forest scores as XGBoost does.
    @Test(.enabled(if: RankingWorld.library != nil)) func theForestIsTheModel() throws {
        let library = try #require(RankingWorld.library)
        var examples = RankingWorld.conjunction(requests: 100).features
        var random = RandomSource(seed: 3)
        for _ in 0..<300 { examples.values[random.below(examples.values.count)] = .nan }
        let matrix = try TrainingMatrix(examples, library: library, threads: 1)
        let booster = try Booster(
            [matrix],
            parameters: [
                ("objective", "reg:squarederror"), ("base_score", "0"), ("tree_method", "hist"), ("nthread", "1"),
            ],
            library: library)
        var gradient = (0..<examples.rowCount).map { _ in random.uniform() - 0.5 }
        var hessian = [Float](repeating: 1, count: examples.rowCount)
        for _ in 0..<20 { try booster.boost(matrix, gradient: &gradient, hessian: &hessian) }
        var scores = [Float](repeating: 0, count: examples.rowCount)
        try booster.scores(matrix, into: &scores)
        let forest = try XGBoostModel.forest(json: booster.json(), file: "m", featureNames: examples.names)
        #expect(forest.treeCount == 20)
        #expect(forest.scores(of: examples) == scores)
    }

    @Test(.enabled(if: RankingWorld.library != nil)) func awkwardInput() throws {
        // Infinite and unknown values, a column of nothing.
        var examples = Examples(names: ["x", "nothing"])
        var random = RandomSource(seed: 4)
        for _ in 0..<60 {
            var matrix = FeatureMatrix(names: ["x", "nothing"], rowCount: 5)
            let labels = (0..<5).map { _ in random.below(2) == 0 }
            for row in 0..<5 { matrix[row, 0] = labels[row] ? .infinity : [-.infinity, .nan, 0][random.below(3)] }
            examples.append(matrix, labels: labels, missedPositives: 0)
        }
        let (forest, _) = try fit(examples)
        #expect(RankingWorld.ndcg(forest, examples) > 0.99)
        #expect(forest.scores(of: examples.features).allSatisfy { $0.isFinite })

        // One request; requests of one row are left out by the examples themselves.
        var one = Examples(names: ["x"])
        var matrix = FeatureMatrix(names: ["x"], rowCount: 50)
        for row in 0..<50 { matrix[row, 0] = Float(row) }
        one.append(matrix, labels: (0..<50).map { $0 >= 25 }, missedPositives: 3)
        one.append(FeatureMatrix(names: ["x"], rowCount: 1), labels: [true], missedPositives: 0)
        let (small, report) = try fit(one) { $0.trees = 5 }
        #expect(report.requests == 1 && report.heldOutRequests == 0 && report.ndcg == nil && report.trees == 5)
        #expect(report.missedPositives == 3 && small.scores(of: matrix)[49] > small.scores(of: matrix)[0])

        // All alike: nothing to learn from.
        var alike = Examples(names: ["x"])
        for _ in 0..<50 { alike.append(matrix, labels: [Bool](repeating: true, count: 50), missedPositives: 0) }
        #expect(throws: RankingError.tooFewExamples(scenario: "home", positives: 0)) { try fit(alike) }
    }

    @Test(.enabled(if: RankingWorld.library != nil)) func weightsCount() throws {
        // a is right in half of the requests and b in the others, which weigh more.
        var random = RandomSource(seed: 8)
        var examples = Examples(names: ["a", "b"])
        for request in 0..<400 {
            var matrix = FeatureMatrix(names: ["a", "b"], rowCount: 8)
            for at in matrix.values.indices { matrix.values[at] = random.uniform() }
            let column = request % 2
            let gains = (0..<8).map { matrix[$0, column] > 0.7 ? Float(1) : 0 }
            examples.append(
                matrix, gains: gains, weights: gains.map { _ in column == 1 ? 10 : 0.1 }, missedPositives: 0)
        }
        let (forest, _) = try fit(examples) {
            $0.normalised = false; $0.minimumChildWeight = 0.01
        }
        var rows = FeatureMatrix(names: ["a", "b"], rowCount: 2)
        rows.values = [0.9, 0.2, 0.2, 0.9]
        let scores = forest.scores(of: rows)
        #expect(scores[1] > scores[0] + 0.5)
    }

    @Test func theLibraryIsMissing() {
        let error = #expect(throws: BoostingError.self) {
            try XGBoostLibrary(names: ["libnowhere-xgboost.so.0", "libnowhere-xgboost.so"])
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("libnowhere-xgboost.so.0") && text.contains("apt-get install libxgboost0"))
        #expect(text.contains("ranker.kind") && !text.contains("\n"))
        // A library, but not this one.
        for name in ["libm.so.6", "libSystem.dylib"] {
            do {
                _ = try XGBoostLibrary(names: [name])
                Issue.record("\(name) is no XGBoost")
            } catch {
                #expect("\(error)".contains("libxgboost0"))
            }
        }
    }

    @Test(.enabled(if: RankingWorld.library != nil)) func whatXGBoostRefuses() throws {
        let library = try #require(RankingWorld.library)
        let matrix = try TrainingMatrix(
            RankingWorld.conjunction(requests: 3).features, library: library, threads: 1)
        var (gradient, hessian) = ([Float](repeating: 1, count: 30), [Float](repeating: 1, count: 30))
        #expect(throws: BoostingError.self) {
            let booster = try Booster(
                [matrix], parameters: [("tree_method", "nonsense")], library: library)
            try booster.boost(matrix, gradient: &gradient, hessian: &hessian)
        }
    }

    /// What was sampled thinly is not better for it: of rows that no column tells anything of, those above 0 were dropped but
    /// for one in ten.
    @Test(.enabled(if: RankingWorld.library != nil)) func whatWasSampledThinly() throws {
        var random = RandomSource(seed: 12)
        func examples(corrected: Bool) -> Examples {
            var examples = Examples(names: ["x"])
            for _ in 0..<200 {
                var (values, gains, stands): ([Float], [Float], [Float]) = ([], [], [])
                for _ in 0..<200 {
                    let (x, isGood) = (2 * random.uniform() - 1, random.below(20) == 0)
                    let isThin = x > 0 && !isGood
                    if isThin, random.below(10) != 0 { continue }
                    values.append(x)
                    gains.append(isGood ? 1 : 0)
                    stands.append(isThin && corrected ? 10 : 1)
                }
                var matrix = FeatureMatrix(names: ["x"], rowCount: values.count)
                for row in values.indices { matrix[row, 0] = values[row] }
                examples.append(matrix, gains: gains, stands: stands, missedPositives: 0)
            }
            return examples
        }
        func step(_ examples: Examples) throws -> Float {
            let (forest, _) = try fit(examples) { $0.trees = 20 }
            var matrix = FeatureMatrix(names: ["x"], rowCount: 200)
            for row in 0..<200 { matrix[row, 0] = Float(row) / 100 - 0.995 }
            let scores = forest.scores(of: matrix)
            return (scores[100...].reduce(0, +) - scores[..<100].reduce(0, +)) / 100
        }
        let (corrected, plain) = (try step(examples(corrected: true)), try step(examples(corrected: false)))
        #expect(plain > 0.5 && abs(corrected) < plain / 5, "\(corrected), counted once \(plain)")
    }
}
