import MagpieDomain

/// The body of `POST /v1/events`: one JSON object, an array of them, or JSON Lines (one object a line; blank lines
/// are skipped). Lines are recognised by their content type (`application/x-ndjson`, `application/jsonl`) or by
/// themselves: more than one object.
enum EventBody {
    static let eventLimit = 10_000

    static func isLines(contentType: String?) -> Bool {
        guard let type = contentType?.lowercased() else { return false }
        return ["ndjson", "jsonl", "jsonlines", "json-lines"].contains { type.contains($0) }
    }

    /// - Parameter now: the server's clock: `receivedAt`, and `time` where an event has none.
    /// - Throws: ``JSONError`` or ``EventBodyError``.
    static func events(_ body: [UInt8], isLines: Bool, now: Timestamp) throws -> [Event] {
        let decoder = EventDecoder(now: now)
        if isLines { return try lines(body, decoder) }
        let document: JSONTree
        do {
            document = try body.withUnsafeBufferPointer { try JSONTree($0) }
        } catch {
            // Several objects are not one document: if the first line is an object by itself, these are lines.
            guard let first = body.split(separator: 0x0A).first, first.count < body.count,
                case .object? = try? first.withUnsafeBufferPointer({ try JSONTree($0) })
            else { throw error }
            return try lines(body, decoder)
        }
        guard case .array(let values) = document else { return [try decoder.event(document, place: "the event")] }
        try check(values.count)
        return try values.enumerated().map { try decoder.event($1, place: "event \($0 + 1)") }
    }

    private static func lines(_ body: [UInt8], _ decoder: EventDecoder) throws -> [Event] {
        var events: [Event] = []
        let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            let place = "line \(number + 1)"
            do {
                let value = try line.withUnsafeBufferPointer { try JSONTree($0) }
                events.append(try decoder.event(value, place: place))
            } catch let error as JSONError {
                throw EventBodyError(place: place, problem: "\(error)")
            }
            try check(events.count)
        }
        return events
    }

    private static func check(_ count: Int) throws {
        guard count <= eventLimit else {
            throw EventBodyError(
                place: "the body",
                problem: "more than \(eventLimit) events: send them in several requests, or import a file")
        }
    }
}

/// Which event is wrong, and what about it.
struct EventBodyError: Error, Equatable, CustomStringConvertible {
    /// "the event", "event 3", "line 3".
    var place: String
    var problem: String

    var description: String { "\(place): \(problem); nothing was appended" }
}
