import MagpieDomain

/// The body of `POST /v1/events`: one event, an array of them, or lines (``BodyDocuments``).
enum EventBody {
    /// - Parameter now: the server's clock: `receivedAt`, and `time` where an event has none.
    /// - Throws: ``JSONError`` or ``BodyError``.
    static func events(_ body: [UInt8], isLines: Bool, now: Timestamp) throws -> [Event] {
        let decoder = EventDecoder(now: now)
        return try BodyDocuments.decoded(body, isLines: isLines, noun: "event") { try decoder.event($0, place: $1) }
    }
}
