import Foundation
import MagpieArtifacts
import MagpieDomain

/// The best neighbours of each item: `neighbours.safetensors`, kind "neighbours", layout 1, the tensors of
/// ``SparseRows``. Metadata: `options`, JSON.
///
/// With X the binary user x item table of positives, the weight of j in the row of i is
///
///     popularity(i)^-alpha * popularity(j)^-beta * sum over users u of i and j of length(u)^-alpha
public struct NeighbourTable: Sendable {
    static let kind = "neighbours"
    static let layouts = 1...1

    public let rows: SparseRows
    public let options: NeighbourOptions

    /// Throws ``ArtifactError`` for a file that is not a sound table.
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        rows = try SparseRows(opening: file, itemCount: itemCount)
        let words = try file.requiredMetadata("options")
        guard let options = try? JSONDecoder().decode(NeighbourOptions.self, from: Data(words.utf8)) else {
            throw ArtifactError.missing(path: url.path, name: "readable options in __metadata__")
        }
        self.options = options
    }

    public var itemCount: Int { rows.itemCount }

    /// The neighbours of an item, by ascending index.
    public func neighbours(of item: ItemIndex) -> [(item: ItemIndex, weight: Float)] {
        rows.row(item).map { (rows.items[$0], rows.weights[$0]) }
    }
}

extension NeighbourTable {
    /// What was built, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        /// Items with at least one neighbour.
        public var nodes: Int
        public var edges: Int
    }

    /// Makes `neighbours.safetensors` from the positives. Row i is summed by one thread over the users of item i in
    /// order: the same bytes for any number of threads. Nothing is random: the seed is not used.
    public static func build(
        from interactions: Interactions, options: NeighbourOptions, seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> Report {
        let histories = Histories(of: interactions, limit: options.historyLimit, distinct: true)
        let popularity: [Double] = histories.popularity.map { Double(max($0, 1)) }
        let begin: [Float] = popularity.map { Float(pow($0, -options.alpha)) }
        let end: [Float] = popularity.map { Float(pow($0, -options.beta)) }
        let through: [Float] = (0..<histories.userCount).map { user in
            Float(pow(Double(max(histories.positions(of: user).count, 1)), -options.alpha))
        }
        let rows = SparseRowsBuilder(itemCount: histories.itemCount, threads: threads, progress: progress) {
            item, accumulator in
            for position in histories.occurrences(of: item) {
                let user = Int(histories.users[position])
                let weight = through[user]
                for other in histories.positions(of: user) where other != position {
                    accumulator.add(histories.items[other], weight)
                }
            }
            return accumulator.take(limit: options.topN) { begin[item] * end[Int($0)] }
        }
        var writer = TensorFileWriter(
            kind: kind, layout: layouts.upperBound, metadata: ["options": try canonicalJSON(options)])
        rows.add(to: &writer)
        try writer.write(to: url)
        let nodes = zip(rows.offsets, rows.offsets.dropFirst()).reduce(0) { $0 + ($1.0 < $1.1 ? 1 : 0) }
        return Report(nodes: nodes, edges: rows.items.count)
    }
}
