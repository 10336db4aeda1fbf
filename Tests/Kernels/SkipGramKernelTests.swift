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
        let work = SharedBuffer<Float>(count: stride, repeating: 0)
        let a: [Float] = [0.5, -0.25, 1]
        let b: [Float] = [0.125, 0.75, -0.5]
        for i in 0..<3 {
            input[stride + i] = a[i]
            output[i] = b[i]
        }
        SkipGramKernel.train(
            input: input.pointer, output: output.pointer, stride: stride, inputs: [1], outputs: [0], count: 1,
            rate: 0.5, negatives: 5, noise: .init(rows: [], weights: []), random: 1, work: work.pointer)
        let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let g = (1 - 1 / (1 + exp(-dot))) * 0.5
        for i in 0..<3 {
            #expect(abs(Double(input[stride + i]) - (Double(a[i]) + g * Double(b[i]))) < 5e-3)
            #expect(abs(Double(output[i]) - (Double(b[i]) + g * Double(a[i]))) < 5e-3)
        }
        for i in 3..<stride {
            #expect(input[stride + i] == 0)
            #expect(output[i] == 0)
        }
    }

    /// Two cliques that never meet. The optimum is log(P(b|a) / (k noise(b))) (Levy and Goldberg 2014): with one
    /// negative log(1/4 / 1/8) > 0 inside a clique, minus infinity across.
    @Test func separatesTwoCliques() {
        let stride = 16
        let items = 8
        var random = RandomSource(seed: 5)
        let input = SharedBuffer<Float>(count: items * stride, repeating: 0)
        let output = SharedBuffer<Float>(count: items * stride, repeating: 0)
        let work = SharedBuffer<Float>(count: stride, repeating: 0)
        for i in 0..<input.count { input[i] = (random.uniform() - 0.5) / 16 }
        var inputs: [UInt32] = []
        var outputs: [UInt32] = []
        for _ in 0..<20_000 {
            let a = random.below(items)
            inputs.append(UInt32(a))
            outputs.append(UInt32(a / 4 * 4 + random.below(4)))
        }
        SkipGramKernel.train(
            input: input.pointer, output: output.pointer, stride: stride, inputs: inputs, outputs: outputs,
            count: inputs.count, rate: 0.025, negatives: 1,
            noise: .init(rows: Array(0..<8), weights: [Double](repeating: 1, count: 8)), random: 3, work: work.pointer)
        for a in 0..<items {
            for b in 0..<items {
                let score = VectorKernels.dot(
                    input.pointer + a * stride, output.pointer + b * stride, count: stride)
                #expect((score > 0) == (a / 4 == b / 4), "\(a) \(b) \(score)")
            }
        }
    }
}
