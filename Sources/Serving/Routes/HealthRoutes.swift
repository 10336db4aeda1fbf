import Hummingbird

/// `GET /livez`: the process answers. `GET /readyz`: it can be sent traffic, because a bundle is open and its state
/// has caught up with the log; until then 503, with the reason.
///
///     {"status":"ready","bundle":"20261124T083000Z-1f2e3d4c","appliedSeq":100836,"served":{"written":9,"dropped":0}}
struct HealthRoutes {
    let live: LiveHome
    let served: ServedLog

    func add(to router: Router<ServingContext>) {
        let (live, served) = (live, served)
        router.on("/livez", [.get]) { _ in
            .json { $0.object { $0.field("status", "alive") } }
        }
        router.on("/readyz", [.get]) { _ in
            guard let (bundle, appliedSeq) = live.status else { throw APIError.notReady }
            let counts = served.counts
            return .json { json in
                json.object { json in
                    json.field("status", "ready")
                    json.field("bundle", bundle)
                    json.field("appliedSeq", appliedSeq)
                    json.object("served") { json in
                        json.field("written", counts.written)
                        json.field("dropped", counts.dropped)
                    }
                }
            }
        }
    }
}
