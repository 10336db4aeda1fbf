/// First stage: millions to hundreds, fast and coarse.
///
/// A retriever belongs to one bundle and answers for that bundle's items. After the merge EVERY retriever scores
/// EVERY candidate (``scores(of:for:)``), so that the ranker sees all opinions of all candidates and not only
/// the opinion that proposed one.
public protocol Retriever: Sendable {
    /// "embedding", "neighbours", "ease-recent", "text", "popular": part of feature names, so it never changes.
    var name: String { get }

    /// The best items for the query, best first (``Scored``), none of `query.excluded`, at most `limit`.
    /// Empty when the query has nothing this retriever can work with (no text for the text index) or when the
    /// deadline had passed: late answers are worth nothing.
    func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored]

    /// The scores of these items on the same scale as ``candidates(for:limit:deadline:)``; NaN where it has no
    /// opinion. `candidates` and `scores` agree: an item proposed with score s is scored s.
    func scores(of items: [ItemIndex], for query: Query) -> [Float]

    /// Both for one query: what they share is worked out once.
    func asked(_ query: Query) -> any AskedRetriever
}

/// A retriever with the query that it is to answer: one request's, on one thread. Its answers are those of
/// ``Retriever/candidates(for:limit:deadline:)`` and ``Retriever/scores(of:for:)``.
public protocol AskedRetriever {
    func candidates(limit: Int, deadline: Deadline) -> [Scored]
    func scores(of items: [ItemIndex]) -> [Float]
}

extension Retriever {
    public func asked(_ query: Query) -> any AskedRetriever { AskedTwice(retriever: self, query: query) }
}

/// For a retriever whose candidates and scores share no work.
private struct AskedTwice<Asked: Retriever>: AskedRetriever {
    let retriever: Asked
    let query: Query

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        retriever.candidates(for: query, limit: limit, deadline: deadline)
    }

    func scores(of items: [ItemIndex]) -> [Float] { retriever.scores(of: items, for: query) }
}

/// How alike two items are, for features and for diversity: implemented in Retrieval, handed to Ranking by Online.
public protocol ItemSimilarity: Sendable {
    /// "embedding", "neighbours": part of feature names.
    var name: String { get }

    /// The similarity of each item to `other`, on a scale that survives a refit (a cosine, a share of the best);
    /// NaN where one of the two is not known to it.
    func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float]
}
