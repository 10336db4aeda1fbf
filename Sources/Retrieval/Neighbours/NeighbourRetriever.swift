import Foundation
import MagpieDomain
import MagpieKernels

/// Neighbours of what was liked: the row of `query.seed`, else the sum of the rows of `query.history` as one of the
/// table's ``HistoryWindow``s weighs them. Time is a few microseconds an item of the window.
///
/// No opinion (NaN) on an item that is not in the table, and on all when nothing of the window is in it either.
public struct NeighbourRetriever: Retriever {
    /// "neighbours", "transitions", "ease", "cosine", and each with "-recent".
    public let name: String
    public let table: NeighbourTable
    private let window: HistoryWindow

    /// - Parameter isRecent: by the second window of the table, which must be there.
    public init(_ table: NeighbourTable, isRecent: Bool = false) {
        self.table = table
        name = table.method.rawValue + (isRecent ? "-recent" : "")
        window = table.windows[isRecent ? 1 : 0]
    }

    /// A retriever for each window of a table.
    public static func all(_ table: NeighbourTable) -> [NeighbourRetriever] {
        table.windows.indices.map { NeighbourRetriever(table, isRecent: $0 == 1) }
    }

    public func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0 else { return [] }
        let found = withSums(for: query, deadline: deadline) { sums in
            var best = TopK(limit)
            for item in sums.touched where item != query.seed && !query.excluded.contains(item) {
                best.offer(item, sums.sum(of: item))
            }
            return best.sorted().map { Scored(item: $0.id, score: $0.score) }
        }
        return found ?? []
    }

    public func scores(of items: [ItemIndex], for query: Query) -> [Float] {
        let scores = withSums(for: query, deadline: .none) { sums in
            items.map { table.known.contains($0) ? sums.sum(of: $0) : .nan }
        }
        return scores ?? [Float](repeating: .nan, count: items.count)
    }

    /// The sums over the rows; nil when there is no row, or the deadline passed on the way.
    private func withSums<Result>(
        for query: Query, deadline: Deadline, _ body: (RowAccumulator) -> Result
    ) -> Result? {
        let sources = query.seed.map { [Interest(item: $0, time: .distantPast)] } ?? query.history
        let rows = table.rows
        return table.sums.withSums { sums in
            var hasRow = false
            var isLate = deadline.hasPassed
            window.forEach(sources) { item, weight in
                let row = rows.row(item)
                if row.isEmpty || isLate { return }
                hasRow = true
                sums.add(row, of: rows, times: weight)
                isLate = deadline.hasPassed
            }
            return hasRow && !isLate ? body(sums) : nil
        }
    }
}

/// The weight of an item among the neighbours of the other, as a share of the best there: 0 ... 1, not symmetric.
/// 0 for one that is no neighbour, 1 for the item itself, NaN where one of the two is not in the table.
public struct NeighbourSimilarity: ItemSimilarity {
    public let name: String
    private let table: NeighbourTable

    public init(_ table: NeighbourTable) {
        self.table = table
        name = table.method.rawValue
    }

    public func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float] {
        let row = table.rows.row(other)
        guard let best = table.rows.weights[row].max(), best > 0 else {
            return [Float](repeating: .nan, count: items.count)
        }
        return items.map { item in
            guard table.known.contains(item) else { return .nan }
            return item == other ? 1 : (table.rows.weight(of: item, in: row) ?? 0) / best
        }
    }
}
