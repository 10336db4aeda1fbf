import Hummingbird
import MagpieDomain

/// `DELETE /v1/users/{id}`: erases a person. Their events, attributes, served lists and lists made ahead of time are removed, live state
/// forgets them at once, and so does the next training; an id that nobody has is no error.
///
///     {"user": "42", "eventsRemoved": 117}
struct UserRoutes {
    let live: LiveHome
    let served: ServedLog
    let lists: ListShelf?

    func add(to router: Router<ServingContext>) {
        let (live, served, lists) = (live, served, lists)
        router.delete("/v1/users/{id}") { _, context in
            let user = UserID(try Request.pathPart("id", context))
            let (removed, actors) = try await live.erase(user)
            try await served.forget(actors)
            try await lists?.forget(actors)
            return Response.json { json in
                json.object { json in
                    json.field("user", user.string)
                    json.field("eventsRemoved", removed)
                }
            }
        }
    }
}
