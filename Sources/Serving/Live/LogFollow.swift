import Logging
import ServiceLifecycle

/// Keeps a replica up with the others that share its home: what one of them is told, all know within the interval.
struct LogFollow: Service {
    let live: LiveHome
    var interval: Duration
    var logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while true {
                do { try await Task.sleep(for: interval) } catch { return }
                do {
                    try await live.follow()
                } catch {
                    logger.error("the log cannot be followed", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
