/// The type of an attribute, fixed when the attribute is first seen. A change of type is an error with a remedy.
public enum AttributeType: Sendable, Hashable {
    case keyword
    case keywords
    case text(language: String)
    case number
    case bool
    case time
    case geo
    case vector(dimension: Int)
}

/// One attribute of an item, a user or an event's context.
public enum AttributeValue: Sendable, Hashable {
    case keyword(String)
    case keywords([String])
    case text(String)
    case number(Double)
    case bool(Bool)
    case time(Timestamp)
    case geo(latitude: Double, longitude: Double)
    case vector([Float])
}

extension AttributeValue {
    /// The type of an attribute whose first value this is.
    public var type: AttributeType {
        switch self {
        case .keyword: .keyword
        case .keywords: .keywords
        case .text: .text(language: "en")
        case .number: .number
        case .bool: .bool
        case .time: .time
        case .geo: .geo
        case .vector(let values): .vector(dimension: values.count)
        }
    }
}

/// A patch of attributes: a value sets, nil removes, an absent name leaves as it was.
public typealias AttributePatch = [String: AttributeValue?]

extension AttributeType: CustomStringConvertible {
    /// The notation of configuration files and flags: `keyword`, `keywords`, `text(en)`, `number`, `bool`,
    /// `time`, `geo`, `vector(64)`.
    public var description: String {
        switch self {
        case .keyword: "keyword"
        case .keywords: "keywords"
        case .text(let language): "text(\(language))"
        case .number: "number"
        case .bool: "bool"
        case .time: "time"
        case .geo: "geo"
        case .vector(let dimension): "vector(\(dimension))"
        }
    }

    public init?(_ notation: String) {
        let parts = notation.split(separator: "(", maxSplits: 1)
        let argument = parts.count == 2 && parts[1].last == ")" ? String(parts[1].dropLast()) : nil
        if parts.count == 2, argument == nil { return nil }
        switch (parts.first.map(String.init), argument) {
        case ("keyword", nil): self = .keyword
        case ("keywords", nil): self = .keywords
        case ("text", let language): self = .text(language: language ?? "en")
        case ("number", nil): self = .number
        case ("bool", nil): self = .bool
        case ("time", nil): self = .time
        case ("geo", nil): self = .geo
        case ("vector", let dimension?):
            guard let dimension = Int(dimension), (1...65_536).contains(dimension) else { return nil }
            self = .vector(dimension: dimension)
        default: return nil
        }
    }

    public func accepts(_ value: AttributeValue) -> Bool {
        switch (self, value) {
        case (.keyword, .keyword), (.keywords, .keywords), (.text, .text), (.number, .number), (.bool, .bool),
            (.time, .time), (.geo, .geo):
            true
        case (.vector(let dimension), .vector(let values)): values.count == dimension
        default: false
        }
    }
}

/// Names that mean the same in every home. All other names are the caller's.
public enum ReservedAttribute {
    public static let title = "title"
    public static let groupId = "groupId"
    public static let available = "available"
    public static let availableFrom = "availableFrom"
    public static let availableUntil = "availableUntil"
    public static let createdAt = "createdAt"
    public static let price = "price"

    public static let types: [String: AttributeType] = [
        title: .text(language: "en"), groupId: .keyword, available: .bool, availableFrom: .time,
        availableUntil: .time, createdAt: .time, price: .number,
    ]
}
