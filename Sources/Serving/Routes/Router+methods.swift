import Hummingbird

extension Router<ServingContext> {
    /// One handler for several methods.
    func on(
        _ path: RouterPath, _ methods: [HTTPRequest.Method],
        use handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        for method in methods { on(path, method: method) { request, _ in try await handler(request) } }
    }
}
