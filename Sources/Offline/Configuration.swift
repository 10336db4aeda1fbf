import Foundation
import MagpieBoosting
import MagpieDomain
import MagpieRanking
import MagpieRetrieval

/// `magpie.json` of a home: what events mean and how models are made. Every key has a default; unknown keys are
/// errors. A bundle's manifest holds the configuration that made it.
public struct Configuration: Sendable, Hashable, Codable {
    /// For features in local time; an IANA name.
    public var timeZone = "UTC"
    public var events = EventRules()
    public var split = SplitOptions()
    public var graph = ItemGraphOptions()
    public var walks = RandomWalkOptions()
    public var embedding = EmbeddingOptions()
    public var queryEncoder = QueryEncoder.Options()
    public var index = IndexOptions()
    public var neighbours = NeighbourOptions()
    public var transitions = TransitionOptions()
    public var ease = EASEOptions()
    public var cosine = CosineOptions()
    public var sessions = SessionOptions()
    public var live = LiveOptions()
    public var text = TextOptions()
    public var semantic = SemanticOptions()
    public var ranker = RankerOptions()
    public var lists = ListOptions()
    public var retention = RetentionOptions()
    /// Retrievers that are neither trained nor asked: each table costs time, memory, and some of every request.
    public var withoutRetrievers: [String] = []
    public var scenarios = Scenario.shipped

    public init() {}

    /// Keys under these are the caller's own words.
    static let openPaths: Set<String> = [
        "events.weights", "events.gains", "ranker.objectives", "text.boosts", "text.languages", "text.stopWords",
    ]
    /// Keys without a default.
    static let optionalPaths: Set<String> = ["graph.sessionGapMinutes"]

    /// Reads a configuration file; a file that is not there means the defaults.
    public init(reading url: URL) throws {
        self = Configuration()
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: url)
        } catch {
            throw ConfigurationError.unreadable(file: url.path)
        }
        try self.init(json: bytes, file: url.path)
    }

    public init(json: Data, file: String) throws {
        self = try StrictJSON.decode(
            Configuration.self, from: json, over: Configuration(), openPaths: Self.openPaths,
            optionalPaths: Self.optionalPaths, file: file)
        guard TimeZone(identifier: timeZone) != nil else {
            throw ConfigurationError.badValue(
                file: file, detail: "timeZone: got \"\(timeZone)\", expected an IANA name such as \"Europe/Berlin\"")
        }
        try checkRanges(file: file)
    }

    /// The configuration as bytes: keys sorted, so that equal configurations are equal bytes.
    public func json() throws -> Data { try Self.json(self) }

    /// A part of the configuration, for the key of the stage that reads it.
    static func key(_ part: some Encodable) throws -> String { String(decoding: try json(part), as: UTF8.self) }

    private static func json(_ part: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(part)
    }
}

/// What live events say: what is trending, and what goes together lately.
public struct LiveOptions: Sendable, Hashable, Codable {
    /// A like counts half as much after so many hours.
    public var halfLifeHours = 168

    public init() {}
}

/// What a ranker learns from.
public enum ExampleSource: String, Sendable, Hashable, Codable, CaseIterable {
    /// Lists that were on screen, where `ranker.automaticRequests` of them had something that was liked; else `split`.
    case auto
    /// Lists that were on screen.
    case impressions
    /// Requests after one cut, as `split` says.
    case split
    /// Requests at their moments along the whole history, between `refits` fits: see ``ReplayedExamples``.
    case replay
}

/// Which model orders the candidates.
public enum RankerKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Boosted trees where XGBoost's library is there, enough requests are, and trees order requests held out better
    /// beyond noise; else linear.
    case auto
    /// A weighted sum: the conditional logit.
    case linear
    /// Boosted trees.
    case lambdamart
}

public struct RankerOptions: Sendable, Hashable, Codable {
    public var kind = RankerKind.auto
    /// By user: the share of each user's events, the last ones, that it learns from; at least one. The less, the more do the
    /// retrievers know that it learns with, as those do that it will serve with. By clock, and where that holds fewer likes than
    /// ``automaticRequests``: ``SplitOptions/heldOut``.
    public var heldOut = 0.1
    /// Of the linear model.
    public var model = ConditionalLogit.Options()
    /// Candidates that it learns from, in all: with many requests each brings only a sample of what was not chosen
    /// (``NegativeSample``).
    public var maximumExamples = 400_000
    public var lambdamart = LambdaMART.Options()
    /// With fewer requests `kind` `auto` is linear, and with fewer viewed lists `examples` `auto` is `split`.
    public var automaticRequests = 300
    /// Known-item queries that the search ranker is trained on.
    public var searchQueries = 1_000
    /// Where the examples of `home`, and of scenarios of the caller's own, come from.
    public var examples = ExampleSource.auto
    /// Fits of a replay that makes examples.
    public var refits = 6
    /// Kinds of events that get a model each, and what each is worth: the score is the sum of their probabilities by these
    /// weights. Empty: one model, of whatever is positive.
    public var objectives: [String: Double] = [:]
    /// Who has hardly a history gets a ranker of their own.
    public var newcomers = NewcomerOptions()
    /// Features are left out whose columns' names begin with one of these: "embedding." or "age.sinceFirst", say.
    public var withoutFeatures: [String] = []
    /// Pairs of columns whose products are features, too: `["user.logLikes", "embedding.logRank"]`.
    public var crossedFeatures: [[String]] = []

    public init() {}
}

/// See ``Newcomers``.
public struct NewcomerOptions: Sendable, Hashable, Codable {
    /// The share of the users who come as newcomers to a draft that has not seen them; 0: no such ranker.
    public var share = 0.2
    /// Of more than these so many come: that many tell what there is to tell.
    public var maximumUsers = 1_000
    /// Fewer than these teach nothing: nobody comes.
    public var minimumUsers = 40
    /// So many of their next events say what is relevant; 0: all that come.
    public var next = 0
    /// Who has liked fewer items than this is one.
    public var below = 6

    public init() {}
}
