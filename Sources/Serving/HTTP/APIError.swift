import Hummingbird

extension HTTPResponse.Status {
    /// The server cannot keep what it would have to (RFC 4918, 11.5).
    static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}

/// What a client is told when a request cannot be done: a problem of RFC 9457 (`application/problem+json`).
///
///     {"type": "about:blank", "title": "Bad Request", "status": 400, "code": "bad_filter", "detail": "..."}
///
/// The code is for programs and never changes; the detail is for people: what is wrong, where, and the remedy.
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

    static let unauthorized = APIError(
        .unauthorized, "no_key",
        "this server asks for a key: send Authorization: Bearer <key> (magpie keys add makes one)")

    static func forbidden(_ scope: String) -> APIError {
        APIError(.forbidden, "no_scope", "this key does not have the scope \"\(scope)\": use one that has it")
    }

    static let notReady = APIError(
        .serviceUnavailable, "not_ready", "no bundle is open yet: ask /readyz again, or run magpie train")
    static let overloaded = APIError(
        .serviceUnavailable, "overloaded", "too many writes are waiting: send this again in a second")
    static let busy = APIError(
        .serviceUnavailable, "busy", "more is asked than this server can answer: send this again in a second")
    static let tooMany = APIError(
        .tooManyRequests, "too_many", "this key asked more often than it may: send this again in a second")
    static let notKept = APIError(
        .insufficientStorage, "not_kept",
        "the server's disk is full or does not write: nothing of this was kept; send it again when that is mended")
    static let `internal` = APIError(
        .internalServerError, "internal", "something went wrong here: the server's log says what")

    var response: Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The response as parts, for who writes to the connection itself.
    var parts: (head: HTTPResponse, body: ByteBuffer) {
        let body = ByteBuffer(bytes: bytes)
        var head = HTTPResponse(status: status, headerFields: headers)
        head.headerFields[.contentLength] = String(body.readableBytes)
        return (head, body)
    }

    private var headers: HTTPFields {
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if status == .serviceUnavailable || status == .tooManyRequests { headers[.retryAfter] = "1" }
        if status == .insufficientStorage { headers[.retryAfter] = "60" }  // somebody must make room first
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return headers
    }

    private var bytes: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "about:blank")
            json.field("title", status.reasonPhrase)
            json.field("status", status.code)
            json.field("code", code)
            json.field("detail", message)
        }
        return json.bytes
    }
}
