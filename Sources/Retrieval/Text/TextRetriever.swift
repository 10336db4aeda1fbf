import MagpieDomain
import MagpieKernels

/// Items whose text has the query's words, or words that these may have been meant to be, by BM25. Answers only queries
/// with a text.
public struct TextRetriever: Retriever {
    public let name = "text"
    public let index: TextIndex
    public let options: TextSearchOptions
    /// What changed since the index was made; nil = nothing can.
    private let live: LiveTextIndex?

    public init(_ index: TextIndex, options: TextSearchOptions = TextSearchOptions()) {
        self.index = index
        self.options = options
        live = nil
    }

    /// Knows items as they are now: of those that have a row. New ones have none (``LiveTextIndex/added(_:limit:)``).
    public init(_ live: LiveTextIndex) {
        index = live.main
        options = live.options
        self.live = live
    }

    public func asked(_ query: Query) -> any AskedRetriever {
        guard let text = query.text else { return NoOpinion() }
        if let live { return AskedLiveText(asked: live.asked(text), excluded: query.excluded) }
        return AskedText(query: self.query(text), index: index, excluded: query.excluded)
    }

    /// Which items match a query, up to `limit` of them; none without a text.
    public func matches(_ query: Query, limit: Int) -> TextMatches {
        guard let text = query.text else {
            return TextMatches(items: ItemSet(itemCount: index.itemCount), count: 0, isExact: true, words: .all)
        }
        if let live { return live.asked(text).matches(excluding: query.excluded, limit: limit) }
        return index.matches(self.query(text), excluding: query.excluded, limit: limit)
    }

    private func query(_ text: String) -> TextQuery { TextQueryBuilder(index: index, options: options).query(text) }
}

private struct AskedText: AskedRetriever {
    let query: TextQuery
    let index: TextIndex
    let excluded: ItemSet

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed else { return [] }
        var search = TextSearch(query, in: index, limit: limit)
        let found = search.run(excluded: excluded, deadline: deadline) ?? []
        return found.map { Scored(item: $0.item, score: query.score($0.points)) }
    }

    func scores(of items: [ItemIndex]) -> [Float] {
        index.points(of: items, query).map { $0.map(query.score) ?? .nan }
    }
}

private struct AskedLiveText: AskedRetriever {
    let asked: LiveTextIndex.Asked
    let excluded: ItemSet

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        asked.search(limit: limit, excluding: excluded, deadline: deadline) { $0 != nil }.compactMap { found in
            found.row.map { Scored(item: $0, score: found.score) }
        }
    }

    func scores(of items: [ItemIndex]) -> [Float] { asked.scores(of: items) }
}
