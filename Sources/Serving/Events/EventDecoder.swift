import MagpieDomain
import MagpieFormats

/// One JSON object to one live ``Event``, in the notation that JSON Lines files use too (``EventJSON``).
///
/// Two things differ from an import. The server's own clock gives `receivedAt`, and `time` to an event that has
/// none. And an event without `eventId` gets a UUIDv7 and not a hash of itself: two honest clicks in one millisecond
/// are two.
struct EventDecoder {
    let now: Timestamp

    static let source = "api"
    /// In bytes. Longer than any sane id; keeps a mistake (a whole document as an id) out of the log for ever.
    static let longestID = 1_024

    /// - Throws: ``BodyError`` that names the place and the field.
    func event(_ json: JSONTree, place: String) throws -> Event {
        func fail(_ problem: String) -> BodyError { BodyError(noun: "event", place: place, problem: problem) }
        guard case .object(var members) = json else { throw fail("got \(json.shown), expected a JSON object") }
        var names: Set<String> = []
        for member in members where !names.insert(member.name).inserted {
            throw fail("field \"\(member.name)\" stands twice")
        }
        for name in ["receivedAt", "seq"] where names.contains(name) {
            throw fail("field \"\(name)\" is set by the server: leave it out")
        }
        members.removeAll { $0.value == .null }
        if !members.contains(where: { $0.name == "time" }) {
            members.append(.init("time", .number(Double(now.milliseconds))))
        }
        var event: Event
        do {
            event = try EventJSON.event(.object(members), source: Self.source)
        } catch let problem as ValueProblem {
            throw fail("\(problem)")
        }
        let ids = [
            ("eventId", event.eventId), ("kind", event.kind), ("userId", event.userId?.string),
            ("anonymousId", event.anonymousId?.string), ("sessionId", event.sessionId),
            ("itemId", event.itemId?.string),
        ]
        for (name, id) in ids where (id?.utf8.count ?? 0) > Self.longestID {
            throw fail("field \"\(name)\" is longer than \(Self.longestID) bytes")
        }
        event.receivedAt = now
        if event.eventId.isEmpty { event.eventId = RequestID(at: now).description }
        return event
    }
}
