import Foundation

/// How surprised one is who believes the probabilities: the mean of -log(what was said of what happened), in nats.
///
///     L = - 1/n sum over i of y_i log p_i + (1 - y_i) log(1 - p_i)
///
/// A probability of 0 or 1 is drawn to 1e-15 off it, so that one mistake does not make the whole infinite. The loss by
/// itself says little: it is small wherever something is rare. ``value(_:happened:counts:)`` therefore has beside it the
/// loss of someone who says the base rate every time, which a model must beat to be worth asking.
///
/// Source: Good 1952, "Rational decisions"; the base rate beside it (normalised entropy) as He and others 2014,
/// "Practical lessons from predicting clicks on ads at Facebook", 2.
public enum LogLoss {
    public struct Value: Sendable, Equatable {
        public var loss: Double
        /// Of the base rate: the entropy of how often it happened.
        public var baseRate: Double
        /// 1 = no better than the base rate, 0 = knew it all; NaN when all cases were alike.
        public var normalised: Double { loss / baseRate }
    }

    /// - Parameters:
    ///   - probabilities: in 0 ... 1.
    ///   - happened: aligned with them.
    ///   - counts: how many cases each is, where alike ones stand together; nil = one.
    /// - Returns: nil when there is no prediction.
    public static func value(_ probabilities: [Double], happened: [Bool], counts: [Double]? = nil) -> Value? {
        precondition(probabilities.count == happened.count, "\(probabilities.count), \(happened.count)")
        guard !probabilities.isEmpty else { return nil }
        var (loss, count, positive) = (0.0, 0.0, 0.0)
        for (i, did) in happened.enumerated() {
            let own = counts?[i] ?? 1
            loss += own * surprise(probabilities[i], did)
            count += own
            positive += did ? own : 0
        }
        let rate = positive / count
        let base = [rate, 1 - rate].reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
        return Value(loss: loss / count, baseRate: base)
    }

    private static func surprise(_ probability: Double, _ happened: Bool) -> Double {
        let bounded = min(max(probability, 1e-15), 1 - 1e-15)
        return -log(happened ? bounded : 1 - bounded)
    }
}
