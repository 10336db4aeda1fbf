import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieOffline
import MagpieRetrieval

/// What a table of neighbours, or the index of sessions, costs: to make, and to ask.
struct BenchNeighboursCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbours", abstract: "Time and size of a table of neighbours over made-up events.",
        discussion: """
            Events are spread evenly over users and time; items are drawn so that a few are liked by many. The most memory \
            is that of the whole process, the events among it: one table a call.

            EXAMPLES
              magpie bench neighbours --table ease --items 5000
              magpie bench neighbours --table neighbours --events 10000000 --users 200000 --items 50000
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable, Encodable {
        case neighbours, transitions, cosine, ease, sessions
    }

    @Option(help: "neighbours, transitions, cosine, ease or sessions.")
    var table = Kind.neighbours

    @Option(help: ArgumentHelp("How many events.", valueName: "n"))
    var events = 1_000_000

    @Option(help: ArgumentHelp("How many users.", valueName: "n"))
    var users = 20_000

    @Option(help: ArgumentHelp("How many items.", valueName: "n"))
    var items = 10_000

    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        for (name, value) in [("--events", events), ("--users", users), ("--items", items)]
        where !(1...1_000_000_000).contains(value) { throw ValidationError("\(name): expected 1 to 1000000000") }
    }

    func run() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("table.safetensors")
        let interactions = madeUp()
        let before = ResidentMemory.peak()
        let bar = ProgressBar()
        bar.begin("making \(table.rawValue)")
        defer { bar.end() }
        let began = Clock.now
        let entries = try build(interactions, progress: bar.update, to: url)
        let seconds = Double(Clock.now - began) / 1e9
        let peak = ResidentMemory.peak()
        bar.end()
        let bytes = try Data(contentsOf: url, options: .alwaysMapped)
        let hash = bytes.withUnsafeBytes { StableHash.xxh64($0) }
        let (candidates, scores) = try ask(url, interactions)
        let point = Point(
            table: table, items: items, users: users, events: events, threads: compute.threads, seconds: seconds,
            entries: entries, bytes: bytes.count, eventsPeakBytes: before, peakBytes: peak,
            hash: String(hash, radix: 16), candidatesMicros: candidates, scoresMicros: scores)
        json.isOn ? try JSONOption.print(point) : show(point)
    }

    private struct Point: Encodable {
        var table: Kind
        var items: Int
        var users: Int
        var events: Int
        var threads: Int
        var seconds: Double
        var entries: Int
        var bytes: Int
        /// The most memory that the process has held when the events were made, and when the table was.
        var eventsPeakBytes: Int?
        var peakBytes: Int?
        /// XXH64 of the file: the same for any number of threads.
        var hash: String
        /// Medians: 200 candidates for one user, and the scores of 1,000 items.
        var candidatesMicros: Double
        var scoresMicros: Double
    }

    private func show(_ point: Point) {
        func megabytes(_ bytes: Int?) -> String { bytes.map { "\(Numbers.count($0 >> 20)) MB" } ?? "unknown" }
        print(
            """
            \(table.rawValue): \(Numbers.count(items)) items, \(Numbers.count(users)) users, \
            \(Numbers.count(events)) events, \(compute.threads) threads
            made in \(Numbers.seconds(point.seconds)), at most \(megabytes(point.peakBytes)) of memory \
            (\(megabytes(point.eventsPeakBytes)) with the events alone)
            \(Numbers.count(point.entries)) entries, \(megabytes(point.bytes)), XXH64 \(point.hash)
            asked: \(Numbers.fixed(point.candidatesMicros, 0)) µs for 200 candidates, \
            \(Numbers.fixed(point.scoresMicros, 0)) µs for 1,000 scores
            """)
    }
}

// MARK: Measuring

extension BenchNeighboursCommand {
    /// Seconds between two events of a user.
    private static let pause: Int64 = 240

    private func madeUp() -> Interactions {
        var random = RandomSource(seed: compute.seed, 3)
        var interactions = Interactions(users: (0..<users).map { UserKey(UInt64($0)) }, itemCount: items)
        for n in 0..<events {
            let u = Double(random.uniform())
            let user = random.below(users)
            interactions.append(
                seq: Int64(n + 1), user: UInt32(user), item: ItemIndex(min(Int(u * u * u * Double(items)), items - 1)),
                time: Int64(n) * Self.pause * 1_000 / Int64(users), weight: 1, isPositive: true)
        }
        return interactions
    }

    private func build(_ interactions: Interactions, progress: (Double) -> Void, to url: URL) throws -> Int {
        switch table {
        case .neighbours:
            return try RP3Beta.build(
                from: interactions, options: NeighbourOptions(), threads: compute.threads, progress: progress, to: url
            ).edges
        case .transitions:
            return try Transitions.build(
                from: interactions, options: TransitionOptions(), threads: compute.threads, progress: progress, to: url
            ).edges
        case .cosine:
            return try Cosine.build(
                from: interactions, options: CosineOptions(), threads: compute.threads, progress: progress, to: url
            ).edges
        case .ease:
            return try EASE.build(
                from: interactions, options: EASEOptions(), threads: compute.threads, progress: progress, to: url
            ).edges
        case .sessions:
            return try SessionIndex.build(from: interactions, options: SessionOptions(), to: url).sessions
        }
    }

    /// Median microseconds of both calls, one after another, for users from all over the table.
    private func ask(_ url: URL, _ interactions: Interactions) throws -> (candidates: Double, scores: Double) {
        let retriever: any Retriever =
            table == .sessions
            ? try SessionRetriever(opening: url, itemCount: items)
            : NeighbourRetriever(try NeighbourTable(opening: url, itemCount: items))
        let rows = interactions.byUser()
        let asked = min(500, users)
        let queries = (0..<asked).map { n in
            let own = rows[n * users / asked].suffix(1_000).reversed()
            return Query(
                history: own.map {
                    Interest(item: interactions.item[$0], time: Timestamp(milliseconds: interactions.time[$0]))
                }, excluded: ItemSet(itemCount: items))
        }
        let some = (0..<min(1_000, items)).map { ItemIndex($0 * items / min(1_000, items)) }
        for query in queries { _ = retriever.candidates(for: query, limit: 200, deadline: .none) }
        let candidates = CallTimes.measured(asked) {
            _ = retriever.candidates(for: queries[$0], limit: 200, deadline: .none)
        }
        let scores = CallTimes.measured(asked) { _ = retriever.scores(of: some, for: queries[$0]) }
        return (candidates.micros(0.5), scores.micros(0.5))
    }
}
