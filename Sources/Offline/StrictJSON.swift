import Foundation

/// Reads a JSON object over defaults: what is absent keeps its default, what is unknown is an error.
///
/// The defaults say which keys exist and of which type they are, so that a misspelt key cannot be ignored in
/// silence. Objects at `openPaths` (such as the weights by event kind) take any key; values at `optionalPaths` have
/// no default, so that the defaults cannot tell. An array replaces the default array; objects in it may have the keys
/// that the objects of the default have.
package enum StrictJSON {
    package static func decode<Value: Codable>(
        _ type: Value.Type, from data: Data, over defaults: Value, openPaths: Set<String>,
        optionalPaths: Set<String> = [], file: String
    ) throws -> Value {
        let open = Open(keys: openPaths, optional: optionalPaths, file: file)
        let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults))
        let given: Any
        do {
            given = try JSONSerialization.jsonObject(with: data)
        } catch {
            throw ConfigurationError.notJSON(file: file, detail: Self.reason(error))
        }
        guard let given = given as? [String: Any], let base = encoded as? [String: Any] else {
            throw ConfigurationError.notJSON(file: file, detail: "the top level is not an object")
        }
        let merged = try merge(given, over: base, path: "", open)
        do {
            return try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: merged))
        } catch let error as DecodingError {
            throw ConfigurationError.badValue(file: file, detail: describe(error))
        }
    }

    private struct Open {
        var keys: Set<String>
        var optional: Set<String>
        var file: String
    }

    private static func merge(
        _ given: [String: Any], over base: [String: Any], path: String, _ open: Open
    ) throws -> [String: Any] {
        var merged = base
        // In order, so that of two unknown keys the same one is named every time.
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            let keyPath = path.isEmpty ? key : path + "." + key
            guard let known = base[key] else {
                guard open.keys.contains(path) || open.optional.contains(keyPath) else {
                    throw ConfigurationError.unknownKey(file: open.file, key: keyPath, known: keys(base, path, open))
                }
                merged[key] = value
                continue
            }
            if let inner = value as? [String: Any], let innerBase = known as? [String: Any] {
                merged[key] = try merge(inner, over: innerBase, path: keyPath, open)
            } else {
                try check(value, against: known, path: keyPath, open)
                merged[key] = value
            }
        }
        return merged
    }

    /// The objects of an array have no defaults, but only known keys.
    private static func check(_ value: Any, against known: Any, path: String, _ open: Open) throws {
        guard let elements = value as? [[String: Any]], let template = (known as? [[String: Any]])?.first else {
            return
        }
        for (place, element) in elements.enumerated() {
            for key in element.keys.sorted() where template[key] == nil {
                throw ConfigurationError.unknownKey(
                    file: open.file, key: "\(path)[\(place)].\(key)", known: template.keys.sorted())
            }
        }
    }

    private static func keys(_ base: [String: Any], _ path: String, _ open: Open) -> [String] {
        let prefix = path.isEmpty ? "" : path + "."
        let optional = open.optional.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains(".") }
        return (base.keys + optional.map { String($0.dropFirst(prefix.count)) }).sorted()
    }

    /// Foundation's message for text that is no JSON; the useful one is in the details.
    private static func reason(_ error: any Error) -> String {
        let detail = (error as NSError).userInfo["NSDebugDescription"] as? String
        return (detail ?? error.localizedDescription).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(let type, let context):
            "\(path(context)) is not of type \(type)"
        case .valueNotFound(_, let context): "\(path(context)) has no value"
        case .keyNotFound(let key, let context): "\(path(context)) lacks \"\(key.stringValue)\""
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            // Foundation says neither which number nor where.
            "a number has a fraction, or is too large, where a whole number belongs"
        case .dataCorrupted(let context): "\(path(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.reduce("") { path, key in
            if let place = key.intValue { return path + "[\(place)]" }
            return path.isEmpty ? key.stringValue : path + "." + key.stringValue
        }
    }
}

public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case unreadable(file: String)
    case notJSON(file: String, detail: String)
    case unknownKey(file: String, key: String, known: [String])
    case badValue(file: String, detail: String)

    public var description: String {
        switch self {
        case .unreadable(let file): "\(file): cannot be read: check that it is a file, and its permissions"
        case .notJSON(let file, let detail):
            "\(file): not a JSON object (\(detail)): mend it, or delete the file to use the defaults"
        case .unknownKey(let file, let key, let known):
            "\(file): unknown key \"\(key)\": the keys here are \(known.joined(separator: ", "))"
        case .badValue(let file, let detail): "\(file): \(detail)"
        }
    }
}
