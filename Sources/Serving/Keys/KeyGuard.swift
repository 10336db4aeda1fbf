import Foundation
import Synchronization

/// The keys of a running server: the file is looked at again once a second, so that a key that was taken back stops working
/// without a restart.
final class KeyGuard: Sendable {
    private struct State {
        var keys: APIKeys?
        var modified: Date?
        var checkedAt: ContinuousClock.Instant
    }

    private let url: URL?
    private let state: Mutex<State>
    private let interval: Duration

    /// - Parameter url: nil = no key is asked for. Throws ``ServingError/badKeys(path:reason:)``.
    init(_ url: URL?, interval: Duration = .seconds(1)) throws {
        self.url = url
        self.interval = interval
        state = Mutex(
            State(
                keys: try url.flatMap { try APIKeys(reading: $0) }, modified: url.flatMap(Self.modified),
                checkedAt: .now))
    }

    /// nil: no key is asked for.
    var keys: APIKeys? {
        guard let url else { return nil }
        return state.withLock { state in
            let now = ContinuousClock.now
            guard now - state.checkedAt >= interval else { return state.keys }
            state.checkedAt = now
            let modified = Self.modified(url)
            guard modified != state.modified else { return state.keys }
            // A file that went away or cannot be read opens no door.
            if let modified, let keys = try? APIKeys(reading: url) {
                state.keys = keys
                state.modified = modified
            }
            return state.keys
        }
    }

    private static func modified(_ url: URL) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: url.path))?[.modificationDate] as? Date
    }
}
