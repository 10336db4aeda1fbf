import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import MagpieArtifacts
import NIOSSL
import ServiceLifecycle
import Synchronization

/// A home on HTTP: the routes, the watch over its bundles and the log of what was served, started and stopped
/// together.
///
///     let server = Server(live: live, served: served, options: .init(port: 8080), logger: logger) { print($0, $1) }
///     try await server.run()        // until SIGTERM or SIGINT
///
/// Shutting down: the port is closed, requests under way are finished (at most ``Options/shutdownLimit``), and what
/// is left of the served lists is written.
public struct Server: Sendable {
    public struct Options: Sendable {
        public var host = "127.0.0.1"
        /// 0 = any free port.
        public var port = 8080
        /// PEM files; nil = plain HTTP, as behind a load balancer that speaks TLS.
        public var tls: (certificates: String, key: String)?
        /// A connection without a request for so long is closed, one that sends its request too slowly as well.
        public var idleSeconds = 60
        /// Further connections wait to be accepted.
        public var connections = 1_000
        /// When requests are refused because too many wait.
        public var shedding = LoadShedder.Options()
        public var shutdownLimit = Duration.seconds(10)
        /// How often the home is asked for a newly published bundle.
        public var watchInterval = Duration.seconds(2)
        /// How often the log is read for what other replicas appended; nil = this process is the only one.
        public var followInterval: Duration?
        /// Where traces are written, and how many of a thousand requests that no caller traces are; nil = no traces.
        public var traces: (file: URL, perThousand: Int)?
        /// Whether SageMaker's routes are there, too (``InvocationRoutes``).
        public var isSageMaker = false
        /// Whose keys are asked for (see ``APIKeys``) and whose bundles can be changed over HTTP; nil = none.
        public var home: Home?

        public init(host: String = "127.0.0.1", port: Int = 8080) {
            self.host = host
            self.port = port
        }
    }

    let responder: RouterResponder<ServingContext>
    private let options: Options
    private let logger: Logger
    private let group: ServiceGroup
    private let hasStarted = Started()

