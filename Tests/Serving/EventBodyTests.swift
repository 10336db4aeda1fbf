import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieServing

@Suite struct EventBodyTests {
    private let now = Timestamp(milliseconds: 1_796_113_800_000)

    private func read(_ text: String, isLines: Bool = false) throws -> [Event] {
        try EventBody.events(Array(text.utf8), isLines: isLines, now: now)
    }

    @Test func readsEveryField() throws {
        let events = try read(
            """
            {"eventId": "e", "kind": "purchase", "userId": "u", "anonymousId": "a", "sessionId": "s", "itemId": "é",
             "value": 1.5, "quantity": 2, "unitPrice": 9.99, "currency": "EUR", "time": "2026-11-24T08:30:00Z",
             "requestId": "01930a2b-1111-7abc-8def-000000000001", "position": 3, "surface": "home", "query": "q",
             "context": {"device": "phone", "tags": ["x", "y"], "beta": true, "n": 1, "none": null},
             "properties": {"note": "hi"}}
            """)
        let event = try #require(events.first)
        #expect(events.count == 1 && event.eventId == "e" && event.kind == "purchase" && event.itemId == "é")
        #expect(event.userId == "u" && event.anonymousId == "a" && event.sessionId == "s" && event.currency == "EUR")
        #expect(event.value == 1.5 && event.quantity == 2 && event.unitPrice == 9.99 && event.position == 3)
        #expect(event.time == Timestamp(iso8601: "2026-11-24T08:30:00Z") && event.receivedAt == now)
        #expect(event.requestId?.description == "01930a2b-1111-7abc-8def-000000000001" && event.query == "q")
        #expect(
            event.context == [
                "device": .keyword("phone"), "tags": .keywords(["x", "y"]), "beta": .bool(true), "n": .number(1),
            ])
        #expect(event.properties == ["note": .keyword("hi")] && event.source == "api")
    }

    @Test func givesTimeAndId() throws {
        let plain = #"{"kind": "view", "userId": "u", "itemId": "i"}"#
        let events = try read("[\(plain),\(plain)]")
        #expect(events.allSatisfy { $0.time == now && $0.receivedAt == now && $0.source == "api" })
        // Two honest clicks in one millisecond are two.
        #expect(Set(events.map(\.eventId)).count == 2 && events.allSatisfy { RequestID($0.eventId) != nil })
        #expect(try read(#"{"kind": "view", "userId": "u", "itemId": "i", "time": -5}"#)[0].time.milliseconds == -5)
    }

    @Test func takesAllForms() throws {
        let one = #"{"kind": "view", "userId": "u", "itemId": "i"}"#
        #expect(try read(one).count == 1)
        #expect(try read("[]").isEmpty)
        #expect(try read("[\(one)]").count == 1)
        #expect(try read("\(one)\n\(one)\r\n\n\(one)").count == 3)
        #expect(try read("\n\(one)\n", isLines: true).count == 1)
        #expect(try read("", isLines: true).isEmpty)
        #expect(BodyDocuments.isLines(contentType: "application/x-ndjson; charset=utf-8"))
        #expect(!BodyDocuments.isLines(contentType: "application/json") && !BodyDocuments.isLines(contentType: nil))
    }

    @Test(arguments: [
        (#"{"userId": "u", "itemId": "i"}"#, "the event: field \"kind\" is missing"),
        (#"{"kind": "view", "itemId": "i"}"#, "the event: field \"userId\" is missing"),
        (#"{"kind": "identify", "userId": "u"}"#, "an identify event needs both"),
        (#"[{"kind": "view", "userId": true, "itemId": "i"}]"#, "event 1: field \"userId\""),
        (#"{"kind": "view", "userId": "u", "itemId": ""}"#, "field \"itemId\""),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "time": "now"}"#, "field \"time\" is not a time"),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "time": 1e300}"#, "field \"time\""),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "position": 0}"#, "field \"position\""),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "requestId": "x"}"#, "not a UUID"),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "receivedAt": 1}"#, "set by the server"),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "colour": 1}"#, "into \"properties\""),
        (#"{"kind": "view", "kind": "view", "userId": "u", "itemId": "i"}"#, "\"kind\" stands twice"),
        (#"{"kind": "view", "userId": "u", "itemId": "i", "context": 1}"#, "field \"context\""),
        (
            "{\"kind\": \"view\", \"userId\": \"\(String(repeating: "u", count: 1_025))\", \"itemId\": \"i\"}",
            "field \"userId\" is longer than 1024 bytes"
        ),
        ("[1]", "event 1: got 1, expected a JSON object"),
        ("7", "the event: got 7"),
        ("{\"kind\": \"view\", \"userId\": \"u\", \"itemId\": \"i\"}\n{\"kind\"", "line 2: not valid JSON"),
    ])
    func saysWhatIsWrong(_ body: String, _ part: String) throws {
        let error = #expect(throws: BodyError.self) { try read(body) }
        let text = error?.description ?? ""
        #expect(text.contains(part) && !text.contains("\n"), "\(text)")
    }

    /// Whatever comes is events or an error, never a trap.
    @Test func survivesDamage() {
        let whole = Array(#"[{"kind":"view","userId":"u","itemId":"\u00e9","time":1,"context":{"a":["b"]}}]"#.utf8)
        for seed in 0..<2_000 as Range<UInt64> {
            var random = SeededNumbers(seed)
            var bytes = Array(whole.prefix(random.below(whole.count + 1)))
            for _ in 0..<random.below(3) where !bytes.isEmpty {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? EventBody.events(bytes, isLines: seed % 2 == 0, now: now)
        }
    }

    @Test func aQueryStringIsDecodedStrictly() throws {
        let fields = try QueryString.fields("a=1&b=x+y%2B%C3%A9&c&d=a=b&&")
        #expect(fields.map(\.name) == ["a", "b", "c", "d"])
        #expect(fields.map(\.value) == ["1", "x y+é", "", "a=b"])
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "%ff=1"] {
            #expect(throws: APIError.self) { try QueryString.fields(bad) }
        }
    }
}
