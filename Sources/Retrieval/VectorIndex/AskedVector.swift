import MagpieDomain

/// A retriever by vectors with its query: the vector that it looks for, and where.
struct AskedVector: AskedRetriever {
    /// nil when the query has nothing to make a vector of.
    private let target: (vector: [Float], index: any VectorIndex)?
    private let excluded: ItemSet
    private let rows: Int

    /// - Parameter rows: what an index finds at or past this row is left out.
    init(_ target: (vector: [Float], index: any VectorIndex)?, excluded: ItemSet, rows: Int) {
        self.target = target
        self.excluded = excluded
        self.rows = rows
    }

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed, let target else { return [] }
        let found = target.index.search(target.vector, k: limit, excluding: excluded, deadline: deadline)
        return rows == .max ? found : found.filter { Int($0.item) < rows }
    }

    func scores(of items: [ItemIndex]) -> [Float] {
        target.map { $0.index.scores(of: items, $0.vector) } ?? [Float](repeating: .nan, count: items.count)
    }
}
