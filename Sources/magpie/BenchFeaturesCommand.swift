import ArgumentParser
import Foundation
import MagpieDomain
import MagpieRanking

/// What live state costs: to replay, to hold, to begin again with, and to read for a request.
struct BenchFeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Replay, memory, restart and reads of the feature state over made-up events.",
        discussion: """
            Events are made in memory from the seed: a few items are loved by many, one event in twenty is a purchase, \
            one in ten comes late. A restart is a checkpoint of the first nine tenths and the tail of the log. A read \
            is what one request needs: the state of a user and of some items at a moment, then all features of them.

            EXAMPLES
              magpie bench features
              magpie bench features --events 10000000 --users 200000 --items 50000 --json
            """)

    @Option(help: ArgumentHelp("How many events.", valueName: "n"))
    var events = 10_000_000

    @Option(help: ArgumentHelp("How many users.", valueName: "n"))
    var users = 200_000

    @Option(help: ArgumentHelp("How many items.", valueName: "n"))
    var items = 50_000

    @Option(help: ArgumentHelp("Candidates of a request.", valueName: "n"))
    var candidates = 300

    @Option(help: ArgumentHelp("Requests.", valueName: "n"))
    var requests = 1_000

    @Option(help: "The seed of everything random.")
    var seed: UInt64 = 1

    @OptionGroup var json: JSONOption

    func validate() throws {
        for (name, value) in [
            ("--events", events), ("--users", users), ("--items", items), ("--candidates", candidates),
            ("--requests", requests),
        ] where !(1...1_000_000_000).contains(value) { throw ValidationError("\(name): expected 1 to 1000000000") }
        guard candidates <= items else { throw ValidationError("--candidates: there are only \(items) items") }
    }

    func run() throws {
        let world = FeatureBenchWorld(events: events, users: users, items: items, seed: seed)
        let bar = ProgressBar()
        defer { bar.end() }

        bar.begin("replaying")
        let store = FeatureStore(rules: world.rules)
        var memory = MemoryGrowth()
        let cut = events / 10 * 9
        var seconds = 0.0
        memory.counting { seconds += timed { world.replay(0..<cut, into: store) { bar.update($0) } } }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("state.safetensors")
        bar.begin("writing the checkpoint")
        let writing = try timed { try Checkpoint.write(store, to: url) }
        bar.begin("replaying")
        memory.counting { seconds += timed { world.replay(cut..<events, into: store) { bar.update($0) } } }

        bar.begin("restarting")
        var restarted: FeatureStore?
        let opening = try timed {
            restarted = FeatureStore(rules: world.rules, checkpoint: try Checkpoint(opening: url))
        }
        let tail = timed { if let restarted { world.replay(cut..<events, into: restarted) { bar.update($0) } } }
        guard let restarted else { throw BenchError("\(url.path): the checkpoint did not open") }

        bar.begin("reading")
        let requests = world.requests(requests, candidates: candidates)
        func times(_ state: FeatureStore) -> Times { Times(world.hydration(of: requests, from: state)) }
        let fromMemory = times(store)
        let fromFile = times(FeatureStore(rules: world.rules, checkpoint: try Checkpoint(opening: url)))
        let features = try world.featureTimes(of: requests, from: store, in: folder)
        bar.end()
        let point = Point(
            events: events, users: users, items: items, candidates: candidates, replaySeconds: seconds,
            eventsPerSecond: Double(events) / seconds, stateBytes: memory.bytes,
            checkpointBytes: (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0,
            checkpointSeconds: writing, openSeconds: opening, tailSeconds: tail, tailEvents: events - cut,
            isSame: world.isSame(store, restarted), hydrationFromMemory: fromMemory, hydrationFromFile: fromFile,
            features: Times(features.all), columns: features.columns, slowest: features.slowest)
        json.isOn ? try JSONOption.print(point) : show(point)
    }

    private func timed(_ work: () throws -> Void) rethrows -> Double {
        let began = Clock.now
        try work()
        return Double(Clock.now - began) / 1e9
    }

    /// Microseconds.
    private struct Times: Encodable {
        var p50: Double
        var p99: Double

        init(_ times: CallTimes) {
            p50 = times.micros(0.5)
            p99 = times.micros(0.99)
        }
    }

    private struct Point: Encodable {
        var events: Int
        var users: Int
        var items: Int
        var candidates: Int
        var replaySeconds: Double
        var eventsPerSecond: Double
        /// What the state added to the memory of the process.
        var stateBytes: Int?
        var checkpointBytes: Int
        var checkpointSeconds: Double
        var openSeconds: Double
        var tailSeconds: Double
        var tailEvents: Int
        /// Whether the state after the restart reads as that without one.
        var isSame: Bool
        var hydrationFromMemory: Times
        var hydrationFromFile: Times
        var features: Times
        var columns: Int
        /// Microseconds (median) of the features that take most.
        var slowest: [FeatureBenchWorld.Cost]
    }

    private func show(_ point: Point) {
        func micros(_ times: Times) -> String {
            "p50 \(Numbers.fixed(times.p50, 0)) µs, p99 \(Numbers.fixed(times.p99, 0)) µs"
        }
        print(
            """
            \(Numbers.count(events)) events of \(Numbers.count(users)) users and \(Numbers.count(items)) items
            replay      \(Numbers.seconds(point.replaySeconds)), \(Numbers.count(Int(point.eventsPerSecond))) events a second
            memory      \(point.stateBytes.map(Numbers.bytes) ?? "unknown")
            checkpoint  \(Numbers.bytes(point.checkpointBytes)), written in \(Numbers.seconds(point.checkpointSeconds))
            restart     \(Numbers.seconds(point.openSeconds + point.tailSeconds)): opened in \
            \(Numbers.seconds(point.openSeconds)), then \(Numbers.count(point.tailEvents)) events in \
            \(Numbers.seconds(point.tailSeconds)); the state is \(point.isSame ? "the same" : "ANOTHER")
            read        \(candidates) items and a user, in memory: \(micros(point.hydrationFromMemory))
                        from the mapped checkpoint: \(micros(point.hydrationFromFile))
            features    \(point.columns) columns of \(candidates) items: \(micros(point.features))
            """)
        for cost in point.slowest { print("            \(cost.feature)  \(Numbers.fixed(cost.micros, 1)) µs") }
    }
}
