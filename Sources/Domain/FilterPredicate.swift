/// A condition on attributes: which items a request may return. (Not called `Predicate`: Foundation has one.)
///
///     genres:Action AND year>=1990 AND NOT (available:false OR price>20)
///
/// | notation | true when |
/// |---|---|
/// | `field:value` | the attribute equals the value; for keywords: the value is among them |
/// | `field:*` | the attribute is there (an empty list of keywords counts as absent) |
/// | `field>n` `>=` `<` `<=` | a number or a time compares so; times are ISO 8601 in UTC: `createdAt>=2024-01-31` |
/// | `NOT p`, `p AND q`, `p OR q`, `( )` | in this order of binding; the words in capitals |
///
/// Field and value are quoted when they hold space, parentheses or quotes: `"shelf life":"3 (dry)"`; inside quotes
/// `\"` and `\\`. Text is compared by its bytes, so case counts. A value is read by the attribute's type: `year:1990`
/// is a number where `year` is one. **Two-valued**: a comparison with an absent attribute, or with one of another
/// type, is false, and so its `NOT` is true.
public indirect enum FilterPredicate: Sendable, Hashable {
    case and([FilterPredicate])
    case or([FilterPredicate])
    case not(FilterPredicate)
    case exists(String)
    case equals(String, PredicateText)
    case compares(String, Comparison, Operand)

    public enum Comparison: String, Sendable, Hashable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="

        @inlinable public func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
            switch self {
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            }
        }
    }

    public enum Operand: Sendable, Hashable {
        case number(Double)
        case time(Timestamp)
    }
}

/// The value of `field:value` as it was written, compared and hashed by its bytes, and what it is as another type.
public struct PredicateText: Sendable, Hashable, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral value: String) { text = value }

    /// nil when it is no finite number.
    public var number: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
    public var time: Timestamp? { Timestamp(iso8601: text) }
    public var bool: Bool? { Bool(text) }

    public func equals(_ other: String) -> Bool { text.utf8.elementsEqual(other.utf8) }

    public static func == (a: Self, b: Self) -> Bool { a.equals(b.text) }

    public func hash(into hasher: inout Hasher) {
        var copy = text
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension FilterPredicate {
    /// Whether it holds for a thing whose attributes `lookup` gives.
    public func evaluate(_ lookup: (String) -> AttributeValue?) -> Bool {
        switch self {
        case .and(let parts): parts.allSatisfy { $0.evaluate(lookup) }
        case .or(let parts): parts.contains { $0.evaluate(lookup) }
        case .not(let part): !part.evaluate(lookup)
        case .exists(let field): lookup(field).map { $0 != .keywords([]) } ?? false
        case .equals(let field, let text): lookup(field).map { Self.equals($0, text) } ?? false
        case .compares(let field, let comparison, let operand):
            switch (lookup(field), operand) {
            case (.number(let value), .number(let other)): comparison.holds(value, other)
            case (.time(let value), .time(let other)): comparison.holds(value, other)
            default: false
            }
        }
    }

    private static func equals(_ value: AttributeValue, _ text: PredicateText) -> Bool {
        switch value {
        case .keyword(let word), .text(let word): text.equals(word)
        case .keywords(let words): words.contains { text.equals($0) }
        case .number(let number): text.number == number
        case .bool(let bool): text.bool == bool
        case .time(let time): text.time == time
        case .geo, .vector: false
        }
    }

    /// The fields that it reads, each once, in the order of first mention.
    public var fields: [String] {
        var fields: [String] = []
        collect(into: &fields)
        return fields
    }

    private func collect(into fields: inout [String]) {
        switch self {
        case .and(let parts), .or(let parts): for part in parts { part.collect(into: &fields) }
        case .not(let part): part.collect(into: &fields)
        case .exists(let field), .equals(let field, _), .compares(let field, _, _):
            if !fields.contains(field) { fields.append(field) }
        }
    }
}

/// As text, in its notation. `and([])` (always true) and `or([])` (never) cannot be written.
extension FilterPredicate: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try FilterPredicate(container.decode(String.self))
        } catch let error as FilterPredicateError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
