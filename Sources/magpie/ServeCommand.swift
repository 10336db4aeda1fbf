import ArgumentParser
import Foundation
import MagpieSQLiteStore
import MagpieServing

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer over HTTP, with live events.",
        discussion: """
            Serves the published bundle and goes over to a newly published one without dropping a request. Events that \
            are sent change the next answer. Ends on SIGTERM or Ctrl-C, after the requests under way.

            Settings are in serve.json in the home, {"port": 8081, "shedding": {"waitMilliseconds": 50}}; variables such \
            as MAGPIE_SERVE_PORT stand above it, and options above those.

            EXAMPLES
              magpie serve
              magpie serve --replica a --port 8081
              MAGPIE_SERVE_LOG_LEVEL=debug magpie serve
              curl 'localhost:8080/v1/recommendations?user=1&count=5'
              curl 'localhost:8080/v1/search?q=the+matrix'
              curl localhost:8080/v1/events --json '{"kind": "rating", "userId": "1", "itemId": "2571", "value": 5}'
            """)

    @Option(help: "The address to listen on; 0.0.0.0 = all of this machine's. (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port to listen on; 0 = any free one. (default: 8080)")
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "Be one of several servers over this home, each with a name and a port of its own, behind a load balancer.",
            valueName: "name"))
    var replica: String?

    @Option(help: ArgumentHelp("Speak TLS with this certificate (PEM).", valueName: "file")) var tlsCertificate: String?
    @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file")) var tlsKey: String?

    @Option(help: "trace, debug (every request), info (refused ones), warning or error. (default: info)")
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "Write traces here, for OpenTelemetry's collector: of requests that come with a sampled traceparent, and of 1 % of "
                + "the others (tracesPerThousand in serve.json).", valueName: "file"))
    var traceFile: String?

    @OptionGroup var home: HomeOptions

    func validate() throws {
        if let port, !(0...65_535).contains(port) {
            throw ValidationError("--port is \(port), expected 0 to 65535")
        }
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together")
        }
        if let replica, replica.isEmpty || !replica.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
            throw ValidationError("--replica is \"\(replica)\", expected letters and digits")
        }
        if let logLevel, !Server.logLevels.contains(logLevel) {
            throw ValidationError("--log-level is \(logLevel), expected \(Server.logLevels.joined(separator: ", "))")
        }
    }

    func run() async throws {
        var settings = try ServeSettings(of: try home.open().home)
        settings.host = host ?? settings.host
        settings.port = port ?? settings.port
        settings.logLevel = logLevel ?? settings.logLevel
        settings.tlsCertificate = tlsCertificate ?? settings.tlsCertificate
        settings.tlsKey = tlsKey ?? settings.tlsKey
        settings.traceFile = traceFile ?? settings.traceFile
        guard (settings.tlsCertificate == nil) == (settings.tlsKey == nil) else {
            throw ValidationError("tlsCertificate and tlsKey belong together")
        }
        try await Self.serve(home, settings, settings.options, replica: replica)
    }

    /// Serves a home until stopped.
    /// - Parameter replica: its name among several over this home; nil: it has the home for itself.
    static func serve(
        _ home: HomeOptions, _ settings: ServeSettings, _ options: Server.Options, replica: String? = nil
    ) async throws {
        let opened = try home.open()
        let lock = try opened.home.lock(isShared: replica != nil)
        defer { lock.release() }
        guard let bundle = try opened.home.bundles.currentID() else {
            throw ServingError.noBundle(folder: home.path)
        }
        let logger = Server.logger(level: settings.logLevel)
        let host = settings.host
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        if !isLoopback, !options.isSageMaker, !FileManager.default.fileExists(atPath: opened.home.keysURL.path) {
            logger.warning("anybody who reaches \(host) may ask and write: make a key with magpie keys add")
        }
        let live = LiveHome(
            log: opened.store, catalogue: opened.store, bundles: opened.home.bundles,
            timeLimit: .milliseconds(settings.answerMilliseconds), indexRecall: settings.indexRecall)
        let served = ServedLog(
            folder: replica.map { opened.home.servedFolder.appendingPathComponent($0) } ?? opened.home.servedFolder,
            limits: .init(megabytes: opened.configuration.retention.servedMegabytes), logger: logger)
        let lists = ListShelf(
            store: try ListFile(opened.home.listsURL), options: opened.configuration.lists, logger: logger)
        var options = options
        options.home = opened.home
        options.followInterval = replica == nil ? nil : .milliseconds(200)
        let isTLS = options.tls != nil
        let server = try Server(
            live: live, served: served, lists: lists, options: options, logger: logger
        ) { host, port in
            let shown = host.contains(":") ? "[\(host)]" : host
            print("Serving \(bundle) on http\(isTLS ? "s" : "")://\(shown):\(port)  (Ctrl-C ends)")
            fflush(nil)
        }
        try await server.run()
    }
}
