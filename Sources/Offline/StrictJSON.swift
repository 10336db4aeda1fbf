import Foundation

/// Reads a JSON object over defaults: what is absent keeps its default, what is unknown is an error.
///
/// The defaults say which keys exist and of which type they are, so that a misspelt key cannot be ignored in
/// silence. Objects at `openPaths` (such as the weights by event kind) take any key.
enum StrictJSON {
    static func decode<Value: Codable>(
        _ type: Value.Type, from data: Data, over defaults: Value, openPaths: Set<String>, file: String
    ) throws -> Value {
        let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults))
        let given: Any
        do {
            given = try JSONSerialization.jsonObject(with: data)
        } catch {
            throw ConfigurationError.notJSON(file: file, detail: error.localizedDescription)
        }
        guard let given = given as? [String: Any], let base = encoded as? [String: Any] else {
            throw ConfigurationError.notJSON(file: file, detail: "the top level is not an object")
        }
        let merged = try merge(given, over: base, path: "", openPaths: openPaths, file: file)
        do {
            return try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: merged))
        } catch let error as DecodingError {
            throw ConfigurationError.badValue(file: file, detail: describe(error))
        }
    }

    private static func merge(
        _ given: [String: Any], over base: [String: Any], path: String, openPaths: Set<String>, file: String
    ) throws -> [String: Any] {
        var merged = base
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            let keyPath = path.isEmpty ? key : path + "." + key
            guard let known = base[key] else {
                guard openPaths.contains(path) else {
                    throw ConfigurationError.unknownKey(
                        file: file, key: keyPath, known: base.keys.sorted())
                }
                merged[key] = value
                continue
            }
            if let inner = value as? [String: Any], let innerBase = known as? [String: Any] {
                merged[key] = try merge(inner, over: innerBase, path: keyPath, openPaths: openPaths, file: file)
            } else {
                try checkElements(value, like: known, path: keyPath, file: file)
                merged[key] = value
            }
        }
        return merged
    }

    /// A list is taken whole; the objects in it may have the keys that the defaults' objects have.
    private static func checkElements(_ value: Any, like known: Any, path: String, file: String) throws {
        guard let elements = value as? [Any], let model = (known as? [Any])?.first as? [String: Any] else { return }
        for (i, element) in elements.enumerated() {
            for key in (element as? [String: Any] ?? [:]).keys.sorted() where model[key] == nil {
                throw ConfigurationError.unknownKey(file: file, key: "\(path)[\(i)].\(key)", known: model.keys.sorted())
            }
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(let type, let context):
            "\(path(context)) is not of type \(type)"
        case .valueNotFound(_, let context): "\(path(context)) has no value"
        case .keyNotFound(let key, let context): "\(path(context)) lacks \"\(key.stringValue)\""
        case .dataCorrupted(let context): "\(path(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}

public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case notJSON(file: String, detail: String)
    case unknownKey(file: String, key: String, known: [String])
    case badValue(file: String, detail: String)

    public var description: String {
        switch self {
        case .notJSON(let file, let detail):
            "\(file): not a JSON object (\(detail)): mend it, or delete the file to use the defaults"
        case .unknownKey(let file, let key, let known):
            "\(file): unknown key \"\(key)\": the keys here are \(known.joined(separator: ", "))"
        case .badValue(let file, let detail): "\(file): \(detail)"
        }
    }
}
