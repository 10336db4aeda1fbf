import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRanking
import Testing

@testable import MagpieBoosting

@Suite struct LambdaGradientTests {
    /// Requests of 1 to 40 rows, graded, with ties.
    private func world(
        _ seed: UInt64, weighted: Bool = false, sampled: Bool = false
    ) -> (Examples, SharedBuffer<Float>) {
        var random = RandomSource(seed: seed, 77)
        var examples = Examples(names: ["x"])
        for _ in 0..<30 {
            let count = 1 + random.below(40)
            let gains = (0..<count).map { _ in Float([0, 0, 0, 1, 3, 7][random.below(6)]) }
            let weights = gains.map { _ in weighted ? random.uniform() * 2 : 1 }
            let stands = gains.map { sampled && $0 == 0 ? Float(1 + random.below(5)) : 1 }
            examples.append(
                FeatureMatrix(names: ["x"], rowCount: count), gains: gains, weights: weights, stands: stands,
                missedPositives: 0)
        }
        let scores = SharedBuffer<Float>(count: examples.rowCount, repeating: 0)
        for row in 0..<scores.count { scores.pointer[row] = Float(random.below(9)) / 4 - 1 }
        return (examples, scores)
    }

    /// The sum of the documentation, pair by pair, with ranks and deltas as they are at `at`.
    private func loss(
        _ examples: Examples, group: Int, ranksAt at: [Float], scores: [Float], truncation: Int, sigma: Double
    ) -> Double {
        let first = examples.groups[group]
        let gains = Array(examples.gains[first..<examples.groups[group + 1]])
        let order = gains.indices.sorted { (at[$1], $0) < (at[$0], $1) }
        let stands = Array(examples.stands[first..<examples.groups[group + 1]]).map(Double.init)
        var rank = [Double](repeating: 0, count: gains.count)
        var before = 0.0
        for row in order {
            rank[row] = before + (stands[row] + 1) / 2
            before += stands[row]
        }
        let ideal = gains.sorted(by: >).prefix(truncation).enumerated()
            .reduce(0.0) { $0 + Double($1.element) / log2(Double($1.offset) + 2) }
        var sum = 0.0
        for h in gains.indices {
            for l in gains.indices where gains[h] > gains[l] && min(rank[h], rank[l]) < Double(truncation) + 1 {
                let change = 1 / log2(1 + rank[h]) - 1 / log2(1 + rank[l])
                let delta = Double(gains[h] - gains[l]) * abs(change) / ideal * stands[h] * stands[l]
                sum +=
                    Double(examples.weights[first + h]) * delta
                    * log(1 + exp(-sigma * (Double(scores[h]) - Double(scores[l]))))
            }
        }
        return sum
    }

    @Test(arguments: [1, 3, 10, 100]) func gradientsAreThoseOfTheLoss(_ truncation: Int) {
        for (seed, sigma) in [(1, 1.0), (2, 2.0), (3, 0.5), (4, 1.0)] as [(UInt64, Double)] {
            let (examples, scores) = world(seed, weighted: seed == 3, sampled: seed == 4)
            let gradients = LambdaGradient(examples, truncation: truncation, sigma: sigma, isNormalised: false)
            let gradient = SharedBuffer<Float>(count: scores.count, repeating: 9)
            let hessian = SharedBuffer<Float>(count: scores.count, repeating: 9)
            let all = [Bool](repeating: true, count: examples.groupCount)
            gradients.fill(scores: scores, isUsed: all, gradient: gradient, hessian: hessian, threads: 2)
            for group in 0..<examples.groupCount {
                let rows = examples.groups[group]..<examples.groups[group + 1]
                let here = rows.map { scores[$0] }
                // A power of two, so that the moved scores are exact.
                let step: Float = 1.0 / 256
                for row in rows.indices.prefix(12) {
                    func at(_ change: Float) -> Double {
                        var moved = here
                        moved[row - rows.lowerBound] += change
                        return loss(
                            examples, group: group, ranksAt: here, scores: moved, truncation: truncation, sigma: sigma)
                    }
                    let slope = (at(step) - at(-step)) / Double(2 * step)
                    let curve = (at(step) - 2 * at(0) + at(-step)) / Double(step * step)
                    #expect(abs(slope - Double(gradient[row])) < 1e-4 * max(1, abs(slope)))
                    #expect(abs(curve - Double(hessian[row])) < 1e-3 * max(1, abs(curve)))
                }
            }
        }
    }

