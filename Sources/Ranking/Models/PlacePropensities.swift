import Foundation

/// How often a place of a list is looked at, the first = 1; never more than the place before it.
///
/// A like says that a place was looked at and its item liked. Weighed by 1 / propensity, likes of all places count as if all
/// were looked at alike (inverse propensities; Joachims, Swaminathan and Schnabel 2017, "Unbiased Learning-to-Rank with
/// Biased Feedback").
public struct PlacePropensities: Sendable, Codable, Equatable {
    /// Of the places 1, 2, ...; further down it is the last one's.
    public let values: [Double]

    /// Of a place that is hardly ever seen a like would outweigh all others.
    private static let least = 0.1
    /// With fewer likes chance would tell more than places do.
    static let likes = 200

    /// Of lists in an order of chance: all places hold equally good items, and what one gets more than another it owes to
    /// being looked at. nil where too few were liked.
    /// - Parameters: by place (index 0 = the first), how often something was shown there, and how often it was liked.
    public init?(shown: [Int], liked: [Int]) {
        precondition(shown.count == liked.count)
        // Behind a place where nothing was ever shown nothing is known.
        let first = shown.prefix { $0 > 0 }
        guard liked.reduce(0, +) >= Self.likes, !first.isEmpty else { return nil }
        // Pool adjacent violators, downwards: see ``IsotonicCalibration``.
        var pools: [(liked: Double, shown: Double, places: Int)] = []
        for place in first.indices {
            pools.append((Double(liked[place]), Double(shown[place]), 1))
            while pools.count > 1 {
                let (a, b) = (pools[pools.count - 2], pools[pools.count - 1])
                guard a.liked / a.shown <= b.liked / b.shown else { break }
                pools.removeLast(2)
                pools.append((a.liked + b.liked, a.shown + b.shown, a.places + b.places))
            }
        }
        let rates = pools.flatMap { [Double](repeating: $0.liked / $0.shown, count: $0.places) }
        guard rates[0] > 0 else { return nil }
        values = rates.map { max(Self.least, $0 / rates[0]) }
    }

    /// - Parameter slope: the log of being seen falls by so much for each doubling of 1 + place.
    public init(slope: Double) {
        values = (1...200).map { max(Self.least, exp(-slope * (log2(1 + Double($0)) - 1))) }
    }

    /// - Parameter place: as a client says it: any number.
    public func value(at place: Float) -> Double {
        values[Int(min(max(place, 1), Float(values.count))) - 1]
    }
}
