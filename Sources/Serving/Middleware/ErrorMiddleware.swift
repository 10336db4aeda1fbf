import Hummingbird
import MagpieDomain

import enum MagpieOnline.RequestError

/// Every error leaves as JSON, in the one form of ``APIError``. The only place that knows which status an error of
/// the lower rooms is.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServingContext, next: (Request, ServingContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let shaped = Self.shape(error, request)
            if shaped == .internal || shaped == .notKept {
                context.logger.error("request failed", metadata: ["error": "\(error)"])
            }
            return shaped.response
        }
    }

    static func shape(_ error: any Error, _ request: Request) -> APIError {
        switch error {
        case let error as APIError: error
        case let error as FilterPredicateError: APIError(.badRequest, "bad_filter", error.description)
        case let error as FilterPredicateJSONError: APIError(.badRequest, "bad_filter", error.description)
        case let error as JSONError: APIError(.badRequest, "bad_json", "the body is \(error)")
        case let error as BodyError: APIError(.badRequest, "bad_\(error.noun)", error.description)
        case is NotKeptError: .notKept
        case let error as CatalogueError: APIError(.badRequest, "bad_item", error.description)
        case let error as RequestError: .badRequest(error.description)
        case let error as any HTTPResponseError where error.status == .notFound:
            APIError(.notFound, "not_found", "no route \(request.method) \(request.uri.path): expected \(routes)")
        case let error as any HTTPResponseError:
            APIError(error.status, "refused", error.status.reasonPhrase)
        default: .internal
        }
    }

    private static let routes =
        "/v1/recommendations, /v1/search, /v1/items, /v1/items/{id}/..., /v1/users/{id}, /v1/events, /v1/bundles, /livez or /readyz"
}
