import Foundation
import MagpieKernels
import Testing

/// The kernel against the update rule written out in doubles.
@Suite struct SkipGramKernelTests {
    @Test func onePairWithoutNoiseIsOneLogisticStep() {
        let stride = SkipGramKernel.stride(for: 3)
        #expect(stride == 16)
        let input = SharedBuffer<Float>(count: 2 * stride, repeating: 0)
        let output = SharedBuffer<Float>(count: 2 * stride, repeating: 0)
        let work = SharedBuffer<Float>(count: SkipGramKernel.workCount(stride: stride), repeating: 0)
        let a: [Float] = [0.5, -0.25, 1]
        let b: [Float] = [0.125, 0.75, -0.5]
        for i in 0..<3 {
            input[stride + i] = a[i]
            output[i] = b[i]
        }
        SkipGramKernel.train(
            input: input.pointer, output: output.pointer, stride: stride, dimension: 3, inputs: [1], outputs: [0],
            count: 1, rate: 0.5, negatives: 5, noise: .init(rows: [], weights: []), random: 1, work: work.pointer)
        let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let g = (1 - 1 / (1 + exp(-dot))) * 0.5
        for i in 0..<3 {
            #expect(abs(Double(input[stride + i]) - (Double(a[i]) + g * Double(b[i]))) < 1e-5)
            #expect(abs(Double(output[i]) - (Double(b[i]) + g * Double(a[i]))) < 1e-5)
        }
        for i in 3..<stride {
            #expect(input[stride + i] == 0)
            #expect(output[i] == 0)
        }
    }

    /// Products of 5 and 7, and their opposites, by a rate that would move them far: only what is not sure moves.
    @Test(arguments: [Float(5), 7, -5, -7]) func whatIsSureIsLeftAlone(product: Float) {
        let stride = 16
        let input = SharedBuffer<Float>(count: stride, repeating: 0)
        let output = SharedBuffer<Float>(count: 2 * stride, repeating: 0)
        let work = SharedBuffer<Float>(count: SkipGramKernel.workCount(stride: stride), repeating: 0)
        input[0] = 1
        output[0] = product
        output[stride] = product
        SkipGramKernel.train(
            input: input.pointer, output: output.pointer, stride: stride, dimension: 1, inputs: [0], outputs: [0],
            count: 1, rate: 1, negatives: 1, noise: .init(rows: [1], weights: [1]), random: 1, work: work.pointer)
        let isSure = !(abs(product) < 6)
        #expect((input[0] == 1) == isSure)
        #expect((output[0] == product) == isSure, "the pair")
        #expect((output[stride] == product) == isSure, "the noise")
    }

    /// Two cliques that never meet. The optimum is log(P(b|a) / (k noise(b))) (Levy and Goldberg 2014): with one
    /// negative log(1/4 / 1/8) > 0 inside a clique, minus infinity across.
    @Test func separatesTwoCliques() {
        let stride = 16
        let items = 8
        var random = RandomSource(seed: 5)
        let input = SharedBuffer<Float>(count: items * stride, repeating: 0)
        let output = SharedBuffer<Float>(count: items * stride, repeating: 0)
        let work = SharedBuffer<Float>(count: SkipGramKernel.workCount(stride: stride), repeating: 0)
        for i in 0..<input.count { input[i] = (random.uniform() - 0.5) / 16 }
        var inputs: [UInt32] = []
        var outputs: [UInt32] = []
        for _ in 0..<200_000 {
            let a = random.below(items)
            inputs.append(UInt32(a))
            outputs.append(UInt32(a / 4 * 4 + random.below(4)))
        }
        SkipGramKernel.train(
            input: input.pointer, output: output.pointer, stride: stride, dimension: stride, inputs: inputs,
            outputs: outputs, count: inputs.count, rate: 0.005, negatives: 1,
            noise: .init(rows: Array(0..<8), weights: [Double](repeating: 1, count: 8)), random: 3, work: work.pointer)
        for a in 0..<items {
            for b in 0..<items {
                let score = VectorKernels.dot(
                    input.pointer + a * stride, output.pointer + b * stride, count: stride)
                #expect((score > 0) == (a / 4 == b / 4), "\(a) \(b) \(score)")
            }
        }
    }

