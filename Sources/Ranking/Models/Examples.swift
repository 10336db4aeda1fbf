import MagpieDomain

/// What a ranker learns from: requests, each with its candidates' features and which of them were then liked.
public struct Examples: Sendable {
    public private(set) var features: FeatureMatrix
    /// Aligned with the rows of `features`.
    public private(set) var labels: [Bool] = []
    /// Row ranges: request r has the rows groups[r] ..< groups[r + 1].
    public private(set) var groups: [Int] = [0]
    /// Positives that no retriever proposed: counted, never injected.
    public private(set) var missedPositives = 0

    public init(names: [String]) {
        features = FeatureMatrix(names: names, rowCount: 0)
    }

    public var groupCount: Int { groups.count - 1 }
    public var positives: Int { labels.count { $0 } }

    public mutating func append(_ matrix: FeatureMatrix, labels: [Bool], missedPositives: Int) {
        precondition(matrix.rowCount == labels.count)
        self.missedPositives += missedPositives
        // A request without a positive, or with nothing else, teaches a conditional model nothing.
        guard labels.contains(true), labels.contains(false) else { return }
        features.append(matrix)
        self.labels += labels
        groups.append(self.labels.count)
    }
}
