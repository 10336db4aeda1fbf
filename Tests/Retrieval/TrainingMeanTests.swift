import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct TrainingMeanTests {
    /// Two tables walk about at random; what is left is the mean of the looks, whichever threads added them up.
    @Test(arguments: [1, 3]) func weighsEachLookByWhatWasTrained(threads: Int) {
        var random = RandomSource(seed: 5)
        let tables = [16 * 37, 16].map { SharedBuffer<Float>(count: $0, repeating: 0) }
        var mean = TrainingMean(of: tables)
        var sums = tables.map { [Double](repeating: 0, count: $0.count) }
        var weights = 0.0
        for step in 1...64 {
            for table in tables { for i in 0..<table.count { table[i] = random.uniform() } }
            let done = Double(step) / 64
            mean.look(at: done, threads: threads)
            // 32 looks a training: every other step.
            guard step % 2 == 0 else { continue }
            weights += done
            for (t, table) in tables.enumerated() { for i in 0..<table.count { sums[t][i] += done * Double(table[i]) } }
        }
        mean.replace(threads: threads)
        for (t, table) in tables.enumerated() {
            #expect((0..<table.count).allSatisfy { abs(Double(table[$0]) - sums[t][$0] / weights) < 1e-5 })
        }
    }

    /// However short the training, its end is looked at.
    @Test func oneStepIsItsOwnMean() {
        let table = SharedBuffer<Float>(count: 16, repeating: 2)
        var mean = TrainingMean(of: [table])
        mean.look(at: 1, threads: 1)
        mean.replace(threads: 1)
        #expect(table.array() == [Float](repeating: 2, count: 16))
    }

    @Test func withoutTrainingNothingIsChanged() {
        let table = SharedBuffer<Float>(count: 16, repeating: 2)
        TrainingMean(of: [table]).replace(threads: 1)
        #expect(table.array() == [Float](repeating: 2, count: 16))
    }
}
