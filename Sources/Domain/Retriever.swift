/// First stage: millions to hundreds, fast and coarse.
///
/// A retriever belongs to one bundle and answers for that bundle's items. It is asked once a request, and then twice:
/// for candidates, and after the merge for the scores of ALL candidates, so that the ranker sees every opinion and not
/// only the one that proposed an item.
public protocol Retriever: Sendable {
    /// "embedding", "neighbours", "ease-recent", "text", "popular": part of feature names, so it never changes.
    var name: String { get }

    /// The retriever with a query that it is to answer. What candidates and scores share is worked out once.
    func asked(_ query: Query) -> any AskedRetriever
}

/// A retriever with the query that it is to answer: one request's, on one thread.
public protocol AskedRetriever {
    /// The best items for the query, best first (``Scored``), none of `query.excluded`, at most `limit`.
    /// Empty when the query has nothing this retriever can work with (no text for the text index) or when the
    /// deadline had passed: late answers are worth nothing.
    func candidates(limit: Int, deadline: Deadline) -> [Scored]

    /// The scores of these items on the same scale as ``candidates(limit:deadline:)``; NaN where it has no opinion.
    /// `candidates` and `scores` agree: an item proposed with score s is scored s.
    func scores(of items: [ItemIndex]) -> [Float]
}

extension Retriever {
    /// For who wants candidates alone.
    public func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored] {
        deadline.hasPassed ? [] : asked(query).candidates(limit: limit, deadline: deadline)
    }

    /// For who wants scores alone.
    public func scores(of items: [ItemIndex], for query: Query) -> [Float] { asked(query).scores(of: items) }
}

/// The answer to a query that a retriever can do nothing with.
public struct NoOpinion: AskedRetriever {
    public init() {}

    public func candidates(limit: Int, deadline: Deadline) -> [Scored] { [] }
    public func scores(of items: [ItemIndex]) -> [Float] { [Float](repeating: .nan, count: items.count) }
}

/// How alike two items are, for features and for diversity: implemented in Retrieval, handed to Ranking by Online.
public protocol ItemSimilarity: Sendable {
    /// "embedding", "neighbours": part of feature names.
    var name: String { get }

    /// The similarity of each item to `other`, on a scale that survives a refit (a cosine, a share of the best);
    /// NaN where one of the two is not known to it.
    func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float]

    /// The same to some others, a list for each.
    func similarities(of items: [ItemIndex], to others: [ItemIndex]) -> [[Float]]
}

extension ItemSimilarity {
    public func similarities(of items: [ItemIndex], to others: [ItemIndex]) -> [[Float]] {
        others.map { similarities(of: items, to: $0) }
    }
}
