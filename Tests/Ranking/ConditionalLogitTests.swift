import Foundation
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct ConditionalLogitTests {
    static let weights: [Float] = [2, -1, 0]

    /// Requests of ten candidates with three features of different scales; the choice is drawn from the softmax of
    /// the planted weights.
    private func planted(requests: Int, seed: UInt64 = 1, names: [String] = ["a", "b", "c"]) -> Examples {
        var random = RandomSource(seed: seed)
        var examples = Examples(names: names)
        for _ in 0..<requests {
            var matrix = FeatureMatrix(names: names, rowCount: 10)
            var utilities: [Float] = []
            for row in 0..<10 {
                let x = (0..<3).map { _ in 2 * random.uniform() - 1 }
                matrix[row, 0] = x[0]
                // What scale and offset a feature has must not matter.
                matrix[row, 1] = 100 * x[1] + 2_000
                matrix[row, 2] = x[2]
                utilities.append(zip(x, Self.weights).reduce(0) { $0 + $1.0 * $1.1 })
            }
            let shares = utilities.map { Float(exp(Double($0))) }
            var left = random.uniform() * shares.reduce(0, +)
            let choice = shares.firstIndex { share in
                left -= share
                return left <= 0
            }
            examples.append(matrix, labels: (0..<10).map { $0 == choice }, missedPositives: 1)
        }
        return examples
    }

    @Test func recoversWhatWasPlanted() throws {
        let examples = planted(requests: 3_000)
        let (ranker, report) = try ConditionalLogit.fit(
            examples, scenario: "home", options: .init(l2: 1e-6), threads: 2)
        let slopes = zip(ranker.weight, ranker.scale).map { $0 / $1 }
        #expect(abs(slopes[0] - 2) < 0.15 && abs(100 * slopes[1] + 1) < 0.15 && abs(slopes[2]) < 0.15)
        #expect(abs(report.lossBefore - log(10)) < 1e-9 && report.loss < report.lossBefore - 0.3)
        #expect(report.positives == 3_000 && report.examples == 30_000 && report.missedPositives == 3_000)
        #expect(report.steps < 12)
        #expect(ranker.weights.map(\.feature) == ["a", "b", "c"])
    }

    @Test func gradientAndHessianAreThoseOfTheLoss() {
        let examples = planted(requests: 40)
        let standard = Standardiser(examples.features)
        let problem = ConditionalLogit.Problem(
            design: standard.design(examples.features), examples: examples, l2: 0.3)
        let at = [0.3, -0.7, 1.1]
        let here = problem.evaluate(at, withHessian: true, threads: 1)
        #expect(problem.evaluate(at, threads: 1).gradient == here.gradient)
        let step = 1e-5
        for f in 0..<3 {
            var (up, down) = (at, at)
            up[f] += step
            down[f] -= step
            let (above, below) = (problem.evaluate(up, threads: 1), problem.evaluate(down, threads: 1))
            #expect(abs((above.loss - below.loss) / (2 * step) - here.gradient[f]) < 1e-6)
            for g in 0..<3 {
                let slope = (above.gradient[g] - below.gradient[g]) / (2 * step)
                #expect(abs(slope - here.hessian[f * 3 + g]) < 1e-6)
            }
        }
    }

    /// Several positives in a request are as many choices among the same candidates.
    @Test func severalPositivesInARequest() {
        var examples = Examples(names: ["x"])
        var matrix = FeatureMatrix(names: ["x"], rowCount: 3)
        matrix.values = [1, 0, -1]
        examples.append(matrix, labels: [true, true, false], missedPositives: 0)
        let problem = ConditionalLogit.Problem(
            design: Standardiser(examples.features).design(examples.features), examples: examples, l2: 0)
        let scale = (2.0 / 3).squareRoot()
        let x = [1, 0, -1].map { $0 / scale }
        let w = 0.8
        let normaliser = x.reduce(0) { $0 + exp(w * $1) }
        let loss = -[x[0], x[1]].map { log(exp(w * $0) / normaliser) }.reduce(0, +) / 2
        #expect(abs(problem.evaluate([w], threads: 1).loss - loss) < 1e-6)
    }

    /// Lists in the order of x, of which fewer and fewer look at the next place; liked is what is seen and has y. Without the
    /// places x seems to be liked; with them it is not, and what is left is the same for whoever ranks without places.
    @Test func placesAreNoTaste() throws {
        func lists(withPlaces: Bool) -> Examples {
            var random = RandomSource(seed: 5)
            var examples = Examples(names: ["x", "y"])
            for _ in 0..<1_500 {
                let x = (0..<10).map { _ in random.uniform() }.sorted(by: >)
                var matrix = FeatureMatrix(names: ["x", "y"], rowCount: 10)
                var labels: [Bool] = []
                for row in 0..<10 {
                    matrix[row, 0] = x[row]
                    matrix[row, 1] = random.uniform()
                    let seen = exp(-1.2 * (log2(Float(row) + 2) - 1))
                    labels.append(random.uniform() < seen && random.uniform() < matrix[row, 1])
                }
                examples.append(
                    matrix, gains: labels.map { $0 ? 1 : 0 }, places: withPlaces ? (1...10).map(Float.init) : nil,
                    missedPositives: 0)
            }
            return examples
        }
        let (blind, before) = try ConditionalLogit.fit(
            lists(withPlaces: false), scenario: "home", options: .init(l2: 1e-4), threads: 2)
        let (fair, report) = try ConditionalLogit.fit(
            lists(withPlaces: true), scenario: "home", options: .init(l2: 1e-4), threads: 2)
        #expect(blind.weight[0] > 0.4 && before.placeSlope == nil, "\(blind.weight)")
        #expect(abs(fair.weight[0]) < 0.15 && fair.weight[1] > 0.4, "\(fair.weight)")
        #expect(fair.featureNames == ["x", "y"] && report.weights.count == 2)
        let slope = try #require(report.placeSlope)
        #expect(abs(slope - 1.2) < 0.25)
        // Likes at places that few look at weigh more; nothing else changes.
        let examples = lists(withPlaces: true)
        let weighted = examples.weighted(by: PlacePropensities(slope: slope))
        for row in 0..<10 {
            let expected = examples.labels[row] ? min(10, exp(slope * Double(log2(Float(row) + 2) - 1))) : 1
            #expect(abs(Double(weighted.weights[row]) - expected) < 1e-4)
        }
        #expect(weighted.gains == examples.gains)
    }

    /// Lists of chance tell how often places are looked at: then x is no taste either, for a model that is told no places.
    @Test func whatListsOfChanceTell() throws {
        var random = RandomSource(seed: 8)
        let looks = [1, 0.7, 0.5, 0.3, 0.2]
        var (shown, liked) = ([Int](repeating: 0, count: 5), [Int](repeating: 0, count: 5))
        var examples = Examples(names: ["x", "y"])
        for list in 0..<6_000 {
            let isExplored = list % 3 == 0
            var x = (0..<5).map { _ in random.uniform() }
            if !isExplored { x.sort(by: >) }
            var matrix = FeatureMatrix(names: ["x", "y"], rowCount: 5)
            var labels: [Bool] = []
            for row in 0..<5 {
                matrix[row, 0] = x[row]
                matrix[row, 1] = random.uniform()
                labels.append(Double(random.uniform()) < looks[row] && random.uniform() < matrix[row, 1])
                if isExplored { (shown[row], liked[row]) = (shown[row] + 1, liked[row] + (labels[row] ? 1 : 0)) }
            }
            examples.append(
                matrix, gains: labels.map { $0 ? 1 : 0 }, places: (1...5).map(Float.init), missedPositives: 0)
        }
        let propensities = try #require(PlacePropensities(shown: shown, liked: liked))
        for (value, look) in zip(propensities.values, looks) { #expect(abs(value - look) < 0.1, "\(propensities)") }
        let weighted = examples.weighted(by: propensities)
        #expect(!weighted.hasPlaces && examples.hasPlaces)
        let (fair, report) = try ConditionalLogit.fit(weighted, scenario: "home", options: .init(l2: 1e-4), threads: 2)
        #expect(abs(fair.weight[0]) < 0.1 && fair.weight[1] > 0.4 && report.placeSlope == nil, "\(fair.weight)")
    }

    @Test func propensitiesNeverRise() throws {
        let pooled = try #require(PlacePropensities(shown: [100, 100, 100, 100, 0], liked: [100, 40, 60, 1, 0]))
        #expect(pooled.values == [1, 0.5, 0.5, 0.1])
        #expect([-5, 0, 1, 3, 4, 50, Float(Int.max)].map(pooled.value) == [1, 1, 1, 0.5, 0.1, 0.1, 0.1])
        #expect(PlacePropensities(shown: [100, 100], liked: [90, 90]) == nil, "too few likes")
        #expect(PlacePropensities(shown: [], liked: []) == nil)
        #expect(PlacePropensities(shown: [0, 300], liked: [0, 300]) == nil, "nothing was first")
    }

    /// A choice that is worth two is made twice.
    @Test func gainsAreChoices() {
        var matrix = FeatureMatrix(names: ["x"], rowCount: 4)
        matrix.values = [1, 0, -1, 0.5]
        func problem(_ gains: [[Float]]) -> ConditionalLogit.Evaluation {
            var examples = Examples(names: ["x"])
            for gains in gains { examples.append(matrix, gains: gains, missedPositives: 0) }
            return ConditionalLogit.Problem(
                design: Standardiser(examples.features).design(examples.features), examples: examples, l2: 0.1
            ).evaluate([0.7], withHessian: true, threads: 1)
        }
        let (one, two) = (problem([[2, 0, 0, 1]]), problem([[1, 0, 0, 1], [1, 0, 0, 0]]))
        #expect(abs(one.loss - two.loss) < 1e-9 && abs(one.gradient[0] - two.gradient[0]) < 1e-9)
        #expect(abs(one.hessian[0] - two.hessian[0]) < 1e-9)
    }

    /// A row that stands for three is three rows, in the loss and its derivatives.
    @Test func aSampleStandsForAll() {
        func problem(_ values: [Float], _ stands: [Float]?, _ standard: Standardiser?) -> ConditionalLogit.Problem {
            var matrix = FeatureMatrix(names: ["x"], rowCount: values.count)
            matrix.values = values
            var examples = Examples(names: ["x"])
            examples.append(
                matrix, labels: values.indices.map { $0 == 0 }, stands: stands, missedPositives: 0)
            let standard = standard ?? Standardiser(examples.features)
            return .init(design: standard.design(examples.features), examples: examples, l2: 0.1)
        }
        let all = problem([1, 0, -1, -1, -1], nil, nil)
        let sample = problem([1, 0, -1], [1, 1, 3], Standardiser(all.examples.features))
        let (a, b) = (
            all.evaluate([0.7], withHessian: true, threads: 1), sample.evaluate([0.7], withHessian: true, threads: 1)
        )
        #expect(abs(a.loss - b.loss) < 1e-12)
        #expect(abs(a.gradient[0] - b.gradient[0]) < 1e-12 && abs(a.hessian[0] - b.hessian[0]) < 1e-12)
    }

    @Test func theSameForAnyNumberOfThreads() throws {
        let folder = try TemporaryFolder()
        let examples = planted(requests: 333)
        var files: [Data] = []
        for threads in [1, 2, 3, 7] {
            let (ranker, _) = try ConditionalLogit.fit(examples, scenario: "home", threads: threads)
            try ranker.write(to: folder.file("ranker.safetensors"))
            files.append(try Data(contentsOf: folder.file("ranker.safetensors")))
        }
        #expect(Set(files).count == 1)
    }

    /// Columns that say nothing are worth nothing, and do no harm to those that do.
    @Test func constantAndUnknownColumns() throws {
        let plain = planted(requests: 400)
        let names = ["a", "b", "c", "constant", "unknown", "almost"]
        var widened = Examples(names: names)
        for group in 0..<plain.groupCount {
            let rows = plain.groups[group]..<plain.groups[group + 1]
            var matrix = FeatureMatrix(names: names, rowCount: rows.count)
            for (row, source) in rows.enumerated() {
                for f in 0..<3 { matrix[row, f] = plain.features[source, f] }
                matrix[row, 3] = 0.1
            }
            if group == 7 { matrix[0, 5] = 3 }
            widened.append(matrix, labels: rows.map { plain.labels[$0] }, missedPositives: 0)
        }
        let (before, _) = try ConditionalLogit.fit(plain, scenario: "home", threads: 2)
        let (after, report) = try ConditionalLogit.fit(widened, scenario: "home", threads: 2)
        #expect(after.weight[3...].allSatisfy { $0 == 0 } && after.missing.allSatisfy { $0 == 0 })
        #expect(close(Array(after.weight[..<3]), before.weight) && report.loss.isFinite)
    }

    /// What is often unknown has a weight for being unknown.
    @Test func notKnownIsAFeatureOfItsOwn() throws {
        var random = RandomSource(seed: 3)
        var examples = Examples(names: ["x"])
        for _ in 0..<300 {
            var matrix = FeatureMatrix(names: ["x"], rowCount: 6)
            for row in 3..<6 { matrix[row, 0] = random.uniform() }
            let choice = random.below(10) < 8 ? random.below(3) : 3 + random.below(3)
            examples.append(matrix, labels: (0..<6).map { $0 == choice }, missedPositives: 0)
        }
        let (ranker, _) = try ConditionalLogit.fit(examples, scenario: "home", options: .init(l2: 1e-6), threads: 1)
        #expect(abs(ranker.missing[0] - Float(log(4.0))) < 0.3)
    }

    /// Perfectly separated data has no finite optimum without the ridge: it must still end.
    @Test func separableDataEnds() throws {
        var examples = Examples(names: ["x", "copy"])
        for _ in 0..<50 {
            var matrix = FeatureMatrix(names: ["x", "copy"], rowCount: 4)
            matrix.values = [1, 1, 0, 0, 0, 0, 0, 0]
            examples.append(matrix, labels: [true, false, false, false], missedPositives: 0)
        }
        for l2 in [0, 1e-9, 0.03] {
            let (ranker, report) = try ConditionalLogit.fit(
                examples, scenario: "home", options: .init(l2: l2), threads: 1)
            #expect(report.loss.isFinite && ranker.weight.allSatisfy { $0.isFinite }, "\(ranker.weight) \(l2)")
            if l2 > 1e-3 { #expect(ranker.weight.allSatisfy { $0 > 0 }, "\(ranker.weight)") }
        }
    }

    @Test func tooFewExamples() {
        let examples = planted(requests: 19)
        #expect(throws: RankingError.tooFewExamples(scenario: "home", positives: 19)) {
            try ConditionalLogit.fit(examples, scenario: "home", threads: 1)
        }
        #expect(throws: RankingError.self) {
            try ConditionalLogit.fit(Examples(names: ["x"]), scenario: "home", threads: 1)
        }
    }

    /// Requests that teach nothing are left out, but what they missed is counted.
    @Test func requestsWithoutAChoice() {
        var examples = Examples(names: ["x"])
        let matrix = FeatureMatrix(names: ["x"], rowCount: 2)
        examples.append(matrix, labels: [true, true], missedPositives: 1)
        examples.append(matrix, labels: [false, false], missedPositives: 2)
        examples.append(FeatureMatrix(names: ["x"], rowCount: 0), labels: [], missedPositives: 4)
        #expect(examples.groupCount == 0 && examples.positives == 0 && examples.missedPositives == 7)
    }
}
