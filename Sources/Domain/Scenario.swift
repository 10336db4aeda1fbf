/// A named way of answering: which retrievers propose, what is filtered, whether the ranker orders.
/// `home`, `similar` and `search` ship; every request and every served list says which one it used.
public struct Scenario: Sendable, Hashable, Codable {
    public var name: String
    /// Names of ``Retriever``s that propose candidates. All retrievers score them.
    public var retrievers: [String]
    /// How many candidates each retriever may propose.
    public var candidatesPerRetriever: Int
    /// Leave out what the user has interacted with.
    public var excludeSeen: Bool
    /// Order by the trained ranker; otherwise by the fusion of the retrievers' opinions or ranks.
    public var useRanker: Bool
    /// At most one item of a `groupId`.
    public var onePerGroup: Bool

    public init(
        name: String, retrievers: [String], candidatesPerRetriever: Int = 200, excludeSeen: Bool,
        useRanker: Bool = true, onePerGroup: Bool = true
    ) {
        self.name = name
        self.retrievers = retrievers
        self.candidatesPerRetriever = candidatesPerRetriever
        self.excludeSeen = excludeSeen
        self.useRanker = useRanker
        self.onePerGroup = onePerGroup
    }

    public static let home = Scenario(
        name: "home",
        retrievers: [
            "embedding", "neighbours", "neighbours-recent", "transitions", "transitions-recent", "ease", "ease-recent",
            "cosine",
            "cosine-recent", "sessions", "trending", "covisits", "popular",
        ], excludeSeen: true)
    public static let similar = Scenario(
        name: "similar",
        retrievers: ["embedding", "neighbours", "transitions", "ease", "cosine", "sessions", "covisits"],
        excludeSeen: false)
    public static let search = Scenario(
        name: "search", retrievers: ["text", "semantic", "embedding"], excludeSeen: false)
    public static let shipped = [home, similar, search]
}
