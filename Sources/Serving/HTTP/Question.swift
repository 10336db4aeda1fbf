import Foundation
import MagpieDomain
import MagpieOnline

/// What a client asks, from the query of a GET or the JSON object of a POST: the same names, the same meaning.
///
/// | name | what |
/// |---|---|
/// | `user` | the caller's id of who asks; nobody known by it = a cold start |
/// | `anonymous` | the device or cookie, when there is no user |
/// | `count` | how many items, 1 to 1000; 10 without it |
/// | `scenario` | a named way of answering |
/// | `filter` | a ``FilterPredicate``, such as `genres:Action AND year>=1990`, in a body also as JSON |
/// | `exclude` | ids that must not be in the answer; in a query once for each |
/// | `diversity` | 0 to 1: how much unlikeness counts against relevance; without it as the scenario says |
/// | `cap` | `genres=3`: at most three of one genre, `genres=3@20`: among the first twenty; in a query once for each |
/// | `mode` | `realtime`, `batch` (a list made ahead of time) or `auto` (such a list, made when there is none) |
/// | `explain` | true: the funnel, and what each feature added |
/// | `items` | ids to put in order, instead of retrieving any; in a query with commas between |
/// | `vector` | numbers from the caller's own model for who asks, in place of the embedding; in a query with commas |
/// | `q` or `query` | the text of a search |
/// | `total` | true: of a search, how many items match |
/// | `facets` | of a search, attributes of which the values are counted; in a query with commas between |
/// | `sort` | of a search, an attribute to order by, `-year` for the largest first |
///
/// An unknown name is an error: a misspelt `filter` must not answer with what should have been filtered out.
struct Question {
    var user: UserID?
    var anonymous: UserID?
    /// nil: 10, or all of ``candidates``.
    var count: Int?
    var scenario: String
    var filter: FilterPredicate?
    var exclude: [ItemID] = []
    var diversity: Double?
    var caps: [CategoryCap]?
    var explain = false
    /// nil: real time.
    var mode: AnswerMode?
    var text: String?
    var seed: ItemID?
    var candidates: [ItemID]?
    var vector: [Float]?
    var page = SearchPage()

    static let names = [
        "user", "anonymous", "count", "scenario", "filter", "exclude", "diversity", "cap", "explain", "q", "query",
        "total", "facets", "sort", "vector", "items", "mode",
    ]

    /// - Throws: ``APIError``, or a ``FilterPredicateError``.
    init(_ query: [(name: String, value: String)], scenario: Scenario) throws {
        self.scenario = scenario.name
        var seen: Set<String> = []
        for (name, value) in query {
            if name == "exclude" {
                exclude.append(ItemID(value))
                continue
            }
            if name == "cap" {
                caps = (caps ?? []) + [try Self.cap(.string(value))]
                continue
            }
            guard seen.insert(name).inserted else { throw APIError.badRequest("\"\(name)\" stands twice in the query") }
            switch name {
            case "count", "diversity": try set(name, Double(value).map(JSONTree.number) ?? .string(value))
            case "facets", "items": try set(name, .array(value.split(separator: ",").map { .string(String($0)) }))
            case "vector":
                try set(
                    name,
                    .array(value.split(separator: ",").map { Double($0).map(JSONTree.number) ?? .string(String($0)) }))
            case "explain", "total":
                try set(name, Bool(value).map(JSONTree.bool) ?? (value == "1" ? .bool(true) : .string(value)))
            default: try set(name, .string(value))
            }
        }
    }

    /// - Parameter body: a JSON object; empty = nothing is asked for but the defaults.
    init(body: [UInt8], scenario: Scenario) throws {
        if body.isEmpty {
            try self.init(members: [], scenario: scenario)
            return
        }
        guard case .object(let members) = try body.withUnsafeBufferPointer({ try JSONTree($0) }) else {
            throw APIError.badRequest("the body is not a JSON object, such as {\"user\": \"42\", \"count\": 10}")
        }
        try self.init(members: members, scenario: scenario)
    }

    init(members: [JSONTree.Member], scenario: Scenario) throws {
        self.scenario = scenario.name
        var seen: Set<String> = []
        for member in members {
            guard seen.insert(member.name).inserted else {
                throw APIError.badRequest("\"\(member.name)\" stands twice in the body")
            }
            try set(member.name, member.value)
        }
    }

