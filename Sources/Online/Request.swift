import MagpieDomain

/// One question: who asks, in which scenario, for what, and what must not be in the answer.
public struct Request: Sendable {
    public var id: RequestID
    /// The name of a ``Scenario``.
    public var scenario: String
    public var user: UserKey?
    /// The text of a search.
    public var text: String?
    /// The item that others should be similar to.
    public var seed: ItemID?
    public var count: Int
    public var filter: FilterPredicate?
    public var exclude: [ItemID]
    /// Orders by the ranker (true) or by fusion (false) whatever the scenario says.
    public var useRanker: Bool?
    /// Only this retriever proposes and orders: for measuring each by itself.
    public var onlyRetriever: String?
    /// Collect the ``Answer/Funnel``.
    public var explain: Bool
    /// Orders these instead of retrieving any; what the user has seen is not left out, and what no bundle knows comes last.
    public var candidates: [ItemID]?
    /// A vector of the caller's own model in place of what the embedding would be: of the user, the query, the basket.
    public var vector: [Float]?
    /// 0 ... 1: see ``Scenario/diversity``, which it replaces.
    public var diversity: Double?
    /// See ``Scenario/caps``, which they replace; none with an empty array.
    public var caps: [CategoryCap]?
    /// Whether the answer may be one of those that ``Scenario/explore`` shuffles: somebody is going to look at it now.
    public var mayExplore = false
    /// What a search wants to know beside the best items.
    public var page = SearchPage()

    public init(
        id: RequestID, scenario: String, user: UserKey? = nil, text: String? = nil, seed: ItemID? = nil,
        count: Int = 10, filter: FilterPredicate? = nil, exclude: [ItemID] = [], useRanker: Bool? = nil,
        onlyRetriever: String? = nil, explain: Bool = false
    ) {
        self.id = id
        self.scenario = scenario
        self.user = user
        self.text = text
        self.seed = seed
        self.count = count
        self.filter = filter
        self.exclude = exclude
        self.useRanker = useRanker
        self.onlyRetriever = onlyRetriever
        self.explain = explain
    }
}

/// Requests that cannot be answered at all. An unknown user or item is not one of them: that is a cold start.
public enum RequestError: Error, Equatable, CustomStringConvertible {
    case unknownScenario(got: String, expected: [String])
    case unknownRetriever(got: String, expected: [String])
    case count(got: Int, expected: ClosedRange<Int>)
    case nothingAsked(scenario: String)
    case vector(got: String, expected: String)
    case attribute(use: String, got: String, expected: [String])
    case diversity(got: Double)

    public var description: String {
        switch self {
        case .unknownScenario(let got, let expected):
            "no scenario \"\(got)\": choose one of \(expected.joined(separator: ", "))"
        case .unknownRetriever(let got, let expected):
            "no retriever \"\(got)\" in this bundle: choose one of \(expected.joined(separator: ", "))"
        case .count(let got, let expected):
            "count is \(got), expected \(expected.lowerBound) to \(expected.upperBound)"
        case .vector(let got, let expected):
            "the vector has \(got), expected \(expected)"
        case .attribute(let use, let got, let expected):
            "no attribute \"\(got)\" to \(use) by in this bundle: choose one of \(expected.joined(separator: ", "))"
        case .diversity(let got): "diversity is \(got), expected 0 to 1"
        case .nothingAsked(let scenario):
            "scenario \(scenario) needs a text to search for: it was empty"
        }
    }
}
