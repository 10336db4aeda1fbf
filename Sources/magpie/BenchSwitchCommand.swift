import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieRetrieval

/// From how many vectors on an index is worth its file: where the default of `index.minimumItems` comes from, and what
/// would be right for a home of one's own.
struct BenchSwitchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch", abstract: "Exact search against the index: which is quicker, by the number of vectors.",
        discussion: """
            Both are asked what the online path asks: the k best by inner product, with some items excluded, in exact \
            scores; single queries, one after another, on one thread. Times are medians in microseconds.

            Without a home the vectors are made up, around seeded centres. With one they are those of its bundle, asked \
            with its users' histories (out), its items and titles (in).

            EXAMPLES
              magpie bench switch
              magpie bench switch --dimensions 128 --items 5000 10000 20000
              magpie bench switch --home ./magpie-home
            """)

    @Option(parsing: .upToNextOption, help: ArgumentHelp("How many made-up vectors, once or more.", valueName: "n"))
    var items = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000]

    @Option(help: ArgumentHelp("Coordinates of a made-up vector.", valueName: "d"))
    var dimensions = 64

    @Option(help: ArgumentHelp("A home folder with a bundle, instead of made-up vectors.", valueName: "dir"))
    var home: String?

    @Option(name: .customLong("k"), help: ArgumentHelp("How many answers a query wants.", valueName: "k"))
    var k = 200

    @Option(help: ArgumentHelp("The recall that the index aims at.", valueName: "r"))
    var recall = PartitionedIndex.defaultRecall

    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard items.allSatisfy({ (1...10_000_000).contains($0) }) else {
            throw ValidationError("--items: expected 1 to 10000000")
        }
        guard (1...4_096).contains(dimensions) else { throw ValidationError("--dimensions: expected 1 to 4096") }
        guard k > 0 else { throw ValidationError("--k: expected 1 or more") }
        guard recall > 0, recall < 1 else { throw ValidationError("--recall: expected a number between 0 and 1") }
    }

    func run() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-switch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bar = ProgressBar()
        defer { bar.end() }
        var points: [Point] = []
        if let home {
            for space in try SwitchInput.spaces(of: home, seed: compute.seed) {
                bar.begin("space \(space.name)")
                points.append(try measure(space, in: folder, progress: bar.update))
            }
        } else {
            for count in items {
                bar.begin("\(Numbers.count(count)) vectors")
                let input = try SwitchInput(
                    madeUp: count, dimension: dimensions, seed: compute.seed,
                    file: folder.appendingPathComponent("rows"))
                points.append(try measure(input, in: folder, progress: bar.update))
            }
        }
        bar.end()
        json.isOn ? try JSONOption.print(points) : show(points)
    }

    private func show(_ points: [Point]) {
        var table = Table([
            .text("space"), .number("vectors"), .number("exact µs"), .number("index µs"), .number("faster by"),
            .number("recall@\(k)"), .number("build"), .number("bytes a vector"),
        ])
        for point in points {
            table.add([
                point.space, Numbers.count(point.vectors), Numbers.fixed(point.exactMicros, 1),
                Numbers.fixed(point.indexMicros, 1), Numbers.fixed(point.exactMicros / point.indexMicros, 2),
                Numbers.fixed(point.recall, 4), Numbers.seconds(point.buildSeconds),
                Numbers.fixed(point.bytesPerVector, 0),
            ])
        }
        print(table.text())
        print(Style.dim("k \(k), aiming at recall \(recall), \(VectorKernels.instructionSet)"))
    }

    /// One line of the table.
    private struct Point: Encodable {
        var space: String
        var vectors: Int
        var dimensions: Int
        var k: Int
        var exactMicros: Double
        var indexMicros: Double
        /// Of the items that exact search finds.
        var recall: Double
        var buildSeconds: Double
        var bytesPerVector: Double
        var instructionSet: String
    }
}

// MARK: Measuring

extension BenchSwitchCommand {
    /// What a user has seen, and such.
    private static let excludedCount = 50

    private func measure(_ input: SwitchInput, in folder: URL, progress: (Double) -> Void) throws -> Point {
        let (rows, present) = (input.rows, input.present)
        let (count, dimension) = (rows.shape[0], rows.shape[1])
        let file = folder.appendingPathComponent("index.safetensors")
        let began = Clock.now
        let report = try PartitionedIndex.build(
            VectorSet(name: input.name, rows), present: present, metric: .innerProduct,
            queries: VectorSet(
                name: "calibration queries", dimension: dimension, values: input.calibration.flatMap { $0 }),
            seed: compute.seed, threads: compute.threads, progress: progress, to: file)
        let built = Double(Clock.now - began) / 1e9

        let exact = ExactIndex(rows: rows, present: present)
        let index = try ApproximateIndex(
            PartitionedIndex(opening: file, itemCount: count), rows: rows, present: present, recall: recall,
            sample: RecallSample(every: 0))
        var random = RandomSource(seed: compute.seed, 2)
        let excluded = input.queries.map { _ in
            var excluded = ItemSet(itemCount: count)
            for _ in 0..<min(Self.excludedCount, count / 10) { excluded.insert(ItemIndex(random.below(count))) }
            return excluded
        }
        func ask(_ index: some VectorIndex, _ q: Int) -> [Scored] {
            index.search(input.queries[q], k: k, excluding: excluded[q], deadline: .none)
        }
        // This also warms up what is timed next.
        var (found, wanted) = (0, 0)
        for q in input.queries.indices {
            let truth = ask(exact, q)
            found += Set(ask(index, q).map(\.item)).intersection(truth.map(\.item)).count
            wanted += truth.count
        }
        let byRows = CallTimes.measured(input.queries.count) { _ = ask(exact, $0) }
        let byIndex = CallTimes.measured(input.queries.count) { _ = ask(index, $0) }
        return Point(
            space: input.name, vectors: report.count, dimensions: dimension, k: k, exactMicros: byRows.micros(0.5),
            indexMicros: byIndex.micros(0.5), recall: Double(found) / Double(max(wanted, 1)), buildSeconds: built,
            bytesPerVector: Double(report.bytes) / Double(max(report.count, 1)),
            instructionSet: VectorKernels.instructionSet)
    }
}
