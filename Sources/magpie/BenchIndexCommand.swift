import ArgumentParser
import Foundation
import MagpieDomain
import MagpieRetrieval

struct BenchIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Build a vector index, then ask it: recall, queries a second, build time, memory.",
        discussion: """
            One line for each recall aimed at. Recall is by distance: an answer as near as the true k-th counts, so \
            ties are held against nobody. Queries a second and percentiles are of single queries, one after another, \
            on one thread, after a pass that warms up; many at once on all threads stand apart. The exact answers are \
            computed, unless a truth file has them.

            With --filters the same index is asked under filters that let few items pass: chosen at random, or among \
            the half that is farthest from the query, which is the hardest for an index. Beside it stands exact search \
            over the items that pass.

            EXAMPLES
              magpie bench index --base base.npy --queries q.npy --metric cosine
              magpie bench index --base sift.bvecs --queries q.bvecs --metric l2 --k 100
              magpie bench index --base base.npy --queries q.npy --metric ip --k 10 \\
                --truth truth.ivecs --recall .9 .99 --json
              magpie bench index --base base.npy --queries q.npy --metric ip --filters
            """)

    @Option(help: ArgumentHelp("The vectors to index: .npy, .fvecs or .bvecs.", valueName: "file"))
    var base: String

    @Option(help: ArgumentHelp("What to ask, of the same dimension and format.", valueName: "file"))
    var queries: String

    @Option(help: ArgumentHelp("What near means: ip (inner product), cosine or l2.", valueName: "metric"))
    var metric: String

    @Option(name: .customLong("k"), help: ArgumentHelp("How many answers a query wants, 1 to 1000.", valueName: "k"))
    var k = 10

    @Option(
        help: ArgumentHelp(
            "The exact answers: row numbers, best first, a row a query: .npy or .ivecs.", valueName: "file"))
    var truth: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The recalls to aim at, between 0 and 1; without it eleven from .8 to .998.", valueName: "r")
    )
    var recall: [Double] = []

    @Flag(help: "Measure search under filters instead, at the first recall that --recall names or at the usual one.")
    var filters = false

    @Option(
        help: ArgumentHelp(
            "Queries to calibrate the index with, other than those asked; without it, rows of the base.",
            valueName: "file"))
    var calibration: String?

    @Option(help: ArgumentHelp("Where the index is written, and stays; without it, it is gone.", valueName: "file"))
    var keep: String?

    @OptionGroup(title: "How the index is built") var shape: IndexShapeOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func run() throws {
        let input = try IndexInput(
            base: base, queries: queries, truth: truth, calibration: calibration, metric: metric, k: k)
        let targets = try Self.targets(recall)
        let file = try IndexFile(keep: keep, awayFrom: [base, queries, truth, calibration].compactMap { $0 })
        defer { file.remove() }
        input.notes.forEach(Self.note)

        let built = try BuiltIndex(
            input, options: shape.options, seed: compute.seed, threads: compute.threads, file: file.url)
        let printer = IndexPrinter(isJSON: json.isOn)
        if !json.isOn { printer.print(built, input) }
        let bar = ProgressBar()
        defer { bar.end() }
        if filters {
            let target = targets.first ?? PartitionedIndex.defaultRecall
            let measurement = try FilterMeasurement(
                input, file: file.url, target: target, seed: compute.seed, threads: compute.threads)
            bar.begin("asking under filters")
            let points = try measurement.points(progress: bar.update) { point in
                if json.isOn { try printer.printLine(point) }
            }
            bar.end()
            if !json.isOn { printer.print(points) }
            return
        }
        bar.begin("exact answers")
        let judge = RecallJudge(input, threads: compute.threads)
        var measurement = try IndexMeasurement(input, built, file: file.url, judge: judge, threads: compute.threads)
        var points: [IndexPoint] = []
        for (place, target) in (targets.isEmpty ? Self.usualTargets : targets).enumerated() {
            bar.begin("asking, recall \(target)")
            let point = measurement.point(target: target, isFirst: place == 0)
            bar.end()
            if json.isOn { try printer.printLine(point) }
            points.append(point)
        }
        if !json.isOn { printer.print(points) }
    }

    static let usualTargets = [0.8, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998]

    private static func targets(_ recall: [Double]) throws -> [Double] {
        for target in recall where !(target > 0 && target < 1) {
            throw BenchError("--recall \(target): expected numbers between 0 and 1, like .95")
        }
        return recall
    }

    private static func note(_ text: String) {
        FileHandle.standardError.write(Data("note: \(text)\n".utf8))
    }
}

/// Settings of the build; each is chosen from the data where nobody says it.
struct IndexShapeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many partitions; 0: chosen from the data.", valueName: "p"))
    var partitions = 0

    @Option(help: ArgumentHelp("How many 4-bit codes a vector; 0: chosen from the data.", valueName: "m"))
    var subspaces = 0

    @Option(help: ArgumentHelp("How many principal axes partitions and codes see; 0: chosen.", valueName: "a"))
    var axes = 0

    @Flag(help: "Keep 8 bits a coordinate for the last scores instead of 10.")
    var coarse = false

    var options: PartitionedIndexOptions {
        var options = PartitionedIndexOptions()
        options.partitions = partitions
        options.subspaces = subspaces
        options.principalAxes = axes
        options.isFine = !coarse
        return options
    }

    func validate() throws {
        for (name, value) in [("partitions", partitions), ("subspaces", subspaces), ("axes", axes)] where value < 0 {
            throw ValidationError("--\(name) is \(value), expected 0 or more")
        }
    }
}
