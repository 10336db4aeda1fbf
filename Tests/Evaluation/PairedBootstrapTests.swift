import Foundation
import MagpieEvaluation
import Testing

@Suite struct PairedBootstrapTests {
    private func noise(_ count: Int, seed: UInt64) -> [Double] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 33) / Double(1 << 31)
        }
    }

    @Test func sameSeedSameNumbers() {
        let (a, b) = (noise(200, seed: 1), noise(200, seed: 2))
        #expect(PairedBootstrap(a, b, seed: 5) == PairedBootstrap(a, b, seed: 5))
        #expect(PairedBootstrap(a, b, seed: 5) != PairedBootstrap(a, b, seed: 6))
    }

    @Test func constantDifferenceHasNoWidth() {
        let b = noise(50, seed: 1).map { ($0 * 8).rounded() }
        let result = PairedBootstrap(b.map { $0 + 2 }, b, seed: 1)
        #expect(result.difference == 2 && result.low == 2 && result.high == 2)
        #expect(result.isBetter && !result.isWorse)
        #expect(PairedBootstrap([1], [3], seed: 1).isWorse)
        let same = PairedBootstrap(b, b, seed: 1)
        #expect(same.difference == 0 && !same.isBetter && !same.isWorse)
    }

    /// The interval of a mean is that of the normal approximation, up to the bootstrap's own noise.
    @Test func widthIsThatOfTheStandardError() {
        let (a, b) = (noise(400, seed: 3), noise(400, seed: 4))
        let result = PairedBootstrap(a, b, seed: 1, samples: 4_000)
        let differences = zip(a, b).map { $0 - $1 }
        let mean = differences.reduce(0, +) / 400
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400
        let halfWidth = 1.96 * (variance / 400).squareRoot()
        #expect(abs(result.difference - mean) < 1e-12)
        #expect(abs(result.low - (mean - halfWidth)) < 0.1 * halfWidth)
        #expect(abs(result.high - (mean + halfWidth)) < 0.1 * halfWidth)
    }

    /// Of systems that do not differ, about 5 % are called different.
    @Test func falseAlarmsAreRare() {
        var alarms = 0
        for trial in 0..<200 {
            let a = noise(60, seed: UInt64(1_000 + trial))
            let b = noise(60, seed: UInt64(9_000 + trial))
            let result = PairedBootstrap(a, b, seed: UInt64(trial), samples: 200)
            if result.isBetter || result.isWorse { alarms += 1 }
        }
        #expect((2...24).contains(alarms))
    }
}
