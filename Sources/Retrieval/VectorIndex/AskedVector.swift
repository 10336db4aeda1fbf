import MagpieDomain

/// A retriever by vectors with its query: the vector that it looks for, and where.
struct AskedVector: AskedRetriever {
    let vector: [Float]
    let index: any VectorIndex
    let excluded: ItemSet
    /// What the index finds at or past this row is left out.
    let rows: Int

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed else { return [] }
        let found = index.search(vector, k: limit, excluding: excluded, deadline: deadline)
        return rows == .max ? found : found.filter { Int($0.item) < rows }
    }

    func scores(of items: [ItemIndex]) -> [Float] { index.scores(of: items, vector) }
}
