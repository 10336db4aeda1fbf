import Hummingbird
import Logging

/// One line a request: method, route, status, time. Good answers at level debug, since writing a line costs about as
/// much as a short answer; what the client got wrong at info, what we got wrong at error.
///
/// The route is logged as its pattern (`/v1/users/{id}`), never the path or the query: a log is no place for who
/// asked for what.
struct RequestLogMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let level: Logger.Level =
            switch response.status.kind {
            case .serverError: .error
            case .clientError: .info
            default: .debug
            }
        if level >= context.logger.logLevel {
            let microseconds = (ContinuousClock.now - start) / .microseconds(1)
            var metadata: Logger.Metadata = [
                "method": "\(request.method)", "route": "\(context.endpointPath ?? "?")",
                "status": "\(response.status.code)", "microseconds": "\(Int(microseconds))",
            ]
            if let trace = Trace.current { metadata["trace"] = "\(trace.id)" }
            context.logger.log(level: level, "request", metadata: metadata)
        }
        return response
    }
}
