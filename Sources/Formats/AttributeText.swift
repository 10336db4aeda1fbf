import MagpieDomain

/// Attribute values from JSON, as people write them.
public enum AttributeJSON {
    /// - Parameter type: nil takes what the JSON looks like: a text is a keyword, a list of texts keywords, a list
    ///   of numbers a vector, `{"latitude":..,"longitude":..}` a place.
    /// - Throws: ``ValueProblem``.
    public static func value(_ json: JSONTree, as type: AttributeType?, name: String) throws -> AttributeValue {
        let value: AttributeValue
        switch (json, type) {
        case (.string(let text), .some(.text)): value = .text(text)
        case (.string, .some(.time)), (.number, .some(.time)): value = .time(try JSONField.time(json, name, .ms))
        case (.string(let text), .some(.keywords)): value = .keywords([text])
        case (.string(let text), _): value = .keyword(text)
        case (.number(let number), _): value = .number(number)
        case (.bool(let bool), _): value = .bool(bool)
        case (.array(let values), .some(.keywords)): value = .keywords(try values.map { try JSONField.id($0, name) })
        case (.array(let values), _): value = try list(values, name)
        case (.object, _):
            guard case .number(let latitude)? = json["latitude"], case .number(let longitude)? = json["longitude"],
                (-90...90).contains(latitude), (-180...180).contains(longitude)
            else { throw ValueProblem("\"\(name)\" is nested: attributes are flat (or a place: latitude, longitude)") }
            value = .geo(latitude: latitude, longitude: longitude)
        case (.null, _): throw ValueProblem("\"\(name)\" is null")
        }
        if let type, !type.accepts(value) {
            throw ValueProblem("attribute \"\(name)\": expected \(type), got \(json.text.prefix(40))")
        }
        return value
    }

    private static func list(_ values: [JSONTree], _ name: String) throws -> AttributeValue {
        if case .number? = values.first {
            return .vector(
                try values.map {
                    let value = try JSONField.number($0, name)
                    guard Float(value).isFinite else {
                        throw ValueProblem("\"\(name)\": \(value) is too large for a vector")
                    }
                    return Float(value)
                })
        }
        return .keywords(try values.map { try JSONField.text($0, name) })
    }
}

/// Attribute values from a cell of a table.
enum AttributeText {
    /// The type that a column has whose first value is this: number, bool, or keyword. Texts, lists and times look
    /// like keywords and numbers, so they are told (`--attribute plot=text`) or reserved names.
    static func naturalType(_ bytes: UnsafeBufferPointer<UInt8>) -> AttributeType {
        if FieldText.double(bytes) != nil { return .number }
        return bool(bytes) == nil ? .keyword : .bool
    }

    static func value(
        _ bytes: UnsafeBufferPointer<UInt8>, text: String, as type: AttributeType, separator: Character,
        timeUnit: TimeUnit?
    ) throws -> AttributeValue {
        func fail(_ what: String) -> ValueProblem { ValueProblem("\"\(text)\" is not \(what)") }
        switch type {
        case .keyword: return .keyword(text)
        case .text: return .text(text)
        case .keywords:
            return .keywords(text.split(separator: separator).map { $0.trimmed }.filter { !$0.isEmpty })
        case .number:
            guard let number = FieldText.double(bytes) else { throw fail("a number") }
            return .number(number)
        case .bool:
            guard let bool = bool(bytes) else { throw fail("true or false") }
            return .bool(bool)
        case .time:
            guard let time = FieldText.time(bytes, timeUnit ?? .iso) else {
                let hint = timeUnit == nil && FieldText.looksNumeric(bytes) ? " (for numbers pass --time-unit)" : ""
                throw fail("a time\((timeUnit ?? .iso).expectation)\(hint)")
            }
            return .time(time)
        case .geo:
            let parts = text.split(separator: separator).map { Double($0.trimmed) }
            guard parts.count == 2, let latitude = parts[0], let longitude = parts[1],
                (-90...90).contains(latitude), (-180...180).contains(longitude)
            else { throw fail("a place like 52.5\(separator)13.4") }
            return .geo(latitude: latitude, longitude: longitude)
        case .vector(let dimension):
            let parts = text.split(separator: separator).compactMap { Float($0.trimmed) }
            guard parts.count == dimension, parts.allSatisfy(\.isFinite) else {
                throw fail("\(dimension) numbers with '\(separator)' between them")
            }
            return .vector(parts)
        }
    }

    private static func bool(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        switch String(decoding: bytes.prefix(6), as: UTF8.self).lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
