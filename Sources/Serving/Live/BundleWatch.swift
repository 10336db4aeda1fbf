import Logging
import MagpieArtifacts
import ServiceLifecycle

/// Opens the published bundle, and every one that is published after it.
///
/// It looks at the home's CURRENT pointer, because a file is the one thing that passes from offline to online: a
/// training in another process, or a copy onto a shared disk, needs no way to call the server.
struct BundleWatch: Service {
    let live: LiveHome
    var interval: Duration = .seconds(2)
    var logger: Logger

    /// Ends with an error only when the first bundle cannot be opened. A later one that is damaged is reported once
    /// and left alone, and the old one answers on.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var seen: String?
            while true {
                seen = try await look(seen)
                do { try await Task.sleep(for: interval) } catch { return }
            }
        }
    }

    /// - Returns: the id that was looked at last, opened or refused.
    private func look(_ seen: String?) async throws -> String? {
        let isFirst = live.status == nil
        var id: String?
        do {
            id = try await offload { [live] in try live.bundles.currentID() }
            guard let id, id != seen else { return seen }
            try await live.activate(id)
            logger.info("serving bundle", metadata: ["bundle": "\(id)"])
        } catch {
            if isFirst { throw ServingError.cannotOpenBundle(id: id ?? BundleStore.currentName, reason: "\(error)") }
            logger.error("a published bundle is not served", metadata: ["bundle": "\(id ?? "?")", "error": "\(error)"])
        }
        return id ?? seen
    }
}
