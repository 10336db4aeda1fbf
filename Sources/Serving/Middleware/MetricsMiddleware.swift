import Hummingbird

/// Counts and times every request for `/metrics`.
struct MetricsMiddleware: RouterMiddleware {
    let metrics: RequestMetrics

    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        metrics.add(
            .init(method: request.method.rawValue, path: context.endpointPath ?? "NotFound"),
            status: Int(response.status.code), microseconds: Int64((ContinuousClock.now - start) / .microseconds(1)))
        return response
    }
}
