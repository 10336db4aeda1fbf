import Foundation
import MagpieArtifacts
import MagpieDomain

/// Which items were liked together: a directed weighted graph over the items of a bundle.
///
/// `graph.safetensors`, kind "graph", layout 1: the tensors of ``SparseRows`` (an entry is an edge, its weight the
/// votes for it, see ``ItemGraphOptions``) and
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `popularity` | U32 | n | positives of each item that the graph was made from |
///
/// Metadata: `options`, JSON.
public struct ItemGraph: Sendable {
    static let kind = "graph"
    static let layouts = 1...1

    public let rows: SparseRows
    public let popularity: Tensor<UInt32>

    /// Throws ``ArtifactError`` for a file that is not a sound graph.
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        rows = try SparseRows(opening: file, itemCount: itemCount)
        popularity = try file.tensor("popularity", as: UInt32.self, shape: [rows.itemCount])
    }

    public var nodeCount: Int { rows.itemCount }
    public var edgeCount: Int { rows.entryCount }

    /// The edges from an item, by ascending target.
    public func edges(from item: ItemIndex) -> [(item: ItemIndex, weight: Float)] {
        rows.row(item).map { (rows.items[$0], rows.weights[$0]) }
    }
}
