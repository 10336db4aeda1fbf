import MagpieDomain

/// One JSON object to one ``Event``. The names are the fields of ``Event``; ids are text, `time` is milliseconds
/// since 1970 or ISO 8601, `context` and `properties` are flat objects of text, numbers, true/false and arrays of
/// text.
///
/// The server's own clock gives `receivedAt`, and `time` to an event that has none. An event without `eventId` gets
/// a UUIDv7 and not the hash that an import computes: two honest clicks in one millisecond are two.
struct EventDecoder {
    let now: Timestamp

    static let source = "api"
    /// Longer than any sane id; keeps a mistake (a whole document as an id) out of the log for ever.
    static let longestID = 1_024

    /// - Throws: ``EventBodyError`` that names the place and the field.
    func event(_ json: JSONTree, place: String) throws -> Event {
        guard case .object(let members) = json else {
            throw EventBodyError(place: place, problem: "got \(json.shown), expected a JSON object")
        }
        var event = Event(kind: "", time: now, receivedAt: now, source: Self.source)
        var seen: Set<String> = []
        for member in members {
            guard seen.insert(member.name).inserted else {
                throw EventBodyError(place: place, problem: "\"\(member.name)\" stands twice")
            }
            if member.value == .null { continue }
            do throws(FieldError) {
                try set(&event, Field(name: member.name, value: member.value))
            } catch {
                throw EventBodyError(place: place, problem: "\"\(member.name)\": \(error.problem)")
            }
        }
        if let problem = Self.missing(event) { throw EventBodyError(place: place, problem: problem) }
        if event.eventId.isEmpty { event.eventId = RequestID(at: now).description }
        return event
    }

    private static func missing(_ event: Event) -> String? {
        if event.kind.isEmpty { return "\"kind\" is missing: say what happened, such as \"view\" or \"rating\"" }
        if event.kind == Event.identifyKind {
            if event.userId != nil, event.anonymousId != nil { return nil }
            return "an identify event joins two ids: \"userId\" and \"anonymousId\" are both required"
        }
        if event.userId == nil, event.anonymousId == nil {
            return "\"userId\" is missing: it or \"anonymousId\" is required"
        }
        return event.itemId == nil ? "\"itemId\" is missing: only identify events may go without" : nil
    }

    private func set(_ event: inout Event, _ field: Field) throws(FieldError) {
        switch field.name {
        case "eventId": event.eventId = try field.id()
        case "kind": event.kind = try field.id()
        case "userId": event.userId = UserID(try field.id())
        case "anonymousId": event.anonymousId = UserID(try field.id())
        case "sessionId": event.sessionId = try field.id()
        case "itemId": event.itemId = ItemID(try field.id())
        case "value": event.value = try field.number()
        case "quantity": event.quantity = try field.number()
        case "unitPrice": event.unitPrice = try field.number()
        case "currency": event.currency = try field.id()
        case "time": event.time = try field.time()
        case "requestId":
            guard let id = RequestID(try field.id()) else { throw field.error("the requestId of an answer, a UUID") }
            event.requestId = id
        case "position": event.position = try field.position()
        case "surface": event.surface = try field.id()
        case "query": event.query = try field.text()
        case "context": event.context = try field.attributes()
        case "properties": event.properties = try field.attributes()
        case "source": event.source = try field.id()
        case "schemaVersion":
            guard try field.number() == Double(Event.currentSchemaVersion) else {
                throw field.error("\(Event.currentSchemaVersion)")
            }
        case "receivedAt", "seq": throw FieldError("is set by the server: leave it out")
        default: throw FieldError("is not a field of an event: put it under \"properties\"")
        }
    }
}

private struct FieldError: Error {
    var problem: String

    init(_ problem: String) { self.problem = problem }
}

/// A named value and the ways to read it.
private struct Field {
    var name: String
    var value: JSONTree

    func error(_ expected: String) -> FieldError { FieldError("got \(value.shown), expected \(expected)") }

    func text() throws(FieldError) -> String {
        guard case .string(let text) = value else { throw error("text in quotes") }
        return text
    }

    func id() throws(FieldError) -> String {
        let text = try text()
        guard !text.isEmpty, text.utf8.count <= EventDecoder.longestID else {
            throw error("1 to \(EventDecoder.longestID) bytes")
        }
        return text
    }

    func number() throws(FieldError) -> Double {
        guard case .number(let number) = value else { throw error("a number") }
        return number
    }

    func position() throws(FieldError) -> Int {
        guard let position = Int(exactly: try number()), (1...1_000_000).contains(position) else {
            throw error("a place in the list, from 1")
        }
        return position
    }

    func time() throws(FieldError) -> Timestamp {
        switch value {
        case .number(let number):
            if let milliseconds = Int64(exactly: number) { return Timestamp(milliseconds: milliseconds) }
        case .string(let text):
            if let time = Timestamp(iso8601: text) { return time }
        default: break
        }
        throw error("milliseconds since 1970, or a time such as \"2026-11-24T08:30:00Z\"")
    }

    func attributes() throws(FieldError) -> [String: AttributeValue] {
        guard case .object(let members) = value else { throw error("a flat object") }
        var attributes: [String: AttributeValue] = [:]
        for member in members {
            guard attributes[member.name] == nil else { throw FieldError("\"\(member.name)\" stands twice") }
            attributes[member.name] = try attribute(member.value)
        }
        return attributes
    }

    private func attribute(_ json: JSONTree) throws(FieldError) -> AttributeValue? {
        switch json {
        case .null: return nil
        case .string(let text): return .keyword(text)
        case .number(let number): return .number(number)
        case .bool(let bool): return .bool(bool)
        case .array(let values):
            var words: [String] = []
            for value in values {
                guard case .string(let word) = value else { throw error("arrays of text only") }
                words.append(word)
            }
            return .keywords(words)
        case .object: throw error("a flat object, nothing nested")
        }
    }
}
