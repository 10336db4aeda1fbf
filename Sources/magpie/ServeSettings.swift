import Configuration
import Foundation
import MagpieArtifacts
import MagpieOffline
import MagpieServing

/// How a home is served: `serve.json` in the home, over it the environment, over that the options of the command line.
/// Every key has a default; unknown ones are errors.
///
///     {"port": 8081, "shedding": {"waitMilliseconds": 50}}
///     MAGPIE_SERVE_PORT=8081 MAGPIE_SERVE_SHEDDING_WAIT_MILLISECONDS=50 magpie serve
struct ServeSettings: Codable, Equatable {
    struct Shedding: Codable, Equatable {
        var waitMilliseconds = 30
        var leastQueue = 8
        var intervalMilliseconds = 250
        var limitMilliseconds = 1_000
    }

    var host = "127.0.0.1"
    /// 0: any free one.
    var port = 8080
    var logLevel = "info"
    /// PEM files.
    var tlsCertificate: String?
    var tlsKey: String?
    var connections = 1_000
    var idleSeconds = 60
    var shutdownSeconds = 10
    /// Retrievers that have not started by then are left out of an answer.
    var answerMilliseconds = 1_000
    /// Of the nearest vectors the share that a search in an index aims at: less is quicker. 0: as the bundle was trained.
    var indexRecallPercent = 0
    var shedding = Shedding()
    /// A file for traces (OTLP as JSON Lines).
    var traceFile: String?
    /// Of requests without a `traceparent`.
    var tracesPerThousand = 10

    private static let optionalPaths: Set<String> = ["tlsCertificate", "tlsKey", "traceFile"]
    private static let prefix = ["magpie", "serve"]

    init() {}

    /// - Throws: ``ConfigurationError`` that names the file, or the variable.
    init(of home: Home, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self = ServeSettings()
        let file = home.url.appendingPathComponent("serve.json")
        if FileManager.default.fileExists(atPath: file.path) {
            guard let bytes = try? Data(contentsOf: file) else { throw ConfigurationError.unreadable(file: file.path) }
            try read(bytes, file.path)
        }
        try read(Self.object(environment), "the environment")
    }

    private mutating func read(_ json: Data, _ place: String) throws {
        self = try StrictJSON.decode(
            Self.self, from: json, over: self, openPaths: [], optionalPaths: Self.optionalPaths, file: place)
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
            guard !range.contains(value) else { return }
            throw ConfigurationError.badValue(
                file: place, detail: "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
        try check("port", port, 0...65_535)
        try check("connections", connections, 1...1_000_000)
        for (name, seconds) in [("idleSeconds", idleSeconds), ("shutdownSeconds", shutdownSeconds)] {
            try check(name, seconds, 1...86_400)
        }
        try check("tracesPerThousand", tracesPerThousand, 0...1_000)
        try check("answerMilliseconds", answerMilliseconds, 1...600_000)
        if indexRecallPercent != 0 { try check("indexRecallPercent", indexRecallPercent, 50...99) }
        try check("shedding.waitMilliseconds", shedding.waitMilliseconds, 1...600_000)
        try check("shedding.leastQueue", shedding.leastQueue, 0...100_000)
        try check("shedding.intervalMilliseconds", shedding.intervalMilliseconds, 1...600_000)
        try check("shedding.limitMilliseconds", shedding.limitMilliseconds, 1...600_000)
        guard Server.logLevels.contains(logLevel) else {
            throw ConfigurationError.badValue(
                file: place, detail: "logLevel is \(logLevel), expected \(Server.logLevels.joined(separator: ", "))")
        }
    }

    /// What the environment says, as the same keys in JSON.
    private static func object(_ environment: [String: String]) throws -> Data {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        var unknown = Set(environment.keys.filter { $0.hasPrefix(variable([]) + "_") })
        func value(_ path: [String], like known: Any) throws -> Any? {
            if let inner = known as? [String: Any] {
                let object = try inner.reduce(into: [String: Any]()) { object, entry in
                    object[entry.key] = try value(path + [entry.key], like: entry.value)
                }
                return object.isEmpty ? nil : object
            }
            guard unknown.remove(variable(path)) != nil else { return nil }
            let key = ConfigKey(prefix + path)
            guard known is String else {
                do { return try reader.requiredInt(forKey: key) } catch {
                    throw ConfigurationError.badValue(
                        file: "the environment",
                        detail: "\(variable(path)) is \"\(environment[variable(path)] ?? "")\", expected a whole number"
                    )
                }
            }
            return try reader.requiredString(forKey: key)
        }
        var known = try JSONSerialization.jsonObject(with: JSONEncoder().encode(Self())) as? [String: Any] ?? [:]
        for path in optionalPaths { known[path] = "" }
        let found = try value([], like: known) ?? [String: Any]()
        if let name = unknown.min() {
            throw ConfigurationError.unknownKey(file: "the environment", key: name, known: variables(of: known, []))
        }
        return try JSONSerialization.data(withJSONObject: found)
    }

    private static func variables(of known: [String: Any], _ path: [String]) -> [String] {
        known.flatMap { key, value in
            (value as? [String: Any]).map { variables(of: $0, path + [key]) } ?? [variable(path + [key])]
        }.sorted()
    }

    /// The variable of a key: as swift-configuration has it, a word of capitals for each part, `_` between them.
    private static func variable(_ path: [String]) -> String {
        (prefix + path).map { part in
            part.reduce(into: "") { name, letter in
                if letter.isUppercase, name.last?.isLowercase == true { name += "_" }
                name.append(letter)
            }
        }.joined(separator: "_").uppercased()
    }

    /// As a share; nil: as the bundle was trained. Whoever asks a home gets the same lists, over HTTP or not.
    var indexRecall: Double? { indexRecallPercent == 0 ? nil : Double(indexRecallPercent) / 100 }

    /// What the server is told.
    var options: Server.Options {
        var options = Server.Options(host: host, port: port)
        if let tlsCertificate, let tlsKey { options.tls = (tlsCertificate, tlsKey) }
        options.traces = traceFile.map { (URL(fileURLWithPath: $0), tracesPerThousand) }
        options.connections = connections
        options.idleSeconds = idleSeconds
        options.shutdownLimit = .seconds(shutdownSeconds)
        options.shedding.wait = .milliseconds(shedding.waitMilliseconds)
        options.shedding.leastQueue = shedding.leastQueue
        options.shedding.interval = .milliseconds(shedding.intervalMilliseconds)
        options.shedding.limit = .milliseconds(shedding.limitMilliseconds)
        return options
    }
}
