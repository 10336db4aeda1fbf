import MagpieDomain

/// Hands on what live events say, which the query carries: a bundle knows nothing of what came after it.
///
/// The opinion on an item that is not in the list is 0: not trending, nobody's company. No opinion (NaN) on any when the
/// list is empty.
public struct MomentRetriever: Retriever {
    public let name: String
    private let list: @Sendable (Query) -> [Scored]
    private let itemCount: Int

    private init(_ name: String, itemCount: Int, _ list: @escaping @Sendable (Query) -> [Scored]) {
        self.name = name
        self.itemCount = itemCount
        self.list = list
    }

    /// ``Query/trending``.
    public static func trending(itemCount: Int) -> MomentRetriever {
        MomentRetriever("trending", itemCount: itemCount) { $0.trending }
    }

    /// ``Query/covisits``.
    public static func covisits(itemCount: Int) -> MomentRetriever {
        MomentRetriever("covisits", itemCount: itemCount) { $0.covisits }
    }

    public func asked(_ query: Query) -> any AskedRetriever {
        let list = list(query)
        return list.isEmpty ? NoOpinion() : AskedList(list: list, query: query, itemCount: itemCount)
    }
}

private struct AskedList: AskedRetriever {
    /// Best first.
    let list: [Scored]
    let query: Query
    let itemCount: Int

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed else { return [] }
        return Array(list.lazy.filter { $0.item != query.seed && !query.excluded.contains($0.item) }.prefix(limit))
    }

    func scores(of items: [ItemIndex]) -> [Float] {
        // Candidates ascend, a list of a few hundred does not.
        let byItem = list.sorted { $0.item < $1.item }
        return items.map { item in
            guard Int(item) < itemCount else { return .nan }
            var low = 0
            var high = byItem.count
            while low < high {
                let middle = (low + high) / 2
                if byItem[middle].item < item { low = middle + 1 } else { high = middle }
            }
            return low < byItem.count && byItem[low].item == item ? byItem[low].score : 0
        }
    }
}
