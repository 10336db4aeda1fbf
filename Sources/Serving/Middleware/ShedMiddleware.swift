import Hummingbird

/// 503 for requests that waited too long for a thread though they were let in (``AdmissionHandler``). Those who ask whether
/// the server lives, or how it is, and those who change its bundle are always answered.
struct ShedMiddleware: RouterMiddleware {
    let shedder: LoadShedder

    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        if let arrival = request.headers[AdmissionHandler.field].flatMap({ Int64($0) }) {
            // A connection that asks again at once finds its own thread still here, before all that wait for one.
            if shedder.isAhead(arrival: arrival) { await Task.yield() }
            guard shedder.starts(arrival: arrival, now: LoadShedder.now) else { throw APIError.busy }
        }
        return try await next(request, context)
    }
}
