import Hummingbird
import Logging

/// What goes with a request through middleware to its route: only what Hummingbird itself needs.
struct ServingContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }

    /// For a request that comes by no connection.
    init(logger: Logger) { coreContext = .init(source: Direct(logger: logger)) }

    private struct Direct: RequestContextSource {
        let logger: Logger
    }
}
