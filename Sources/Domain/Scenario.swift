/// A named way of answering: which retrievers propose, what is filtered, whether the ranker orders.
/// `home`, `similar` and `search` ship; every request and every served list says which one it used.
public struct Scenario: Sendable, Hashable, Codable {
    public var name: String
    /// Names of ``Retriever``s that propose candidates. All retrievers score them.
    public var retrievers: [String]
    /// How many candidates each retriever may propose.
    public var candidatesPerRetriever: Int
    /// How many of all that were proposed go on, the first by reciprocal rank fusion; 0 = all.
    public var candidates: Int
    /// Leave out what the user has interacted with.
    public var excludeSeen: Bool
    /// What of it counts, and for how long; empty: all, for good.
    public var seen: [SeenRule]
    /// Order by the trained ranker; otherwise by the fusion of the retrievers' opinions or ranks.
    public var useRanker: Bool
    /// At most one item of a `groupId`.
    public var onePerGroup: Bool
    /// How much unlikeness counts against relevance: 0 = the order of the ranker, 1 = as unlike as can be.
    public var diversity: Double
    /// How many items of one category stand among the first.
    public var caps: [CategoryCap]
    /// The share of ranked answers whose first places are shuffled, so that what a place does to a click can be told from
    /// what an item does: clicks of those answers teach it.
    public var explore: Double

    public init(
        name: String, retrievers: [String], candidatesPerRetriever: Int = 200, candidates: Int = 0,
        excludeSeen: Bool, useRanker: Bool = true, onePerGroup: Bool = true, diversity: Double = 0,
        caps: [CategoryCap] = [], seen: [SeenRule] = [], explore: Double = 0
    ) {
        self.name = name
        self.retrievers = retrievers
        self.candidatesPerRetriever = candidatesPerRetriever
        self.candidates = candidates
        self.excludeSeen = excludeSeen
        self.useRanker = useRanker
        self.onePerGroup = onePerGroup
        self.diversity = diversity
        self.caps = caps
        self.seen = seen
        self.explore = explore
    }

    /// What is not said is as in the shipped scenario of the same name, else as in ``home``.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let name = try members.decode(String.self, forKey: .name)
        func value<Value: Decodable>(_ key: CodingKeys, _ path: KeyPath<Scenario, Value>) throws -> Value {
            let shipped = Self.shipped.first { $0.name == name } ?? Self.home
            return try members.decodeIfPresent(Value.self, forKey: key) ?? shipped[keyPath: path]
        }
        self.name = name
        retrievers = try value(.retrievers, \.retrievers)
        candidatesPerRetriever = try value(.candidatesPerRetriever, \.candidatesPerRetriever)
        candidates = try value(.candidates, \.candidates)
        excludeSeen = try value(.excludeSeen, \.excludeSeen)
        useRanker = try value(.useRanker, \.useRanker)
        onePerGroup = try value(.onePerGroup, \.onePerGroup)
        diversity = try value(.diversity, \.diversity)
        caps = try value(.caps, \.caps)
        seen = try value(.seen, \.seen)
        explore = try value(.explore, \.explore)
    }

    public static let home = Scenario(
        name: "home",
        retrievers: [
            "embedding", "neighbours", "neighbours-recent", "transitions", "transitions-recent", "ease", "ease-recent",
            "cosine", "cosine-recent", "sessions", "semantic", "trending", "covisits", "popular",
        ], excludeSeen: true)
    public static let similar = Scenario(
        name: "similar",
        retrievers: ["embedding", "neighbours", "transitions", "ease", "cosine", "sessions", "semantic", "covisits"],
        excludeSeen: false)
    public static let search = Scenario(
        name: "search", retrievers: ["text", "semantic", "embedding"], excludeSeen: false)
    public static let shipped = [home, similar, search]
}
