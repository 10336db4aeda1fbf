import Foundation
import MagpieDomain

/// What a ranker learns from: requests, each with its candidates' features and how good each of them was.
public struct Examples: Sendable {
    public private(set) var features: FeatureMatrix
    /// Aligned with the rows of `features`: what a row at the top of the list is worth, 0 = nothing. Where rows were
    /// liked or not, 1 and 0.
    public private(set) var gains: [Float] = []
    /// Whether a row is worth something.
    public private(set) var labels: [Bool] = []
    /// How much a row's gain counts beside those of others (an inverse propensity, a kind of event); 1 in general.
    public private(set) var weights: [Float] = []
    /// For how many candidates of its request a row stands: itself, or more where of what was not chosen only a sample
    /// was kept.
    public private(set) var stands: [Float] = []
    /// Where in its list a row stood when it was seen, 1 = first; NaN where nobody knows. Training only: what is ranked has
    /// no place yet.
    public private(set) var places: [Float] = []
    /// By objective: a row's gain towards it alone. Empty where all that counts is the gain.
    public private(set) var objectives: [String: [Float]] = [:]
    /// Row ranges: request r has the rows groups[r] ..< groups[r + 1].
    public private(set) var groups: [Int] = [0]
    /// Who made each request; nil where nobody did.
    public private(set) var users: [UInt64?] = []
    /// Positives that no retriever proposed: counted, never injected.
    public private(set) var missedPositives = 0

    public init(names: [String]) {
        features = FeatureMatrix(names: names, rowCount: 0)
    }

    public var groupCount: Int { groups.count - 1 }
    public var rowCount: Int { gains.count }
    public var positives: Int { labels.count { $0 } }

    /// Fewer positives than this teach a ranker nothing that holds.
    static let fewestPositives = 20

    /// Throws ``RankingError/tooFewExamples(scenario:positives:)``.
    public func checkEnough(for scenario: String) throws {
        guard positives >= Self.fewestPositives else {
            throw RankingError.tooFewExamples(scenario: scenario, positives: positives)
        }
    }

    public mutating func append(
        _ matrix: FeatureMatrix, labels: [Bool], stands: [Float]? = nil, missedPositives: Int
    ) {
        append(matrix, gains: labels.map { $0 ? 1 : 0 }, stands: stands, missedPositives: missedPositives)
    }

    /// Gains are finite and not negative, and so are weights; a row stands for at least itself.
    public mutating func append(
        _ matrix: FeatureMatrix, gains: [Float], weights: [Float]? = nil, stands: [Float]? = nil,
        places: [Float]? = nil, objectives: [String: [Float]] = [:], user: UInt64? = nil,
        missedPositives: Int
    ) {
        precondition(matrix.rowCount == gains.count)
        precondition(gains.allSatisfy { $0 >= 0 && $0.isFinite }, "a gain is negative or not finite")
        let weights = weights ?? [Float](repeating: 1, count: gains.count)
        precondition(weights.count == gains.count && weights.allSatisfy { $0 >= 0 && $0.isFinite })
        let stands = stands ?? [Float](repeating: 1, count: gains.count)
        precondition(stands.count == gains.count && stands.allSatisfy { $0 >= 1 && $0.isFinite })
        precondition(places.map { $0.count == gains.count } ?? true)
        self.missedPositives += missedPositives
        // A request without a positive, or with nothing else, teaches a ranker nothing.
        guard let first = gains.first, gains.contains(where: { $0 != first }) else { return }
        features.append(matrix)
        self.gains += gains
        labels += gains.map { $0 > 0 }
        self.weights += weights
        self.stands += stands
        self.places += places ?? [Float](repeating: .nan, count: gains.count)
        for (name, own) in objectives {
            precondition(own.count == gains.count, "objective \(name)")
            precondition(own.allSatisfy { $0 >= 0 && $0.isFinite }, "objective \(name)")
            let before = [Float](repeating: 0, count: self.gains.count - gains.count)
            self.objectives[name, default: before] += own
        }
        precondition(self.objectives.values.allSatisfy { $0.count == self.gains.count }, "an objective is missing")
        groups.append(self.gains.count)
        users.append(user)
    }

    /// Appends the requests of others of the same features and objectives.
    public mutating func append(contentsOf other: Examples) {
        missedPositives += other.missedPositives
        for group in 0..<other.groupCount { append(other, group: group) }
    }

    private mutating func append(_ other: Examples, group: Int) {
        let rows = other.groups[group]..<other.groups[group + 1]
        var matrix = FeatureMatrix(names: other.features.names, rowCount: 0)
        matrix.append(other.features, rows: rows)
        append(
            matrix, gains: Array(other.gains[rows]), weights: Array(other.weights[rows]),
            stands: Array(other.stands[rows]), places: Array(other.places[rows]),
            objectives: other.objectives.mapValues { Array($0[rows]) }, user: other.users[group], missedPositives: 0)
    }

    /// Some of the requests, in the order given.
    public func requests(_ chosen: [Int]) -> Examples {
        var result = Examples(names: features.names)
        for group in chosen { result.append(self, group: group) }
        return result
    }

    /// The same rows, of which those are good that are the objective; nil where there is none such. Features are shared.
    public func towards(_ objective: String) -> Examples? {
        guard let own = objectives[objective] else { return nil }
        var result = self
        result.objectives = [:]
        result.labels = own.map { $0 > 0 }
        result.gains = own
        return result
    }

    public var hasPlaces: Bool { places.contains { !$0.isNaN } }

    /// The same with a column for what a place does to being seen, log2(1 + place), last.
    func withPlaces() -> Examples {
        var result = self
        result.features = FeatureMatrix(names: features.names + [Self.placeName], rowCount: features.rowCount)
        for row in 0..<rowCount {
            let own = features.names.count
            for column in 0..<own { result.features[row, column] = features[row, column] }
            result.features[row, own] = log2(1 + places[row])
        }
        return result
    }

    static let placeName = "shown.place"

    /// Likes weighed by how seldom their place is looked at: who learns from the weights needs no places, so there are none.
    public func weighted(by propensities: PlacePropensities) -> Examples {
        var result = self
        for row in places.indices where !places[row].isNaN {
            if labels[row] { result.weights[row] *= Float(1 / propensities.value(at: places[row])) }
            result.places[row] = .nan
        }
        return result
    }
}
