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

    public func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, let text = query.text, !deadline.hasPassed else { return [] }
        if let live { return live.rows(text, limit: limit, excluding: query.excluded, deadline: deadline) }
        let asked = self.query(text)
        var search = TextSearch(asked, in: index, limit: limit)
        let found = search.run(excluded: query.excluded, deadline: deadline) ?? []
        return found.map { Scored(item: $0.item, score: asked.score($0.points)) }
    }

    public func scores(of items: [ItemIndex], for query: Query) -> [Float] {
        guard let text = query.text else { return [Float](repeating: .nan, count: items.count) }
        if let live { return live.scores(of: items, text) }
        let asked = self.query(text)
        return index.points(of: items, asked).map { $0.map(asked.score) ?? .nan }
    }

    /// Which items match a query, up to `limit` of them; none without a text.
    public func matches(_ query: Query, limit: Int) -> TextMatches {
        guard let text = query.text else {
            return TextMatches(items: ItemSet(itemCount: index.itemCount), count: 0, isExact: true, words: .all)
        }
        if let live { return live.matches(text, excluding: query.excluded, limit: limit) }
        return index.matches(self.query(text), excluding: query.excluded, limit: limit)
    }

    private func query(_ text: String) -> TextQuery { TextQueryBuilder(index: index, options: options).query(text) }
}
