import MagpieDomain
import Testing

@testable import MagpieServing

/// Bodies of `/invocations`, without a process.
@Suite struct InvocationTests {
    private func invocation(_ body: String, _ type: String?, accept: String? = nil) throws -> Invocation {
        try Invocation(body: Array(body.utf8), contentType: type, accept: accept)
    }

    @Test func forms() throws {
        let one = try invocation(#"{"user": "a", "count": 3}"#, nil)
        #expect(one.questions.map(\.user) == [UserID("a")] && !one.isMany && one.answerForm == .json)
        let many = try invocation(#" [{"user": "a"}, {"q": "b"}]"#, "application/json; charset=utf-8")
        #expect(many.isMany && many.questions.map(\.scenario) == ["home", "search"])
        let lines = try invocation(
            "{\"item\": \"x\"}\n\n{\"items\": [\"y\"]}", "application/jsonlines", accept: "text/csv")
        #expect(lines.questions.map(\.seed) == [ItemID("x"), nil] && lines.answerForm == .csv)
        #expect(lines.questions.map(\.scenario) == ["similar", "home"])
        #expect(lines.questions[1].candidates == [ItemID("y")])
        let csv = try invocation("a\r\n b , 5\r\n\r\n", "text/csv", accept: "*/*")
        #expect(csv.questions.map(\.user) == [UserID("a"), UserID("b")] && csv.questions.map(\.count) == [nil, 5])
        #expect(csv.answerForm == .csv)
    }

    @Test(
        arguments: [
            ("", nil), ("[", nil), ("3", nil), (#"{"item": 3}"#, nil), (#"{"item": ""}"#, nil),
            (#"{"nothing": 3}"#, nil),
            ("{}\n{\"count\": 0}", "application/jsonlines"), ("a,b", "text/csv"), ("a,1,2", "text/csv"),
            (",", "text/csv"),
            ("{}", "text/html"), ("{}", ""), (#"{"filter": "year >"}"#, nil),
        ] as [(String, String?)])
    func wrong(body: String, type: String?) {
        #expect(throws: (any Error).self) { try invocation(body, type) }
    }

    @Test func theLineIsNamed() throws {
        let error = #expect(throws: APIError.self) { try invocation("a\nb,x", "text/csv") }
        #expect(error?.message.hasPrefix("line 2: \"count\"") == true, "\(String(describing: error))")
    }
}