    /// - Parameter onListening: told the host and the real port once connections are accepted.
    /// - Throws: ``ServingError``: bad keys, a bad certificate.
    public init(
        live: LiveHome, served: ServedLog, lists: ListShelf? = nil, options: Options = .init(), logger: Logger,
        signals: Bool = true,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) -> Void = { _, _ in }
    ) throws {
        self.options = options
        self.logger = logger
        let keys = try KeyGuard(options.home?.keysURL)
        let shedder = LoadShedder(options.shedding)
        let traces = options.traces.map {
            TraceMiddleware(log: TraceLog($0.file, logger: logger), perThousand: $0.perThousand)
        }
        responder = Self.router(
            live: live, served: served, lists: lists, keys: keys, home: options.home,
            shedder: shedder, isSageMaker: options.isSageMaker,
            traces: traces
        ).buildResponder()
        let started = hasStarted
        let application = Application(
            responder: responder,
            server: try Self.transport(options, shedder),
            configuration: .init(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: .maximum(options.connections, logger: logger)),
            services: [served, BundleWatch(live: live, interval: options.watchInterval, logger: logger)]
                + (lists.map { [$0] } ?? []) + (traces.map { [$0.log] } ?? [])
                + (options.followInterval.map { [LogFollow(live: live, interval: $0, logger: logger)] } ?? []),
            onServerRunning: { channel in
                started.set()
                onListening(options.host, channel.localAddress?.port ?? options.port)
            }, logger: Self.quiet(logger))
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application)],
            gracefulShutdownSignals: signals ? [.sigterm, .sigint] : [], logger: Self.quiet(logger))
        configuration.maximumGracefulShutdownDuration = options.shutdownLimit
        group = ServiceGroup(configuration: configuration)
    }

    /// HTTP/1.1, over TLS where there is a certificate. Throws ``ServingError/badCertificate(path:reason:)``.
    private static func transport(_ options: Options, _ shedder: LoadShedder) throws -> HTTPServerBuilder {
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [AdmissionHandler(shedder), ParserErrorHandler()],
                idleTimeout: .seconds(Int64(options.idleSeconds))))
        guard let (certificates, key) = options.tls else { return plain }
        func reading<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
            do { return try body() } catch { throw ServingError.badCertificate(path: path, reason: "\(error)") }
        }
        let chain = try reading(certificates) { try NIOSSLCertificate.fromPEMFile(certificates) }
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try reading(key) { try NIOSSLPrivateKey(file: key, format: .pem) }))
        return try reading(certificates) { try HTTPServerBuilder.tls(plain, tlsConfiguration: configuration) }
    }

    /// Serves until stopped. Throws ``ServingError``.
    public func run() async throws {
        do {
            try await group.run()
        } catch let error as ServingError {
            throw error
        } catch {
            // Hummingbird reports a failure to bind as an error of NIO, which names the system's error number.
            if hasStarted.isSet { throw error }
            throw Self.listening(error, options)
        }
    }

    /// What SIGTERM does.
    public func stop() async { await group.triggerGracefulShutdown() }

    /// What one request would be answered, without a connection: for tests, and for a host with a transport of its own.
    public func respond(
        method: String, path: String, contentType: String? = nil, authorization: String? = nil, body: [UInt8] = []
    ) async throws -> (status: Int, body: [UInt8]) {
        guard let method = HTTPRequest.Method(method) else { throw APIError.badRequest("no method \"\(method)\"") }
        var head = HTTPRequest(method: method, scheme: "http", authority: options.host, path: path)
        head.headerFields[.contentType] = contentType
        head.headerFields[.authorization] = authorization
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let response = try await responder.respond(to: request, context: ServingContext(logger: logger))
        let writer = Collecting()
        try await response.body.write(writer)
        return (Int(response.status.code), writer.bytes.withLock { $0 })
    }

    private final class Collecting: ResponseBodyWriter {
        let bytes = Mutex<[UInt8]>([])

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { $0.append(contentsOf: buffer.readableBytesView) }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    public static let logLevels = Logger.Level.allCases.map(\.rawValue)

    /// A logger to standard error. An unknown level is taken as "info".
    public static func logger(level: String = "info") -> Logger {
        var logger = Logger(label: "magpie", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        return logger
    }

    static func router(
        live: LiveHome, served: ServedLog, lists: ListShelf? = nil, keys: KeyGuard, home: Home?,
        shedder: LoadShedder = .init(), isSageMaker: Bool = false, traces: TraceMiddleware? = nil
    ) -> Router<ServingContext> {
        let router = Router(context: ServingContext.self, options: .autoGenerateHeadEndpoints)
        if let traces { router.add(middleware: traces) }
        router.add(middleware: RequestLogMiddleware())
        let metrics = RequestMetrics()
        router.add(middleware: MetricsMiddleware(metrics: metrics))
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: ShedMiddleware(shedder: shedder))
        router.add(middleware: KeyMiddleware(guarding: keys))
        let answers = AnswerMetrics()
        let answering = Answering(live: live, served: served, lists: lists, metrics: answers)
        RecommendationRoutes(answering: answering).add(to: router)
        SearchRoutes(answering: answering).add(to: router)
        RankRoutes(answering: answering).add(to: router)
        ItemRoutes(answering: answering).add(to: router)
        UserRoutes(live: live, served: served, lists: lists).add(to: router)
        EventRoutes(live: live, shedder: shedder).add(to: router)
        HealthRoutes(live: live, served: served).add(to: router)
        MetricsRoutes(
            live: live, served: served, requests: metrics, answers: answers, shedder: shedder, lists: lists
        ).add(to: router)
        OpenAPIRoutes().add(to: router)
        if isSageMaker { InvocationRoutes(answering: answering).add(to: router) }
        if let home { BundleRoutes(live: live, lock: { try home.trainingLock() }).add(to: router) }
        return router
    }

    /// Hummingbird and the service group say at level info what `magpie serve` says itself.
    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        if logger.logLevel == .info { logger.logLevel = .notice }
        return logger
    }

    private static func listening(_ error: any Error, _ options: Options) -> ServingError {
        let text = "\(error)"
        if text.contains("errno: \(EADDRINUSE)") { return .portInUse(host: options.host, port: options.port) }
        return .cannotListen(host: options.host, port: options.port, reason: text)
    }
}

/// Whether connections were ever accepted: an error before that is about listening.
private final class Started: Sendable {
    private let flag = Mutex(false)

    var isSet: Bool { flag.withLock { $0 } }

    func set() { flag.withLock { $0 = true } }
}
