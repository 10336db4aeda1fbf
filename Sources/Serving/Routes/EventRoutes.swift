import Hummingbird
import MagpieDomain

/// `POST /v1/events`: what happened. See ``EventBody`` for the forms of the body and ``EventDecoder`` for the fields.
///
///     curl localhost:8080/v1/events --json '{"kind": "rating", "userId": "42", "itemId": "2571", "value": 5}'
///     {"appended":1,"duplicates":0,"conflicts":0}
///
/// All or nothing: one bad event and none is appended. When the response comes, the events are in the log and the
/// next answer knows them. Sending the same `eventId` again changes nothing (`duplicates`), so a client may retry;
/// with another content the first stays (`conflicts`, whose first ids are named).
struct EventRoutes {
    static let bodyLimit = 8 << 20

    let live: LiveHome
    let shedder: LoadShedder

    func add(to router: Router<ServingContext>) {
        let (live, shedder) = (live, shedder)
        router.on("/v1/events", [.post]) { request in
            let isLines = BodyDocuments.isLines(contentType: request.headers[.contentType])
            let body = try await request.bytes(limit: Self.bodyLimit)
            let events = try EventBody.events(body, isLines: isLines, now: .now)
            let report = try await live.ingest(events, mayWait: shedder.counts.waiting > 0)
            return .json { json in
                json.object { json in
                    json.field("appended", report.appended)
                    json.field("duplicates", report.duplicates)
                    json.field("conflicts", report.conflicts)
                    if report.erased > 0 { json.field("erased", report.erased) }
                    if report.conflicts > 0 {
                        json.field("conflictExamples", report.conflictExamples) { $0.write($1) }
                    }
                }
            }
        }
    }
}
