import ArgumentParser
import Foundation
import MagpieLoadTest

/// `magpie bench load`: a server under traffic.
struct BenchLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Ask a running server at a rate, and say how long it took.",
        discussion: """
            With --rate requests are due at constant distances whether or not those before were answered, and times count from \
            when they were due: what a stalled server delays is in the figures. Without it each connection asks again as soon \
            as it is answered: the most that the server can do.

            EXAMPLES
              magpie bench load --users users.txt
              magpie bench load --rate 960 --users users.txt --unknown 0.2 --filtered 0.2 --filter 'genres:Action'
              magpie bench load --rate 500 --users users.txt --events 200 --items items.txt --json
              magpie bench load --rate 500 --users users.txt --texts queries.txt --searches 1
              magpie bench load --users users.txt --questions 100000 > targets.txt   # for wrk or h2load to ask
            """)

    @Option(help: "Where the server listens.") var host = "127.0.0.1"
    @Option(help: "Its port.") var port = 8080
    @Option(help: "A key, where the server asks for one.") var key: String?
    @Option(help: "Requests a second; without it as many as are answered.") var rate: Double?
    @Option(help: "For how long.") var seconds = 60.0
    @Option(help: "For how long before that, not counted.") var warmUp = 2.0
    @Option(help: "At most so many requests under way.") var connections = 64
    @Option(help: ArgumentHelp("Who asks: an id a line, the most frequent first.", valueName: "file")) var users:
        String?
    @Option(help: "How unequal they are: the r-th asks in proportion to 1 / r^ZIPF.") var zipf = 1.0
    @Option(help: "The share of requests by users whom nobody knows.") var unknown = 0.0
    @Option(help: "The share of requests with a filter.") var filtered = 0.0
    @Option(name: .customLong("filter"), help: "A filter; may be repeated.") var filters: [String] = []
    @Option(help: ArgumentHelp("Texts to search for, a line each.", valueName: "file")) var texts: String?
    @Option(help: "The share of requests that are searches.") var searches = 0.0
    @Option(name: [.customShort("n"), .long], help: "How many items a request wants.") var count = 10
    @Option(help: "Added to each question, e.g. mode=auto.") var more = ""
    @Option(name: .customLong("events"), help: "Events a second beside the questions.") var eventRate = 0.0
    @Option(help: ArgumentHelp("What the events are about: an item's id a line.", valueName: "file")) var items: String?
    @Option(help: "The seed of who asks what.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Print so many questions, a path a line, and ask nobody.", valueName: "n"))
    var questions: Int?
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port is \(port), expected 1 to 65535") }
        guard (1...10_000).contains(connections) else {
            throw ValidationError("--connections is \(connections), expected 1 to 10000")
        }
        for (name, share) in [("unknown", unknown), ("filtered", filtered), ("searches", searches)]
        where !(0...1).contains(share) {
            throw ValidationError("--\(name) is \(share), expected 0 to 1")
        }
        for (name, value) in [("rate", rate ?? 1), ("seconds", seconds)] where !(value > 0 && value < 1e6) {
            throw ValidationError("--\(name) is \(value), expected more than 0")
        }
        for (name, value) in [("warm-up", warmUp), ("events", eventRate), ("zipf", zipf)]
        where !(value >= 0 && value < 1e6) {
            throw ValidationError("--\(name) is \(value), expected 0 or more")
        }
        guard filtered == 0 || !filters.isEmpty else { throw ValidationError("--filtered needs a --filter") }
        guard searches == 0 || texts != nil else { throw ValidationError("--searches needs --texts") }
        guard (1...100_000_000).contains(questions ?? 1) else {
            throw ValidationError("--questions is \(questions ?? 0), expected 1 to 100000000")
        }
    }

    func run() throws {
        var options = LoadOptions()
        (options.host, options.port, options.key) = (host, port, key)
        (options.rate, options.seconds, options.warmUpSeconds) = (rate, seconds, warmUp)
        (options.connections, options.count, options.more) = (connections, count, more)
        (options.zipf, options.unknown, options.filtered, options.filters) = (zipf, unknown, filtered, filters)
        (options.searches, options.eventRate, options.seed) = (searches, eventRate, seed)
        options.users = try users.map(LineFile.read) ?? []
        options.texts = try texts.map(LineFile.read) ?? []
        options.items = try items.map(LineFile.read) ?? []
        if let questions { return Swift.print(options.questions(questions).joined(separator: "\n")) }
        let bar = ProgressBar()
        bar.begin("asking \(host):\(port)")
        let report = try LoadRun.run(options, progress: bar.update)
        bar.end()
        if json.isOn { return try JSONOption.print(report) }
        Self.print(report.questions, "Questions")
        if eventRate > 0 { Self.print(report.events, "Events") }
    }

    private static func print(_ side: LoadReport.Side, _ name: String) {
        let statuses = side.statuses.sorted { $0.key < $1.key }.map { "\(Numbers.count($0.value)) x \($0.key)" }
        let rungs = side.rungs.sorted { $0.value > $1.value }.map { "\(Numbers.count($0.value)) \($0.key)" }
        Swift.print(
            Style.bold(name),
            "\(Numbers.count(side.sent)) sent, \(statuses.joined(separator: ", ")), \(side.broken) broken; "
                + "\(Numbers.fixed(side.perSecond, 1)) good answers a second"
                + (rungs.isEmpty ? "" : "; \(rungs.joined(separator: ", "))"))
        var table = Table([
            .text(""), .number("p50 ms"), .number("p90"), .number("p99"), .number("p99.9"), .number("most"),
            .number("mean"),
        ])
        for (name, times) in [("answered", side.milliseconds), ("refused", side.refusedMilliseconds)]
        where times.max > 0 {
            table.add(
                [name]
                    + [times.p50, times.p90, times.p99, times.p999, times.max, times.mean].map { Numbers.fixed($0, 2) })
        }
        if !table.isEmpty { Swift.print(table.text()) }
    }
}