    private mutating func set(_ name: String, _ value: JSONTree) throws {
        func fail(_ expected: String) -> APIError {
            APIError.badRequest("\"\(name)\": got \(value.shown), expected \(expected)")
        }
        guard Self.names.contains(name) else {
            throw APIError.badRequest(
                "\"\(name)\" is not known here: expected \(Self.names.joined(separator: ", "))")
        }
        switch (name, value) {
        case (_, .null): break
        case ("user", .string(let text)) where !text.isEmpty: user = UserID(text)
        case ("anonymous", .string(let text)) where !text.isEmpty: anonymous = UserID(text)
        case ("user", _), ("anonymous", _): throw fail("an id as text, not empty")
        case ("count", .number(let number)):
            guard let count = Int(exactly: number), Recommender.counts.contains(count) else {
                throw fail("\(Recommender.counts.lowerBound) to \(Recommender.counts.upperBound)")
            }
            self.count = count
        case ("count", _): throw fail("a number")
        case ("diversity", .number(let number)):
            guard (0...1).contains(number) else { throw fail("0 to 1") }
            diversity = number
        case ("diversity", _): throw fail("a number")
        case ("cap", .array(let values)): caps = try values.map(Self.cap)
        case ("cap", _): throw fail("an array of texts such as genres=3")
        case ("scenario", .string(let text)): scenario = text
        case ("mode", .string(let text)):
            guard let mode = AnswerMode(rawValue: text) else {
                throw fail(AnswerMode.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self.mode = mode
        case ("filter", .string(let text)): filter = try FilterPredicate(text)
        case ("filter", .object): filter = try FilterPredicate(json: value)
        case ("explain", .bool(let bool)): explain = bool
        case ("total", .bool(let bool)): page.wantsTotal = bool
        case ("explain", _), ("total", _): throw fail("true or false")
        case ("facets", .array(let values)):
            page.facets = try values.map { value in
                guard case .string(let name) = value else { throw fail("an array of attributes' names") }
                return name
            }
        case ("facets", _): throw fail("an array of attributes' names")
        case ("vector", .array(let values)):
            vector = try values.map { value in
                guard case .number(let number) = value, Float(number).isFinite else {
                    throw fail("an array of numbers")
                }
                return Float(number)
            }
        case ("vector", _): throw fail("an array of numbers")
        case ("sort", .string(let text)):
            guard let sort = SearchPage.Sort(text) else { throw fail("an attribute, such as year or -year") }
            page.sort = sort
        case ("q", .string(let text)), ("query", .string(let text)): self.text = text
        case ("exclude", .array(let values)), ("items", .array(let values)):
            let ids = try values.map { value in
                guard case .string(let id) = value else { throw fail("an array of ids as text") }
                return ItemID(id)
            }
            if name == "exclude" {
                exclude = ids
            } else {
                guard Recommender.counts.contains(ids.count) else {
                    throw fail("\(Recommender.counts.lowerBound) to \(Recommender.counts.upperBound) ids")
                }
                candidates = ids
            }
        case ("exclude", _), ("items", _): throw fail("an array of ids as text")
        default: throw fail("text")
        }
    }

    private static func cap(_ value: JSONTree) throws -> CategoryCap {
        guard case .string(let text) = value, let cap = CategoryCap(text) else {
            throw APIError.badRequest("\"cap\": got \(value.shown), expected \(CategoryCap.expected)")
        }
        return cap
    }

    /// As the caller names who asks.
    var userName: String? { (user ?? anonymous)?.string }
    var userKey: UserKey? { user?.key ?? anonymous.map(Event.anonymousKey) }

    func request(at now: Timestamp) -> Request {
        var request = Request(
            id: RequestID(at: now), scenario: scenario, user: userKey, text: text, seed: seed,
            count: count ?? candidates?.count ?? 10,
            filter: filter, exclude: exclude, explain: explain)
        request.candidates = candidates
        request.vector = vector
        request.page = page
        request.diversity = diversity
        request.caps = caps
        return request
    }
}

extension JSONTree {
    /// A short piece of it for a message.
    var shown: String {
        let text = self.text
        return text.count > 60 ? text.prefix(60) + "..." : text
    }
}
