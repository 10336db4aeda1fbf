import Hummingbird
import MagpieDomain

/// What can be asked of and done to items. All verbs are honoured by the next answer, and by the next training.
///
///     POST   /v1/items                  items that are new, or attributes that changed (``ItemBody``)
///     GET    /v1/items/{id}/similar     items like it; parameters as in ``Question``
///     POST   /v1/items/{id}/hide        no answer shows it, until ...
///     POST   /v1/items/{id}/show        ... it may be shown again
///     DELETE /v1/items/{id}             no answer shows it, and the next training does not know it
///
///     curl localhost:8080/v1/items --json '{"id": "99999", "title": "Magpie, The (2026)", "genres": ["Drama"]}'
///     {"received":1,"changed":1}
///
/// A new item is found by its words at once; by behaviour when there is some and a training has seen it. All or
/// nothing: one bad item and none is appended.
///
/// For an id that the bundle does not know, `similar` answers with what is popular: a cold start (rung `popular`). For
/// the verbs an id that nobody knows is 404. A verb answers `{"item": "2571", "changed": true}`; false = it was so already.
struct ItemRoutes {
    let answering: Answering

    func add(to router: Router<ServingContext>) {
        let answering = answering
        router.get("/v1/items/{id}/similar") { request, context in
            var question = try await answering.question(request, scenario: .similar)
            question.seed = ItemID(try Request.pathPart("id", context))
            return try answering.response(to: question)
        }
        router.on("/v1/items", [.post]) { request in
            let isLines = BodyDocuments.isLines(contentType: request.headers[.contentType])
            let body = try await request.bytes(limit: EventRoutes.bodyLimit)
            let report = try await answering.live.receive { schema in
                try ItemBody.revisions(body, isLines: isLines, schema: schema, now: .now)
            }
            return .json { json in
                json.object { json in
                    json.field("received", report.received)
                    json.field("changed", report.changed)
                }
            }
        }
        router.post("/v1/items/{id}/hide") { _, context in
            try await change(.patch([ReservedAttribute.available: .bool(false)]), context)
        }
        router.post("/v1/items/{id}/show") { _, context in
            try await change(.patch([ReservedAttribute.available: .bool(true)]), context)
        }
        router.delete("/v1/items/{id}") { _, context in
            try await change(.delete, context)
        }
    }

    private func change(_ change: Revision<Item>.Change, _ context: ServingContext) async throws -> Response {
        let id = ItemID(try Request.pathPart("id", context))
        let hasChanged = try await answering.live.change(id, change)
        return .json { json in
            json.object { json in
                json.field("item", id.string)
                json.field("changed", hasChanged)
            }
        }
    }
}
