import Hummingbird
import MagpieDomain

/// `GET|POST /v1/recommendations`: what a user may like next. See ``Question`` for the parameters.
///
///     curl 'localhost:8080/v1/recommendations?user=42&count=5&filter=genres:Comedy'
///     curl localhost:8080/v1/recommendations --json '{"user": "42", "exclude": ["1", "2"], "explain": true}'
struct RecommendationRoutes {
    let answering: Answering

    func add(to router: Router<ServingContext>) {
        let answering = answering
        router.on("/v1/recommendations", [.get, .post]) { request in
            try answering.response(to: try await answering.question(request, scenario: .home))
        }
    }
}
