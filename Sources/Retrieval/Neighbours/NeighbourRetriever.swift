import Foundation
import MagpieDomain

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

    public func asked(_ query: Query) -> any AskedRetriever {
        let (table, window) = (table, window)
        return AskedRowSums(query, table.sums, isKnown: { table.known.contains($0) }) { sums, deadline in
            let sources = query.seed.map { [Interest(item: $0, time: .distantPast)] } ?? query.history
            var items: [ItemIndex] = []
            var weights: [Float] = []
            window.forEach(sources) { item, weight in
                items.append(item)
                weights.append(weight)
            }
            let rows = table.rows.rows(of: items)
            if rows.allSatisfy(\.isEmpty) { return .nothing }
            return sums.add(rows, of: table.rows, times: weights, deadline) ? .complete : .late
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
        return zip(items, table.rows.weights(of: items, in: row)).map { item, weight in
            guard table.known.contains(item) else { return .nan }
            return item == other ? 1 : weight / best
        }
    }
}
