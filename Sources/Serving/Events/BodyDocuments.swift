import MagpieDomain

/// The JSON objects of a body that may hold many: one object, an array of them, or JSON Lines (one object a line; blank
/// lines are skipped). Lines are recognised by their content type (`application/x-ndjson`, `application/jsonl`) or by
/// themselves: more than one object.
enum BodyDocuments {
    /// Of one request.
    static let limit = 10_000

    static func isLines(contentType: String?) -> Bool {
        guard let type = contentType?.lowercased() else { return false }
        return ["ndjson", "jsonl", "jsonlines", "json-lines"].contains { type.contains($0) }
    }

    /// What `decode` makes of each, with the place where it stands: "the event", "event 3", "line 3".
    /// - Parameter noun: "event", "item".
    /// - Throws: ``JSONError``, ``BodyError``, or what `decode` throws.
    static func decoded<Value>(
        _ body: [UInt8], isLines: Bool, noun: String, _ decode: (JSONTree, _ place: String) throws -> Value
    ) throws -> [Value] {
        if isLines { return try lines(body, noun, decode) }
        let document: JSONTree
        do {
            document = try body.withUnsafeBufferPointer { try JSONTree($0) }
        } catch {
            // Several objects are not one document: if the first line is an object by itself, these are lines.
            guard let first = body.split(separator: 0x0A).first, first.count < body.count,
                case .object? = try? first.withUnsafeBufferPointer({ try JSONTree($0) })
            else { throw error }
            return try lines(body, noun, decode)
        }
        guard case .array(let values) = document else { return [try decode(document, "the \(noun)")] }
        try check(values.count, noun)
        return try values.enumerated().map { try decode($1, "\(noun) \($0 + 1)") }
    }

    private static func lines<Value>(
        _ body: [UInt8], _ noun: String, _ decode: (JSONTree, String) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            let place = "line \(number + 1)"
            do {
                values.append(try decode(try line.withUnsafeBufferPointer { try JSONTree($0) }, place))
            } catch let error as JSONError {
                throw BodyError(noun: noun, place: place, problem: "\(error)")
            }
            try check(values.count, noun)
        }
        return values
    }

    private static func check(_ count: Int, _ noun: String) throws {
        guard count <= limit else {
            throw BodyError(
                noun: noun, place: "the body",
                problem: "more than \(limit) \(noun)s: send them in several requests, or import a file")
        }
    }
}

/// Which object of a body is wrong, and what about it.
struct BodyError: Error, Equatable, CustomStringConvertible {
    /// "event", "item".
    var noun: String
    /// "the event", "event 3", "line 3".
    var place: String
    var problem: String

    var description: String { "\(place): \(problem); nothing of this request was done" }
}
