import Hummingbird

extension Response {
    static func json(
        status: HTTPResponse.Status = .ok, type: String = "application/json", _ body: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter()
        body(&json)
        return Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}
