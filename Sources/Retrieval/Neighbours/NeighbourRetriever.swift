import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Neighbours of what was liked: the row of `query.seed`, else the sum of the rows of `query.history`, newer ones
/// weighing more (``NeighbourOptions/recencyDecay``).
///
/// No opinion (NaN) on an item without neighbours of its own, and on all when the history has none either.
public struct NeighbourRetriever: Retriever {
    public let name = "neighbours"
    public let table: NeighbourTable

    public init(_ table: NeighbourTable) { self.table = table }

    /// Opens the table; see ``NeighbourTable/init(opening:itemCount:)``.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        table = try NeighbourTable(opening: url, itemCount: itemCount)
    }

    public func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, let sums = sums(for: query, deadline: deadline) else { return [] }
        var best = TopK(limit)
        for (item, score) in sums.enumerated() where score > 0 {
            let item = ItemIndex(item)
            guard item != query.seed, !table.rows.isEmpty(item), !query.excluded.contains(item) else { continue }
            best.offer(item, score)
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    public func scores(of items: [ItemIndex], for query: Query) -> [Float] {
        guard let sums = sums(for: query, deadline: .none) else {
            return [Float](repeating: .nan, count: items.count)
        }
        return items.map { table.rows.isEmpty($0) ? .nan : sums[Int($0)] }
    }

    /// By item the sum over the rows; nil when there is no row, or the deadline passed on the way.
    private func sums(for query: Query, deadline: Deadline) -> [Float]? {
        let sources = query.seed.map { [Interest(item: $0, time: .distantPast)] } ?? query.history
        guard sources.contains(where: { !table.rows.isEmpty($0.item) }), !deadline.hasPassed else { return nil }
        var sums = [Float](repeating: 0, count: table.itemCount)
        var share: Float = 1
        let decay = Float(table.options.recencyDecay)
        let items: UnsafePointer<UInt32> = table.rows.items.pointer
        let weights: UnsafePointer<Float> = table.rows.weights.pointer
        for source in sources {
            if deadline.hasPassed { return nil }
            let factor: Float = share * max(source.weight, 0)
            share *= decay
            sums.withUnsafeMutableBufferPointer { sums in
                for entry in table.rows.row(source.item) { sums[Int(items[entry])] += factor * weights[entry] }
            }
        }
        return sums
    }
}

/// The weight of an item among the neighbours of the other, as a share of the best there: 0 ... 1, not symmetric.
/// 0 for one that is no neighbour, 1 for the item itself, NaN where one of the two has no neighbours at all.
public struct NeighbourSimilarity: ItemSimilarity {
    public let name = "neighbours"
    private let table: NeighbourTable

    public init(_ table: NeighbourTable) { self.table = table }

    public func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float] {
        let row = table.rows.row(other)
        guard let best = table.rows.weights[row].max(), best > 0 else {
            return [Float](repeating: .nan, count: items.count)
        }
        return items.map { item in
            if table.rows.isEmpty(item) { return .nan }
            return item == other ? 1 : (table.rows.weight(of: item, in: row) ?? 0) / best
        }
    }
}
