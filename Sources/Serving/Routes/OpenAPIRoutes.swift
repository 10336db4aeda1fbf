import Hummingbird

/// `GET /openapi.json`: see ``OpenAPIDocument``. Open to everybody: it says nothing about the home.
struct OpenAPIRoutes {
    func add(to router: Router<ServingContext>) {
        router.on("/openapi.json", [.get]) { _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: OpenAPIDocument.text)))
        }
    }
}
