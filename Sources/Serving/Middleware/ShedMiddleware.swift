import Hummingbird

/// 503 for requests that waited too long for a thread (``LoadShedder``). Those who ask whether the server lives, or how
/// it is, are always answered.
struct ShedMiddleware: RouterMiddleware {
    let shedder: LoadShedder

    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        if let arrival = request.headers[ArrivalHandler.field].flatMap({ Int64($0) }),
            Self.isWork(request.uri.path), !shedder.admits(arrival: arrival, now: LoadShedder.now)
        {
            throw APIError.busy
        }
        return try await next(request, context)
    }

    private static func isWork(_ path: String) -> Bool { path.hasPrefix("/v1/") || path == "/invocations" }
}