    /// With both kinds of scaling: within a request gradients cancel, and their sizes sum to log2(1 + n).
    @Test func normalisedGradients() {
        let (examples, scores) = world(4)
        let plain = LambdaGradient(examples, truncation: 10, isNormalised: false)
        let normalised = LambdaGradient(examples, truncation: 10, isNormalised: true)
        func filled(_ gradients: LambdaGradient) -> [Float] {
            let gradient = SharedBuffer<Float>(count: scores.count, repeating: 0)
            let hessian = SharedBuffer<Float>(count: scores.count, repeating: 0)
            gradients.fill(
                scores: scores, isUsed: [Bool](repeating: true, count: examples.groupCount), gradient: gradient,
                hessian: hessian, threads: 1)
            #expect(hessian.array().allSatisfy { $0 >= 0 && $0.isFinite })
            return gradient.array()
        }
        let (a, b) = (filled(plain), filled(normalised))
        for group in 0..<examples.groupCount {
            let rows = examples.groups[group]..<examples.groups[group + 1]
            #expect(abs(b[rows].reduce(0, +)) < 1e-4 && abs(a[rows].reduce(0, +)) < 1e-4)
            // Pulled up or down alike, whatever the size.
            let best = rows.max { examples.gains[$0] < examples.gains[$1] }
            if let best, examples.gains[best] > 0 { #expect(a[best] <= 0 && b[best] <= 0) }
        }
        #expect(a != b)
    }

    @Test func requestsLeftOutAndThreads() {
        let (examples, scores) = world(5)
        let gradients = LambdaGradient(examples, truncation: 5)
        let used = (0..<examples.groupCount).map { $0 % 3 != 0 }
        var results: [[UInt32]] = []
        for threads in [1, 2, 5] {
            let gradient = SharedBuffer<Float>(count: scores.count, repeating: 9)
            let hessian = SharedBuffer<Float>(count: scores.count, repeating: 9)
            gradients.fill(scores: scores, isUsed: used, gradient: gradient, hessian: hessian, threads: threads)
            for group in 0..<examples.groupCount where !used[group] {
                for row in examples.groups[group]..<examples.groups[group + 1] {
                    #expect(gradient[row] == 0 && hessian[row] == 0)
                }
            }
            results.append(gradient.array().map(\.bitPattern) + hessian.array().map(\.bitPattern))
        }
        #expect(Set(results).count == 1)
    }

    /// After rounding the sum in 64 bits does not depend on the order, and no gradient has moved much.
    @Test func quantisedSumsAreExact() {
        var random = RandomSource(seed: 6)
        for scale in [1e-20, 1e-3, 1, 1e6] as [Float] {
            let values = SharedBuffer<Float>(count: 100_000, repeating: 0)
            for i in 0..<values.count {
                let u = random.uniform() - 0.5
                values.pointer[i] = scale * u * u * u
            }
            let before = values.array()
            LambdaGradient.quantise(values, threads: 2)
            let after = values.array()
            let largest = before.map(abs).max() ?? 0
            #expect(zip(before, after).allSatisfy { abs($0 - $1) <= largest * 0x1p-21 })
            var shuffled = after
            random.shuffle(&shuffled)
            let sums = [after, shuffled, after.sorted()].map { $0.reduce(0.0) { $0 + Double($1) } }
            #expect(Set(sums).count == 1)
            let unrounded = [before, before.sorted()].map { $0.reduce(0.0) { $0 + Double($1) } }
            #expect(Set(unrounded).count == 2, "the rounding is not needed")
        }
        let zeros = SharedBuffer<Float>(count: 3, repeating: 0)
        LambdaGradient.quantise(zeros, threads: 1)
        #expect(zeros.array() == [0, 0, 0])
    }

    @Test func ndcgByHand() {
        var examples = Examples(names: ["x"])
        examples.append(FeatureMatrix(names: ["x"], rowCount: 4), gains: [0, 1, 0, 3], missedPositives: 0)
        let ideal: Double = 3 + 1 / log2(3.0)
        func ndcg(_ scores: [Float], _ k: Int) -> Double { RequestNDCG.values(scores, examples, at: k)[0] }
        #expect(abs(ndcg([0, 1, 2, 3], 10) - (3 + 1 / log2(4.0)) / ideal) < 1e-12)
        #expect(ndcg([0, 2, 1, 3], 10) == 1 && ndcg([9, 2, 1, 3], 1) == 0)
        // Ties by row: 0, 1, 2, 3.
        #expect(abs(ndcg([0, 0, -0.0, 0], 10) - (1 / log2(3.0) + 3 / log2(5.0)) / ideal) < 1e-12)
        #expect(abs(ndcg([-1, -2, -3, -0.5], 2) - 3 / ideal) < 1e-12)
    }

    /// A row that stands for n candidates counts as n rows of the same score.
    @Test func ndcgOfSamples() {
        var random = RandomSource(seed: 9)
        for k in [1, 5, 10, 40] {
            let gains = (0..<15).map { _ in Float(random.below(4) == 0 ? 1 : 0) } + [1, 0]
            let stands = gains.map { $0 > 0 ? Float(1) : Float(1 + random.below(6)) }
            let scores = gains.indices.map { _ in random.uniform() }
            var (sampled, whole) = (Examples(names: ["x"]), Examples(names: ["x"]))
            sampled.append(
                FeatureMatrix(names: ["x"], rowCount: gains.count), gains: gains, stands: stands, missedPositives: 0)
            func copies(_ values: [Float]) -> [Float] {
                values.indices.flatMap { [Float](repeating: values[$0], count: Int(stands[$0])) }
            }
            let all = copies(gains)
            whole.append(FeatureMatrix(names: ["x"], rowCount: all.count), gains: all, missedPositives: 0)
            let (a, b) = (
                RequestNDCG.values(scores, sampled, at: k)[0], RequestNDCG.values(copies(scores), whole, at: k)[0]
            )
            #expect(abs(a - b) < 1e-12)
        }
    }
}
