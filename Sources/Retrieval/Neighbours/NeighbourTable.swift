import Foundation
import MagpieArtifacts
import MagpieDomain

/// The best neighbours of each item by one method: kind "neighbours", layout 2, the tensors of ``SparseRows``.
///
/// | metadata | |
/// |---|---|
/// | `method` | ``Method``; the file is `<method>.safetensors` |
/// | `options` | how it was made, JSON |
/// | `windows` | JSON: one or two ``HistoryWindow``s, the first for the retriever named like the method, the second for that with `-recent` |
///
/// What a weight is, is said by whoever builds: ``RP3Beta``, ``Transitions``, ``Cosine``, ``EASE``. Read, a table adds
/// up the rows of what was liked, see ``NeighbourRetriever``. In layout 1 there was RP3beta only, and the decay of its
/// one window among the options.
public struct NeighbourTable: Sendable {
    /// How a table was made. The raw value is the name of its retriever and of its file.
    public enum Method: String, Sendable, CaseIterable {
        case rp3beta = "neighbours"
        case transitions, ease, cosine
    }

    static let kind = "neighbours"
    static let layouts = 1...2

    public let method: Method
    public let rows: SparseRows
    /// One or two: the whole history, and the last few items.
    public let windows: [HistoryWindow]
    /// Items that are in the table at all, as a row or in one.
    let known: ItemSet
    let sums: RowSumsPool<BlockedSums>

    /// Throws ``ArtifactError`` for a file that is not a sound table.
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        let rows = try SparseRows(opening: file, itemCount: itemCount)
        self.rows = rows
        let decoder = JSONDecoder()
        if file.layout == 1 {
            struct Options: Decodable { var recencyDecay: Double }
            let options = try? decoder.decode(Options.self, from: Data(try file.requiredMetadata("options").utf8))
            method = .rp3beta
            windows =
                options.map { [HistoryWindow(items: HistoryWindow.everything, recencyDecay: $0.recencyDecay)] } ?? []
        } else {
            guard let method = Method(rawValue: try file.requiredMetadata("method")) else {
                throw ArtifactError.missing(path: url.path, name: "known method in __metadata__")
            }
            self.method = method
            let words = Data(try file.requiredMetadata("windows").utf8)
            windows = (try? decoder.decode([HistoryWindow].self, from: words)) ?? []
        }
        guard (1...2).contains(windows.count), windows.allSatisfy(\.isSound) else {
            throw ArtifactError.missing(path: url.path, name: "readable windows in __metadata__")
        }
        var known = ItemSet(itemCount: rows.itemCount) { !rows.isEmpty(ItemIndex($0)) }
        rows.items.withUnsafeBufferPointer { items in for item in items { known.insert(item) } }
        self.known = known
        sums = RowSumsPool(itemCount: rows.itemCount)
    }

    public var itemCount: Int { rows.itemCount }

    /// The neighbours of an item, by ascending index.
    public func neighbours(of item: ItemIndex) -> [(item: ItemIndex, weight: Float)] {
        rows.row(item).map { (rows.items[$0], rows.weights[$0]) }
    }
}

extension HistoryWindow {
    /// Whether its numbers make sense: they may come from a damaged file.
    fileprivate var isSound: Bool {
        items > 0 && (0...1).contains(recencyDecay) && halfLifeDays >= 0 && halfLifeDays.isFinite
    }
}

extension NeighbourTable {
    /// What was built, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        /// Items with at least one neighbour.
        public var nodes: Int
        public var edges: Int
    }

    /// Writes `rows` as the table of a method.
    /// - Parameter recent: the second window; left out when it has no items.
    static func write(
        _ rows: SparseRowsBuilder, method: Method, options: some Encodable, whole: HistoryWindow, recent: HistoryWindow,
        to url: URL
    ) throws -> Report {
        let windows = [whole] + (recent.items > 0 ? [recent] : [])
        var writer = TensorFileWriter(
            kind: kind, layout: layouts.upperBound,
            metadata: [
                "method": method.rawValue, "options": try canonicalJSON(options),
                "windows": try canonicalJSON(windows),
            ])
        rows.add(to: &writer)
        try writer.write(to: url)
        let nodes = zip(rows.offsets, rows.offsets.dropFirst()).reduce(0) { $0 + ($1.0 < $1.1 ? 1 : 0) }
        return Report(nodes: nodes, edges: rows.items.count)
    }
}
