import Hummingbird

/// Asks for a key where a home has keys: `Authorization: Bearer <key>`.
///
/// 401 without one that is known, 403 with one whose scopes do not reach; `/livez` and `/readyz` are open, because those who
/// ask them have no keys, and so is `/openapi.json`. 429 where a key asks more often than it may.
struct KeyMiddleware: RouterMiddleware {
    let guarding: KeyGuard
    private let limiter = RateLimiter()

    init(guarding: KeyGuard) { self.guarding = guarding }

    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        guard let keys = guarding.keys, let scope = Self.scope(of: request) else {
            return try await next(request, context)
        }
        guard let presented = Self.presented(request), let key = keys.key(presented) else {
            throw APIError.unauthorized
        }
        guard key.allows(scope) else { throw APIError.forbidden(scope.rawValue) }
        if let perSecond = key.perSecond, !limiter.admits(key.id, perSecond: perSecond, now: LoadShedder.now) {
            throw APIError.tooMany
        }
        return try await next(request, context)
    }

    private static func presented(_ request: Request) -> String? {
        guard let parts = request.headers[.authorization]?.split(separator: " ", maxSplits: 1), parts.count == 2,
            parts[0].lowercased() == "bearer"
        else { return nil }
        return String(parts[1])
    }

    /// nil: open.
    static func scope(of request: Request) -> APIKeys.Scope? {
        let path = request.uri.path
        if path == "/livez" || path == "/readyz" || path == "/openapi.json" || path == "/ping" { return nil }
        if path == "/invocations" { return .read }
        if request.method == .delete { return .admin }
        let parts = path.split(separator: "/")
        let isRead = request.method == .get || request.method == .head
        guard parts.count > 1, parts[0] == "v1" else { return isRead ? .read : .admin }
        switch parts[1] {
        case "recommendations", "search", "rank": return .read
        case "events", "items": return isRead ? .read : .write
        default: return isRead ? .read : .admin
        }
    }
}
