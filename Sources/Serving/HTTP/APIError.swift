import Hummingbird

/// What a client is told when a request cannot be done: `{"error": {"code": "bad_filter", "message": "..."}}`.
///
/// The code is for programs and never changes; the message is for people: what is wrong, where, and the remedy.
struct APIError: Error, Equatable {
    var status: HTTPResponse.Status
    var code: String
    var message: String

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func badRequest(_ message: String) -> APIError { APIError(.badRequest, "bad_request", message) }

    static func unknownItem(_ id: String) -> APIError {
        APIError(.notFound, "unknown_item", "no item \"\(id)\": check the id, or import the item first")
    }

    static func tooLarge(limit: Int) -> APIError {
        APIError(
            .contentTooLarge, "too_large", "the body is larger than \(limit) bytes: send it in several requests")
    }

    static let notReady = APIError(
        .serviceUnavailable, "not_ready", "no bundle is open yet: ask /readyz again, or run magpie train")
    static let overloaded = APIError(
        .serviceUnavailable, "overloaded", "too many writes are waiting: send this again in a second")
    static let `internal` = APIError(
        .internalServerError, "internal", "something went wrong here: the server's log says what")

    var response: Response {
        var response = Response.json(status: status) { json in
            json.object { json in
                json.object("error") { json in
                    json.field("code", code)
                    json.field("message", message)
                }
            }
        }
        if status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
        return response
    }
}
