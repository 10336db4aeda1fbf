import MagpieDomain

/// The items whose vectors have the largest inner product with a query. Distances stop inside: larger is better.
public protocol VectorIndex: Sendable {
    /// Rows, whether present or not.
    var count: Int { get }
    var dimension: Int { get }

    /// The k best present items, best first, none of `excluding`; empty when the deadline passed on the way.
    /// `query` has ``dimension`` coordinates.
    func search(_ query: [Float], k: Int, excluding: ItemSet, deadline: Deadline) -> [Scored]

    /// The exact inner products, whatever ``search(_:k:excluding:deadline:)`` approximates; NaN for an item that is
    /// not present.
    func scores(of items: [ItemIndex], _ query: [Float]) -> [Float]
}

/// An index that looks at every row: its answers are the true ones.
protocol ExhaustiveIndex: VectorIndex {
    /// Of ``VectorIndex/count`` items those that have a vector.
    var present: ItemSet { get }
}
