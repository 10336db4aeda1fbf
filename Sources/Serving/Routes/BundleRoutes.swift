import Hummingbird
import MagpieArtifacts

/// What is served, and going over to another bundle or back, in one call.
///
///     GET  /v1/bundles                  all of them; `current` is what is published, `serving` what answers now
///     POST /v1/bundles/{id}/activate    publish it: checksums first, then it answers
///     POST /v1/bundles/rollback         the one that was published before
///
///     curl -X POST localhost:8080/v1/bundles/rollback
///     {"bundle":"20261124T083000Z-1f2e3d4c"}
///
/// When the response comes, the bundle answers. One that is damaged is refused (409) while the old one answers on, and so is
/// a change while a training is about to publish. Answers to requests under way come from the bundle they began with.
struct BundleRoutes {
    let live: LiveHome
    /// The right to publish, as for `magpie bundles`.
    let lock: @Sendable () throws -> WriterLock

    func add(to router: Router<ServingContext>) {
        let (live, lock) = (live, lock)
        router.on("/v1/bundles", [.get]) { _ in
            let (current, all) = try await offload { [live] in
                (try live.bundles.currentID(), try live.bundles.all())
            }
            return .json { json in
                json.object { json in
                    if let current { json.field("current", current) }
                    if let serving = live.status?.bundle { json.field("serving", serving) }
                    json.field("bundles", all) { $0.write($1) }
                }
            }
        }
        router.on("/v1/bundles/rollback", [.post]) { _ in
            try await Self.change(live, lock) { try $0.rollback().id }
        }
        router.post("/v1/bundles/{id}/activate") { _, context in
            let id = try Request.pathPart("id", context)
            return try await Self.change(live, lock) { bundles in
                try bundles.publish(id)
                return id
            }
        }
    }

    private static func change(
        _ live: LiveHome, _ lock: @escaping @Sendable () throws -> WriterLock,
        _ publish: @escaping @Sendable (BundleStore) throws -> String
    ) async throws -> Response {
        do {
            let (held, id) = try await offload { [live] in
                let held = try lock()
                return (held, try publish(live.bundles))
            }
            // Held to the end: of two changes at once the second finds the first done.
            defer { held.release() }
            try await live.activate(id)
            return .json { $0.object { $0.field("bundle", id) } }
        } catch let error as ArtifactError {
            throw shape(error)
        }
    }

    private static func shape(_ error: ArtifactError) -> APIError {
        switch error {
        case .unknownBundle: APIError(.notFound, "unknown_bundle", "\(error)")
        case .nothingToRollBackTo: APIError(.conflict, "no_older_bundle", "\(error)")
        case .locked: APIError(.conflict, "busy", "\(error)")
        case .cannotWrite: APIError(.insufficientStorage, "not_kept", "\(error)")
        default: APIError(.conflict, "bad_bundle", "\(error)")
        }
    }
}
