import Foundation
import MagpieDomain

/// How each feature's values were spread among the examples that a ranker learned from, to be compared with what it
/// later sees: the population stability index
///
///     PSI = sum over bins of (now - then) * ln(now / then)
///
/// over ten bins of equal mass of the examples and one for "not known" (Siddiqi 2006, "Credit Risk Scorecards", section
/// on scorecard stability: below 0.1 no change worth a look, above 0.25 another population). A share that is empty counts
/// as half a row, so that the index is finite.
public struct FeatureProfile: Sendable, Codable, Equatable {
    public struct Column: Sendable, Codable, Equatable {
        public var name: String
        /// Ascending and distinct: bin b holds values above edge b - 1, up to and with edge b.
        public var edges: [Float]
        /// Rows in each bin, and last those that are not known.
        public var counts: [Int]
    }

    public var columns: [Column]

    static let bins = 10

    public init(_ features: FeatureMatrix) {
        columns = features.names.indices.map { f in
            var known = (0..<features.rowCount).map { features[$0, f] }.filter { !$0.isNaN }
            known.sort()
            var edges: [Float] = []
            for bin in 1..<Self.bins where !known.isEmpty {
                let edge = known[known.count * bin / Self.bins]
                // The last value of all is no edge: nothing would lie above it.
                if edge > edges.last ?? -.infinity, edge < known[known.count - 1] { edges.append(edge) }
            }
            return Column(name: features.names[f], edges: edges, counts: Self.counts(features, column: f, edges: edges))
        }
    }

    /// The index of each feature, in their order, between what this profile was made of and other rows; 0 where one of
    /// the two has no rows.
    public func stability(of features: FeatureMatrix) -> [(feature: String, index: Double)] {
        precondition(features.names == columns.map(\.name), "columns differ")
        return columns.enumerated().map { f, column in
            (column.name, Self.index(column.counts, Self.counts(features, column: f, edges: column.edges)))
        }
    }

    static func index(_ then: [Int], _ now: [Int]) -> Double {
        let thenRows = Double(then.reduce(0, +))
        let nowRows = Double(now.reduce(0, +))
        guard thenRows > 0, nowRows > 0 else { return 0 }
        return zip(then, now).reduce(0) { sum, pair in
            if pair.0 == 0, pair.1 == 0 { return sum }
            let a = max(Double(pair.0), 0.5) / thenRows
            let b = max(Double(pair.1), 0.5) / nowRows
            return sum + (b - a) * log(b / a)
        }
    }

    private static func counts(_ features: FeatureMatrix, column: Int, edges: [Float]) -> [Int] {
        var counts = [Int](repeating: 0, count: edges.count + 2)
        for row in 0..<features.rowCount {
            let value = features[row, column]
            if value.isNaN {
                counts[edges.count + 1] += 1
            } else {
                counts[edges.firstIndex { value <= $0 } ?? edges.count] += 1
            }
        }
        return counts
    }
}
