/// One method of one path, as ``OpenAPIDocument`` describes it.
struct OpenAPIOperation {
    enum Body {
        /// One JSON object; without it the defaults are asked for.
        case question
        /// One JSON object, an array of them, or JSON Lines.
        case many(String)
    }

    var method: String
    var path: String
    var id: String
    var tag: String
    var summary: String
    /// Names of ``OpenAPIDocument/parameters``.
    var parameters: [String] = []
    var body: Body?
    /// The name of one of ``OpenAPIDocument/schemas``; nil = plain text.
    var answer: String?
    var isOpen = false

    private static let asked = [
        "user", "anonymous", "count", "scenario", "filter", "exclude", "diversity", "cap", "explain", "mode", "vector",
        "items",
    ]
    private static let searched = ["q"] + asked + ["total", "facets", "sort"]

    static let all: [OpenAPIOperation] =
        [
            .init("get", "/v1/recommendations", "recommend", "ask", "What a user may like next", asked, "Answer"),
            .init("get", "/v1/search", "search", "ask", "Items for a text, as suits the user", searched, "Answer"),
            .init("get", "/v1/rank", "rank", "ask", "The caller's candidates, as suits the user", asked, "Answer"),
        ].flatMap { [$0, $0.byBody] }
        + [
            .init("get", "/v1/items/{id}/similar", "similar", "ask", "Items like it", ["id"] + asked, "Answer"),
            .init(
                "post", "/v1/events", "addEvents", "tell", "What happened; all or nothing", [], "Appended",
                body: .many("Events")),
            .init(
                "post", "/v1/items", "addItems", "tell", "New items, or attributes that changed; all or nothing", [],
                "Received", body: .many("Items")),
            .init("post", "/v1/items/{id}/hide", "hideItem", "tell", "No answer shows it", ["id"], "Changed"),
            .init("post", "/v1/items/{id}/show", "showItem", "tell", "It may be shown again", ["id"], "Changed"),
            .init(
                "delete", "/v1/items/{id}", "deleteItem", "administer",
                "No answer shows it, and the next training does not know it", ["id"], "Changed"),
            .init(
                "delete", "/v1/users/{id}", "eraseUser", "administer",
                "Erase a person: events, attributes, served lists, live state", ["id"], "Erased"),
            .init("get", "/v1/bundles", "bundles", "administer", "Which there are, and which answers", [], "Bundles"),
            .init(
                "post", "/v1/bundles/{id}/activate", "activateBundle", "administer",
                "Publish a bundle and let it answer", ["id"], "Bundle"),
            .init(
                "post", "/v1/bundles/rollback", "rollBackBundle", "administer",
                "Back to the bundle that was published before", [], "Bundle"),
            .init("get", "/livez", "isAlive", "operate", "The process answers", [], "Alive", isOpen: true),
            .init("get", "/readyz", "isReady", "operate", "It can be sent traffic", [], "Ready", isOpen: true),
            .init("get", "/metrics", "metrics", "operate", "For Prometheus", [], nil),
            .init("get", "/openapi.json", "openapi", "operate", "This document", [], "Document", isOpen: true),
        ]

    private init(
        _ method: String, _ path: String, _ id: String, _ tag: String, _ summary: String, _ parameters: [String],
        _ answer: String?, body: Body? = nil, isOpen: Bool = false
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.tag = tag
        self.summary = summary
        self.parameters = parameters
        self.answer = answer
        self.body = body
        self.isOpen = isOpen
    }

    /// The same question as a JSON object.
    private var byBody: OpenAPIOperation {
        .init("post", path, id + "ByBody", tag, summary, [], answer, body: .question)
    }

    var json: String {
        var members = ["\"operationId\": \"\(id)\"", "\"summary\": \"\(summary)\"", "\"tags\": [\"\(tag)\"]"]
        if isOpen { members.append("\"security\": []") }
        if !parameters.isEmpty {
            let references = parameters.map { "{\"$ref\": \"#/components/parameters/\($0)\"}" }
            members.append("\"parameters\": [" + references.joined(separator: ", ") + "]")
        }
        switch body {
        case nil: break
        case .question:
            members.append("\"requestBody\": {\"content\": \(Self.content("application/json", schema: "Question"))}")
        case .many(let name):
            let lines = "\"application/x-ndjson\": {\"schema\": {\"type\": \"string\"}}"
            let content = Self.content("application/json", schema: name, and: lines)
            members.append("\"requestBody\": {\"required\": true, \"content\": \(content)}")
        }
        let told =
            answer.map { Self.content("application/json", schema: $0) }
            ?? "{\"text/plain\": {\"schema\": {\"type\": \"string\"}}}"
        members.append(
            "\"responses\": {\"200\": {\"description\": \"done\", \"content\": \(told)}, "
                + "\"default\": {\"$ref\": \"#/components/responses/Problem\"}}")
        return "{" + members.joined(separator: ", ") + "}"
    }

    private static func content(_ type: String, schema: String, and other: String? = nil) -> String {
        "{\"\(type)\": {\"schema\": \(OpenAPIDocument.schema(schema))}" + (other.map { ", " + $0 } ?? "") + "}"
    }
}
