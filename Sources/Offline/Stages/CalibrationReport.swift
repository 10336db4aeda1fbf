import MagpieEvaluation

/// How far a ranker's probabilities are from what happened, on rows that they were not fitted to.
public struct CalibrationReport: Sendable, Codable, Equatable {
    public var rows: Int
    /// ``CalibrationError`` over ten bins; a calibration by steps says the same of many rows, which stay together.
    public var expectedCalibrationError: Double
    /// ``LogLoss``, and that of one probability for all rows, their mean.
    public var logLoss: Double
    public var logLossOfMean: Double

    /// - Parameter stands: for how many rows each stands; nil = itself.
    public init(probabilities: [Float], labels: [Bool], stands: [Float]? = nil) {
        let said = probabilities.map(Double.init)
        let counts = stands.map { $0.map(Double.init) }
        let loss = LogLoss.value(said, happened: labels, counts: counts)
        rows = labels.count
        expectedCalibrationError = CalibrationError().value(said, happened: labels, counts: counts) ?? 0
        logLoss = loss?.loss ?? 0
        logLossOfMean = loss?.baseRate ?? 0
    }
}
