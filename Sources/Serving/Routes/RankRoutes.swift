import Hummingbird
import MagpieDomain

/// `GET|POST /v1/rank`: the caller's own candidates in the order that suits the user. What no bundle knows comes last, in
/// the order given; what is hidden, excluded or filtered out is left out.
///
///     curl 'localhost:8080/v1/rank?user=42&items=1,2571,260'
///     curl localhost:8080/v1/rank --json '{"user": "42", "items": ["1", "2571", "260"]}'
struct RankRoutes {
    let answering: Answering

    func add(to router: Router<ServingContext>) {
        let answering = answering
        router.on("/v1/rank", [.get, .post]) { request in
            let question = try await answering.question(request, scenario: .home)
            guard question.candidates != nil else {
                throw APIError.badRequest("\"items\" is missing: expected the ids to put in order")
            }
            return try answering.response(to: question)
        }
    }
}