    /// Batches with more noise than is drawn at a time, repeated rows, a last batch that is not full, and a padded
    /// dimension, against the rule of CKernels.h in doubles.
    @Test(arguments: [0, 1, 4, 7, 33]) func batchesFollowTheRule(negatives: Int) {
        let (items, d, count) = (6, 20, 41)
        let stride = SkipGramKernel.stride(for: d)
        var random = RandomSource(seed: 9, UInt64(negatives))
        let input = SharedBuffer<Float>(count: items * stride, repeating: 0)
        let output = SharedBuffer<Float>(count: items * stride, repeating: 0)
        let work = SharedBuffer<Float>(count: SkipGramKernel.workCount(stride: stride), repeating: 7)
        for row in 0..<items {
            for i in 0..<d {
                // Row 0 is long: with itself its product is beyond what is moved.
                input[row * stride + i] = row == 0 ? 0.7 : random.uniform() - 0.5
                output[row * stride + i] = row == 0 ? 0.7 : random.uniform() - 0.5
            }
        }
        let inputs = (0..<count).map { _ in UInt32(random.below(items)) }
        let outputs = (0..<count).map { _ in UInt32(random.below(items)) }
        var expected = Reference(input: input, output: output, items: items, stride: stride)
        SkipGramKernel.train(
            input: input.pointer, output: output.pointer, stride: stride, dimension: d, inputs: inputs,
            outputs: outputs, count: count, rate: 0.005, negatives: negatives,
            // One row alone, so that nobody needs to know which was drawn.
            noise: .init(rows: [2], weights: [1]), random: 1, work: work.pointer)
        expected.train(inputs, outputs, rate: 0.005, noise: 2, negatives: negatives)
        for cell in 0..<items * stride {
            #expect(abs(Double(input[cell]) - expected.input[cell]) < 1e-5, "input \(cell)")
            #expect(abs(Double(output[cell]) - expected.output[cell]) < 1e-5, "output \(cell)")
        }
    }

    private struct Reference {
        var input: [Double]
        var output: [Double]
        let stride: Int

        init(input: SharedBuffer<Float>, output: SharedBuffer<Float>, items: Int, stride: Int) {
            self.input = (0..<items * stride).map { Double(input[$0]) }
            self.output = (0..<items * stride).map { Double(output[$0]) }
            self.stride = stride
        }

        private func row(_ table: [Double], _ row: Int) -> [Double] { Array(table[row * stride..<(row + 1) * stride]) }

        private func slope(_ a: [Double], _ b: [Double], label: Double, rate: Double) -> Double {
            let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
            return abs(product) < 6 ? (label - 1 / (1 + exp(-product))) * rate : 0
        }

        private func add(_ factor: Double, _ x: [Double], to table: inout [Double], _ row: Int) {
            for i in 0..<stride { table[row * stride + i] += factor * x[i] }
        }

        mutating func train(_ inputs: [UInt32], _ outputs: [UInt32], rate: Double, noise: Int, negatives: Int) {
            for first in Swift.stride(from: 0, to: inputs.count, by: 16) {
                let pairs = first..<min(first + 16, inputs.count)
                let copies = pairs.map { row(input, Int(inputs[$0])) }
                var errors = [Double](repeating: 0, count: copies.count * stride)
                for (p, copy) in zip(pairs, copies) {
                    let before = row(output, Int(outputs[p]))
                    let g = slope(copy, before, label: 1, rate: rate)
                    add(g, before, to: &errors, p - first)
                    add(g, copy, to: &output, Int(outputs[p]))
                }
                for begin in Swift.stride(from: 0, to: negatives, by: 20) {
                    let before = row(output, noise)
                    for _ in begin..<min(begin + 20, negatives) {
                        for (p, copy) in zip(pairs, copies) where Int(outputs[p]) != noise {
                            let g = slope(copy, before, label: 0, rate: rate)
                            add(g, before, to: &errors, p - first)
                            add(g, copy, to: &output, noise)
                        }
                    }
                }
                for p in pairs { add(1, row(errors, p - first), to: &input, Int(inputs[p])) }
            }
        }
    }
}
