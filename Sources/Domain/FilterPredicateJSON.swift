/// What is wrong in a ``FilterPredicate`` that is written as JSON, and where.
public struct FilterPredicateJSONError: Error, Equatable, CustomStringConvertible {
    /// Such as `filter.must[1].range.year`.
    public let path: String
    public let got: String
    public let expected: String

    public var description: String { "\(path): got \(got), expected \(expected)" }
}

extension FilterPredicate {
    /// Reads JSON, for programs that would have to quote and escape to write the notation:
    ///
    ///     {"must": [{"match": {"genres": ["Action", "Thriller"]}}, {"range": {"year": {"gte": 1990, "lt": 2000}}}],
    ///      "must_not": [{"match": {"available": false}}],
    ///      "any": [{"exists": "poster"}, {"match": {"studio": "A24"}}]}
    ///
    /// | member | true when |
    /// |---|---|
    /// | `must`, `any`, `must_not` | all of the conditions hold; at least one; none |
    /// | `match` | each attribute has the value, or one of the values of an array |
    /// | `range` | each number or time (ISO 8601) lies between `gt` or `gte` and `lt` or `lte` |
    /// | `exists` | the attribute is there |
    ///
    /// Members of one object hold together; an array stands for one condition or several. Throws
    /// ``FilterPredicateJSONError``.
    public init(json: JSONTree) throws { self = try Self.read(json, "filter", depth: 0) }

    private static func read(_ tree: JSONTree, _ path: String, depth: Int) throws -> FilterPredicate {
        guard depth < depthLimit else {
            throw FilterPredicateJSONError(path: path, got: "more", expected: "at most \(depthLimit) levels")
        }
        guard case .object(let members) = tree, !members.isEmpty else {
            throw error(path, tree, "an object with must, any, must_not, match, range or exists")
        }
        let parts = try members.map { member in
            let here = "\(path).\(member.name)"
            switch member.name {
            case "must": return FilterPredicate.and(try several(member.value, here, depth: depth))
            case "any": return .or(try several(member.value, here, depth: depth))
            case "must_not": return .and(try several(member.value, here, depth: depth).map { .not($0) })
            case "match": return try fields(member.value, here) { .or(try matches($0, $1, $2)) }
            case "range": return try fields(member.value, here) { .and(try bounds($0, $1, $2)) }
            case "exists":
                guard case .string(let field) = member.value, !field.isEmpty else {
                    throw error(here, member.value, "an attribute's name")
                }
                return .exists(field)
            default:
                throw FilterPredicateJSONError(
                    path: path, got: "\"\(member.name)\"", expected: "must, any, must_not, match, range or exists")
            }
        }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private static func several(_ tree: JSONTree, _ path: String, depth: Int) throws -> [FilterPredicate] {
        guard case .array(let values) = tree else { return [try read(tree, path, depth: depth + 1)] }
        guard !values.isEmpty else { throw error(path, tree, "at least one condition") }
        return try values.enumerated().map { try read($1, "\(path)[\($0)]", depth: depth + 1) }
    }

    private static func fields(
        _ tree: JSONTree, _ path: String, _ body: (String, JSONTree, String) throws -> FilterPredicate
    ) throws -> FilterPredicate {
        guard case .object(let members) = tree, !members.isEmpty else {
            throw error(path, tree, "an object of attributes")
        }
        let parts = try members.map { try body($0.name, $0.value, "\(path).\($0.name)") }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private static func matches(_ field: String, _ tree: JSONTree, _ path: String) throws -> [FilterPredicate] {
        var values = [tree]
        if case .array(let several) = tree { values = several }
        guard !values.isEmpty else { throw error(path, tree, "a value, or an array of values") }
        return try values.map { value in
            switch value {
            case .string(let text): .equals(field, PredicateText(text))
            case .number, .bool: .equals(field, PredicateText(value.text))
            default: throw error(path, value, "a text, a number, true or false")
            }
        }
    }

    private static func bounds(_ field: String, _ tree: JSONTree, _ path: String) throws -> [FilterPredicate] {
        guard case .object(let members) = tree, !members.isEmpty else {
            throw error(path, tree, "an object with gt, gte, lt or lte")
        }
        return try members.map { member in
            let here = "\(path).\(member.name)"
            let comparison: Comparison
            switch member.name {
            case "gt": comparison = .greater
            case "gte": comparison = .greaterOrEqual
            case "lt": comparison = .less
            case "lte": comparison = .lessOrEqual
            default:
                throw FilterPredicateJSONError(path: path, got: "\"\(member.name)\"", expected: "gt, gte, lt or lte")
            }
            switch member.value {
            case .number(let number): return .compares(field, comparison, .number(number))
            case .string(let text):
                guard let time = Timestamp(iso8601: text) else { fallthrough }
                return .compares(field, comparison, .time(time))
            default: throw error(here, member.value, "a number, or a time such as \"2024-01-31\"")
            }
        }
    }

    private static func error(_ path: String, _ tree: JSONTree, _ expected: String) -> FilterPredicateJSONError {
        let text = tree.text
        return FilterPredicateJSONError(
            path: path, got: text.count > 60 ? text.prefix(60) + "..." : text, expected: expected)
    }
}
