import MagpieKernels

/// Whether system `a` is better than `b` on the same requests: the mean difference and its 95 % interval by the
/// paired bootstrap (percentile method).
///
/// The requests (users) are drawn again with replacement, `samples` times; each time the mean of a - b over the
/// drawn ones is taken; the interval runs from the 2.5th to the 97.5th percentile of those means (between two of
/// them by linear interpolation). Pairing takes out how hard each request is. Every sample has its own random
/// stream, so the numbers depend on the values and the seed only.
///
/// Limits: requests of one user are not independent; give one value a user (their mean) where users ask often.
///
/// Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", 13.3; for rankings Sakai 2006, "Evaluating
/// evaluation metrics based on the bootstrap".
public struct PairedBootstrap: Sendable, Hashable {
    /// Mean of a - b.
    public let difference: Double
    public let low: Double
    public let high: Double

    /// `a[i]` and `b[i]` are the two values of request i: finite, equally many, at least one.
    public init(_ a: [Double], _ b: [Double], seed: UInt64, samples: Int = 2_000) {
        precondition(a.count == b.count && !a.isEmpty, "pairs of \(a.count) and \(b.count) values")
        precondition(samples > 0, "\(samples) samples")
        let differences = zip(a, b).map { $0 - $1 }
        let count = differences.count
        difference = differences.reduce(0, +) / Double(count)
        var means: [Double] = []
        means.reserveCapacity(samples)
        differences.withUnsafeBufferPointer { values in
            for sample in 0..<samples {
                var random = RandomSource(seed: seed, UInt64(sample))
                var sum = 0.0
                for _ in 0..<count { sum += values[random.below(count)] }
                means.append(sum / Double(count))
            }
        }
        means.sort()
        low = Self.quantile(0.025, of: means)
        high = Self.quantile(0.975, of: means)
    }

    /// Better beyond noise.
    public var isBetter: Bool { low > 0 }
    /// Worse beyond noise: what a gate refuses.
    public var isWorse: Bool { high < 0 }

    private static func quantile(_ q: Double, of sorted: [Double]) -> Double {
        let place = q * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}
