import MagpieDomain
import MagpieKernels
import MagpieRanking
import Testing

@testable import MagpieOffline

@Suite struct ScoredRowsTests {
    /// Rows of `requests` people, ten each, of whom each likes a share of what has its score.
    private func trial(people: Int, seed: UInt64, isInverted: Bool = false) -> RankerTrial {
        var random = RandomSource(seed: seed)
        var examples = Examples(names: ["x"])
        var scores: [Float] = []
        for person in 0..<people {
            let own = (0..<10).map { _ in random.uniform() }
            var matrix = FeatureMatrix(names: ["x"], rowCount: 10)
            for row in 0..<10 { matrix[row, 0] = own[row] }
            let labels = own.map { (random.uniform() < $0) != isInverted }
            // One who likes all or nothing teaches nothing, and is left out.
            if Set(labels).count == 1 { continue }
            examples.append(matrix, gains: labels.map { $0 ? 1 : 0 }, user: UInt64(person), missedPositives: 0)
            scores += own
        }
        return RankerTrial(requests: examples, linear: scores)
    }

    @Test func severalAreJudgedByTheOthers() throws {
        let trials = (0..<5).map { trial(people: 300, seed: UInt64($0)) }
        let parts = trials.compactMap { ScoredRows($0, $0.linear) }
        let (calibration, report) = try #require(ScoredRows.calibrated(parts))
        #expect(report.rows == parts.reduce(0) { $0 + $1.scores.count } && report.expectedCalibrationError < 0.02)
        #expect(report.logLoss < 0.8 * report.logLossOfMean)
        for score: Float in [0.1, 0.5, 0.9] { #expect(abs(calibration.probability(of: score) - score) < 0.08) }
        // One that is otherwise than the others shows.
        let odd = trial(people: 300, seed: 9, isInverted: true)
        let apart = try #require(ScoredRows(odd, odd.linear))
        let mixed = try #require(ScoredRows.calibrated(parts + [apart]))
        #expect(mixed.report.logLoss > report.logLoss + 0.05)
    }

    @Test func oneIsJudgedByItsOtherHalf() throws {
        let one = trial(people: 300, seed: 1)
        let (_, report) = try #require(ScoredRows.calibrated(one, one.linear))
        #expect(abs(report.rows - 1_500) < 100 && report.expectedCalibrationError < 0.06)
        #expect(ScoredRows.calibrated(one, nil) == nil && ScoredRows.calibrated(one, [1]) == nil)
    }

    @Test func people() {
        let some = trial(people: 7, seed: 1).requests
        #expect(some.people == 7)
        var more = some
        let matrix = FeatureMatrix(names: ["x"], rowCount: 2)
        for user: UInt64? in [3, nil, nil] {
            more.append(matrix, gains: [1, 0], user: user, missedPositives: 0)
        }
        #expect(more.people == 9)
    }
}
