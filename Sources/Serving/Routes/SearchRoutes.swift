import Hummingbird
import MagpieDomain

/// `GET|POST /v1/search`: items for a text, in the order that suits the user when there is one.
///
///     curl 'localhost:8080/v1/search?q=the+matrix&user=42'
struct SearchRoutes {
    let answering: Answering

    func add(to router: Router<ServingContext>) {
        let answering = answering
        router.on("/v1/search", [.get, .post]) { request in
            try answering.response(to: try await answering.question(request, scenario: .search))
        }
    }
}
