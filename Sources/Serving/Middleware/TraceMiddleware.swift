import HTTPTypes
import Hummingbird

/// Records requests whose callers record them (`traceparent`), and of the others so many of a thousand.
struct TraceMiddleware: RouterMiddleware {
    let log: TraceLog
    let perThousand: Int

    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        let caller = Self.header.flatMap { request.headers[$0] }.flatMap { TraceParent($0) }
        guard caller?.isSampled ?? (Int.random(in: 0..<1_000) < perThousand) else {
            return try await next(request, context)
        }
        let trace = Trace(caller)
        let begin = Trace.now
        let response = try await Trace.$current.withValue(trace) { try await next(request, context) }
        log.append(
            trace,
            .init(
                method: request.method.rawValue, route: context.endpointPath ?? "NotFound",
                status: response.status.code, begin: begin, end: Trace.now))
        return response
    }

    private static let header = HTTPField.Name("traceparent")
}
