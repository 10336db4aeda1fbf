import Foundation
import MagpieArtifacts
import MagpieDomain

/// How often items follow each other: the weights of the table of transitions times what they were divided by.
///
/// Of each item those are known that are among its neighbours there; others count 0. A share (``TransitionOptions/backward``)
/// of each count is the other way's, so that none is quite one-sided.
public struct TransitionCounts: ItemSuccession {
    private let rows: SparseRows
    /// What sums that start at an item were divided by, and those that lead to it.
    private let begin: [Float]
    private let end: [Float]

    /// Throws ``ArtifactError`` where the table does not say how it was made.
    /// - Parameter path: of the table, for errors.
    public init(_ table: NeighbourTable, popularity: PopularRetriever, path: String) throws {
        struct Exponents: Decodable {
            var alpha: Double
            var beta: Double
        }
        guard let made = try? JSONDecoder().decode(Exponents.self, from: Data(table.options.utf8)) else {
            throw ArtifactError.missing(path: path, name: "readable options in __metadata__")
        }
        rows = table.rows
        let counts: [Double] = popularity.counts.map { Double(max($0, 1)) }
        begin = counts.map { Float(pow($0, made.alpha)) }
        end = counts.map { Float(pow($0, made.beta)) }
    }

    public func counts(of items: [ItemIndex], around other: ItemIndex) -> [(after: Float, before: Float)] {
        zip(items, rows.weights(of: items, in: rows.row(other))).map { item, weight in
            (
                weight * scale(from: other, to: item),
                rows.weight(of: other, in: rows.row(item)) * scale(from: item, to: other)
            )
        }
    }

    private func scale(from first: ItemIndex, to second: ItemIndex) -> Float {
        Int(max(first, second)) < begin.count ? begin[Int(first)] * end[Int(second)] : 0
    }
}
