import MagpieDomain

/// An event as the API and JSON Lines files write it: ``Event``'s field names, times as milliseconds or ISO 8601,
/// ids as texts or whole numbers, `context` and `properties` as flat objects.
///
///     {"kind":"rating","userId":"42","itemId":"2571","value":5,"time":"2000-07-30T18:45:03Z"}
///
/// A name that is no field is an error, so that a misspelt `sesionId` is not lost in silence: what else is worth
/// keeping goes into `properties`.
public enum EventJSON {
    /// - Parameters:
    ///   - kind: for objects that do not say.
    ///   - timeUnit: of times that are numbers.
    /// - Throws: ``ValueProblem``, which names the field.
    public static func event(
        _ json: JSONTree, source: String, kind: String? = nil, timeUnit: TimeUnit = .ms
    ) throws -> Event {
        guard case .object(let members) = json else { throw ValueProblem("expected an object") }
        var event = Event(kind: kind ?? "", time: .distantPast, source: source)
        var hasTime = false
        var receivedAt: Timestamp?
        for member in members where member.value != .null {
            let (name, value) = (member.name, member.value)
            switch name {
            case "eventId": event.eventId = try JSONField.id(value, name)
            case "kind": event.kind = try JSONField.text(value, name)
            case "userId": event.userId = UserID(try JSONField.id(value, name))
            case "anonymousId": event.anonymousId = UserID(try JSONField.id(value, name))
            case "sessionId": event.sessionId = try JSONField.id(value, name)
            case "itemId": event.itemId = ItemID(try JSONField.id(value, name))
            case "value": event.value = try JSONField.number(value, name)
            case "quantity": event.quantity = try JSONField.number(value, name)
            case "unitPrice": event.unitPrice = try JSONField.number(value, name)
            case "currency": event.currency = try JSONField.text(value, name)
            case "time":
                event.time = try JSONField.time(value, name, timeUnit)
                hasTime = true
            case "receivedAt": receivedAt = try JSONField.time(value, name, timeUnit)
            case "requestId":
                guard let id = RequestID(try JSONField.text(value, name)) else {
                    throw ValueProblem("field \"requestId\" is not a UUID")
                }
                event.requestId = id
            case "position":
                guard let position = Int(exactly: try JSONField.number(value, name)), position > 0 else {
                    throw ValueProblem("field \"position\" is not a position (1, 2, ...)")
                }
                event.position = position
            case "surface": event.surface = try JSONField.text(value, name)
            case "query": event.query = try JSONField.text(value, name)
            case "context": event.context = try attributes(value, name)
            case "properties": event.properties = try attributes(value, name)
            default:
                throw ValueProblem("unknown field \"\(name)\": put what is no field of an event into \"properties\"")
            }
        }
        guard hasTime else { throw ValueProblem("field \"time\" is missing") }
        event.receivedAt = receivedAt ?? event.time
        try check(event)
        return event
    }

    private static func check(_ event: Event) throws {
        if event.kind.isEmpty { throw ValueProblem("field \"kind\" is missing") }
        if event.userId == nil, event.anonymousId == nil {
            throw ValueProblem("field \"userId\" is missing (or \"anonymousId\")")
        }
        if event.kind == Event.identifyKind {
            if event.userId == nil || event.anonymousId == nil {
                throw ValueProblem("an identify event needs both \"userId\" and \"anonymousId\"")
            }
        } else if event.itemId == nil {
            throw ValueProblem("field \"itemId\" is missing")
        }
    }

    private static func attributes(_ json: JSONTree, _ field: String) throws -> [String: AttributeValue] {
        guard case .object(let members) = json else { throw ValueProblem("field \"\(field)\" is not an object") }
        var attributes: [String: AttributeValue] = [:]
        for member in members where member.value != .null {
            attributes[member.name] = try AttributeJSON.value(member.value, as: nil, name: "\(field).\(member.name)")
        }
        return attributes
    }
}

/// One field of a JSON object as the type it should have.
enum JSONField {
    static func text(_ json: JSONTree, _ name: String) throws -> String {
        guard case .string(let text) = json, !text.isEmpty else {
            throw ValueProblem("field \"\(name)\" is not a text, or is empty")
        }
        return text
    }

    /// Ids are texts; whole numbers are common enough to be read as their digits.
    static func id(_ json: JSONTree, _ name: String) throws -> String {
        if case .number(let number) = json, number.magnitude < 9_007_199_254_740_992, let id = Int64(exactly: number) {
            return String(id)
        }
        return try text(json, name)
    }

    static func number(_ json: JSONTree, _ name: String) throws -> Double {
        guard case .number(let number) = json else { throw ValueProblem("field \"\(name)\" is not a number") }
        return number
    }

    static func time(_ json: JSONTree, _ name: String, _ unit: TimeUnit) throws -> Timestamp {
        var time: Timestamp?
        switch json {
        case .string(var text): time = text.withUTF8(FieldText.isoTime)
        case .number(let number) where number.magnitude < 9e15 && unit != .iso:
            let milliseconds =
                switch unit {
                case .s: number * 1000
                case .us: number / 1000
                case .ms, .iso: number
                }
            if milliseconds.magnitude < 9e18 { time = Timestamp(milliseconds: Int64(milliseconds.rounded(.down))) }
        default: break
        }
        guard let time else {
            let numbers = unit == .iso ? "" : "a number\(unit.expectation) or "
            throw ValueProblem("field \"\(name)\" is not a time: expected \(numbers)a text\(TimeUnit.iso.expectation)")
        }
        return time
    }
}
