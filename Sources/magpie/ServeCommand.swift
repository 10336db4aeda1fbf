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

            EXAMPLES
              magpie serve
              magpie serve --replica a --port 8081
              curl 'localhost:8080/v1/recommendations?user=1&count=5'
              curl 'localhost:8080/v1/search?q=the+matrix'
              curl localhost:8080/v1/events --json '{"kind": "rating", "userId": "1", "itemId": "2571", "value": 5}'
            """)

    @Option(help: "The address to listen on; 0.0.0.0 = all of this machine's.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 = any free one.")
    var port = 8080

    @Option(
        help: ArgumentHelp(
            "Be one of several servers over this home, each with a name and a port of its own, behind a load balancer.",
            valueName: "name"))
    var replica: String?

    @Option(help: ArgumentHelp("Speak TLS with this certificate (PEM).", valueName: "file")) var tlsCertificate: String?
    @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file")) var tlsKey: String?

    @Option(help: "trace, debug (every request), info (refused ones), warning or error.")
    var logLevel = "info"

    @OptionGroup var home: HomeOptions

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port), expected 0 to 65535") }
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together")
        }
        if let replica, replica.isEmpty || !replica.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
            throw ValidationError("--replica is \"\(replica)\", expected letters and digits")
        }
        guard Server.logLevels.contains(logLevel) else {
            throw ValidationError("--log-level is \(logLevel), expected \(Server.logLevels.joined(separator: ", "))")
        }
    }

    private var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    func run() async throws {
        if !isLoopback, !FileManager.default.fileExists(atPath: try home.open().home.keysURL.path) {
            Server.logger(level: logLevel).warning(
                "anybody who reaches \(host) may ask and write: make a key with magpie keys add")
        }
        var options = Server.Options(host: host, port: port)
        if let tlsCertificate, let tlsKey { options.tls = (tlsCertificate, tlsKey) }
        try await Self.serve(home, options, replica: replica, logLevel: logLevel)
    }

    /// Serves a home until stopped.
    /// - Parameter replica: its name among several over this home; nil: it has the home for itself.
    static func serve(
        _ home: HomeOptions, _ options: Server.Options, replica: String? = nil, logLevel: String
    ) async throws {
        let opened = try home.open()
        let lock = try opened.home.lock(isShared: replica != nil)
        defer { lock.release() }
        guard let bundle = try opened.home.bundles.currentID() else {
            throw ServingError.noBundle(folder: home.path)
        }
        let logger = Server.logger(level: logLevel)
        let live = LiveHome(log: opened.store, catalogue: opened.store, bundles: opened.home.bundles)
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
