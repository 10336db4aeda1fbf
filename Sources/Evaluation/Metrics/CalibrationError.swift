/// Whether probabilities mean what they say: of what is said to happen in 30 % of cases, do 30 % happen?
///
///     ECE = sum over bins b of |b| / n * | mean probability in b - share that happened in b |
///
/// The bins have equal mass (equally many predictions each), because predictions of rare things crowd near 0, where
/// bins of equal width would put nearly all of them into one. Equal predictions stay in one bin, so that the value does
/// not depend on the order of ties. 0 = calibrated, at most 1. Fewer predictions than bins: a bin for each.
///
/// Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning"; equal
/// mass as Nguyen and O'Connor 2015, "Posterior calibration and exploratory analysis for natural language processing".
public struct CalibrationError: Sendable {
    public let bins: Int

    public init(bins: Int = 10) {
        precondition(bins > 0, "\(bins) bins")
        self.bins = bins
    }

    /// - Parameters:
    ///   - probabilities: in 0 ... 1.
    ///   - happened: aligned with them.
    ///   - counts: how many cases each is, where alike ones stand together; nil = one.
    /// - Returns: nil when there is no prediction.
    public func value(_ probabilities: [Double], happened: [Bool], counts: [Double]? = nil) -> Double? {
        precondition(probabilities.count == happened.count, "\(probabilities.count), \(happened.count)")
        guard !probabilities.isEmpty else { return nil }
        let mass = counts ?? [Double](repeating: 1, count: probabilities.count)
        let whole = mass.reduce(0, +)
        let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
        var error = 0.0
        var (begin, end, passed) = (0, 0, 0.0)
        for bin in 1...bins {
            let edge = Double(bin) * whole / Double(bins)
            while end < order.count, bin == bins || passed + mass[order[end]] <= edge {
                passed += mass[order[end]]
                end += 1
            }
            while end > begin, end < order.count, probabilities[order[end]] == probabilities[order[end - 1]] {
                passed += mass[order[end]]
                end += 1
            }
            let own = order[begin..<end]
            let said = own.reduce(0) { $0 + mass[$1] * probabilities[$1] }
            let did = own.reduce(0) { $0 + (happened[$1] ? mass[$1] : 0) }
            error += abs(said - did)
            begin = end
        }
        return error / whole
    }
}
