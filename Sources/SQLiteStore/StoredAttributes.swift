import MagpieDomain

/// Attributes as JSON text that keeps their types: each value is an object whose one name is its type, names
/// are sorted by bytes, and in a patch `null` removes.
///
///     {"genres":{"keywords":["Action","Sci-Fi"]},"oldPrice":null,"title":{"text":"Heat"},"year":{"number":1995}}
///
/// SQLite reads it too: `SELECT json_extract(patch, '$.year.number') FROM item_revisions`.
enum StoredAttributes {
    static func text(_ attributes: [String: AttributeValue]) throws -> String? {
        attributes.isEmpty ? nil : try text(patch: attributes.mapValues(Optional.some))
    }

    static func text(patch: AttributePatch) throws -> String {
        let names = patch.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return JSONTree.object(
            try names.map { name in
                guard let value = patch[name] ?? nil else { return .init(name, .null) }
                return .init(name, try json(value, name: name))
            }
        ).text
    }

    private static func json(_ value: AttributeValue, name: String) throws -> JSONTree {
        func number(_ value: Double) throws -> JSONTree {
            guard value.isFinite else {
                throw StoreError.invalidAttribute(
                    name: name, problem: "\(value) is not a finite number: leave the attribute out instead")
            }
            return .number(value)
        }
        let (type, content): (String, JSONTree) =
            switch value {
            case .keyword(let text): ("keyword", .string(text))
            case .keywords(let texts): ("keywords", .array(texts.map(JSONTree.string)))
            case .text(let text): ("text", .string(text))
            case .number(let value): ("number", try number(value))
            case .bool(let value): ("bool", .bool(value))
            // Milliseconds as text: an Int64 does not always fit a JSON number.
            case .time(let time): ("time", .string(String(time.milliseconds)))
            case .geo(let latitude, let longitude): ("geo", .array([try number(latitude), try number(longitude)]))
            // A Float's exact value as a Double, so that reading rounds nothing.
            case .vector(let values): ("vector", .array(try values.map { try number(Double($0)) }))
            }
        return .object([.init(type, content)])
    }

    /// - Throws: a ``Problem`` if the text is not what ``text(patch:)`` writes.
    static func patch(_ bytes: UnsafeBufferPointer<UInt8>) throws -> AttributePatch {
        guard case .object(let members) = try JSONTree(bytes) else { throw Problem("is not an object") }
        var patch: AttributePatch = [:]
        patch.reserveCapacity(members.count)
        for member in members {
            if member.value == .null {
                patch.updateValue(nil, forKey: member.name)
            } else {
                patch.updateValue(try value(member.value), forKey: member.name)
            }
        }
        return patch
    }

    static func attributes(_ bytes: UnsafeBufferPointer<UInt8>?) throws -> [String: AttributeValue] {
        guard let bytes, !bytes.isEmpty else { return [:] }
        return try patch(bytes).compactMapValues { $0 }
    }

    private static func value(_ json: JSONTree) throws -> AttributeValue {
        guard case .object(let members) = json, members.count == 1 else { throw Problem("has a value without a type") }
        switch (members[0].name, members[0].value) {
        case ("keyword", .string(let text)): return .keyword(text)
        case ("keywords", .array(let values)): return .keywords(try values.map(string))
        case ("text", .string(let text)): return .text(text)
        case ("number", .number(let value)): return .number(value)
        case ("bool", .bool(let value)): return .bool(value)
        case ("time", .string(let text)):
            guard let milliseconds = Int64(text) else { throw Problem("has a time that is not a number") }
            return .time(Timestamp(milliseconds: milliseconds))
        case ("geo", .array(let values)):
            guard values.count == 2 else { throw Problem("has a place that is not two numbers") }
            return .geo(latitude: try number(values[0]), longitude: try number(values[1]))
        case ("vector", .array(let values)): return .vector(try values.map { Float(try number($0)) })
        default: throw Problem("has a value of the unknown type \"\(members[0].name)\"")
        }
    }

    private static func string(_ json: JSONTree) throws -> String {
        guard case .string(let text) = json else { throw Problem("has a keyword that is not a text") }
        return text
    }

    private static func number(_ json: JSONTree) throws -> Double {
        guard case .number(let value) = json else { throw Problem("has a number that is not one") }
        return value
    }

    /// What is wrong with a stored text; its place is added where the row is known.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
