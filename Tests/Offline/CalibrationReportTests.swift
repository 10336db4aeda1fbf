import Foundation
import MagpieKernels
import MagpieRanking
import Testing

@testable import MagpieOffline

@Suite struct CalibrationReportTests {
    /// Where the truth is a curve of the score, calibrated probabilities say more than the mean, and wrong ones less.
    @Test func aCurve() throws {
        var random = RandomSource(seed: 1)
        func draw(_ count: Int) -> ([Float], [Bool]) {
            let scores = (0..<count).map { _ in 8 * random.uniform() - 4 }
            return (scores, scores.map { random.uniform() < 1 / (1 + exp(-$0)) })
        }
        let (scores, labels) = draw(20_000)
        let calibration = try #require(IsotonicCalibration(scores: scores, labels: labels))
        let (fresh, truth) = draw(20_000)
        let report = CalibrationReport(
            probabilities: fresh.map { calibration.probability(of: $0) }, labels: truth)
        #expect(report.expectedCalibrationError < 0.02 && report.logLoss < report.logLossOfMean - 0.2)
        let wrong = CalibrationReport(
            probabilities: fresh.map { calibration.probability(of: -$0) }, labels: truth)
        #expect(wrong.expectedCalibrationError > 0.3 && wrong.logLoss > report.logLossOfMean)
    }

    @Test func byHand() {
        // What is said alike is one bin: a quarter said of four, one of which came.
        let right = CalibrationReport(probabilities: [0.25, 0.25, 0.25, 0.25], labels: [true, false, false, false])
        #expect(right.expectedCalibrationError < 1e-6 && right.rows == 4)
        #expect(abs(right.logLoss - right.logLossOfMean) < 1e-6)
        // Each apart: |.2 - 1| + |.4 - 0| + |.9 - 1| over three.
        let apart = CalibrationReport(probabilities: [0.2, 0.4, 0.9], labels: [true, false, true])
        #expect(abs(apart.expectedCalibrationError - (0.8 + 0.4 + 0.1) / 3) < 1e-6)
        #expect(CalibrationReport(probabilities: [], labels: []).logLoss == 0)
        let sampled = CalibrationReport(probabilities: [0.25, 0.25], labels: [true, false], stands: [1, 3])
        #expect(sampled.expectedCalibrationError < 1e-6 && abs(sampled.logLoss - right.logLoss) < 1e-9)
    }
}
