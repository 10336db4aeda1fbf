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
            var refused: String?
            while true {
                refused = try await look(refused)
                do { try await Task.sleep(for: interval) } catch { return }
            }
        }
    }

    /// - Parameter refused: is not tried again.
    /// - Returns: the id that was refused last.
    private func look(_ refused: String?) async throws -> String? {
        let isFirst = live.status == nil
        var id: String?
        do {
            id = try await offload { [live] in try live.bundles.currentID() }
            // Somebody may have asked for it over HTTP meanwhile.
            guard let id, id != refused, id != live.status?.bundle else { return refused }
            try await live.activate(id)
            logger.info("serving bundle", metadata: ["bundle": "\(id)"])
            return refused
        } catch {
            if isFirst { throw ServingError.cannotOpenBundle(id: id ?? BundleStore.currentName, reason: "\(error)") }
            logger.error("a published bundle is not served", metadata: ["bundle": "\(id ?? "?")", "error": "\(error)"])
            return id ?? refused
        }
    }
}
