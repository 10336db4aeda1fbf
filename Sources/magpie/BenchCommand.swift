import ArgumentParser
import Foundation
import MagpieDomain
import MagpieFormats
import MagpieRetrieval

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure parts of Magpie on your own data.",
        subcommands: [BenchIndexCommand.self])
}

struct BenchIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Build a vector index, then ask it: recall, queries a second, memory.")

    @Option(help: "The vectors to index: .npy, .fvecs or .bvecs.")
    var base: String
    @Option(help: "The queries: .npy, .fvecs or .bvecs.")
    var queries: String
    @Option var metric: String = "ip"
    @Option var k = 10
    @Option var truth: String?
    @Option var threads = 2
    @Option var partitions = 0
    @Option var subspaces = 0
    @Option var axes = 0
    @Flag var coarse = false
    @Flag(name: .customLong("json")) var json = false

    func run() throws {
        let vectors = try VectorFile.vectors(URL(fileURLWithPath: base))
        let asked = try VectorFile.vectors(URL(fileURLWithPath: queries))
        let truth = try self.truth.map { try VectorFile.neighbours(URL(fileURLWithPath: $0)) }
        guard let metric = VectorMetric(rawValue: metric), let truth else { throw ValidationError("metric") }
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("index-\(getpid()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        var options = PartitionedIndexOptions()
        options.partitions = partitions
        options.subspaces = subspaces
        options.principalAxes = axes
        options.isFine = !coarse
        let clock = ContinuousClock.now
        let report = try PartitionedIndex.build(
            vectors, metric: metric, options: options, seed: 1, threads: threads, to: url)
        let built = ContinuousClock.now - clock
        print(
            built,
            report.seconds.sorted { $0.key < $1.key }.map { "\($0.key) \(String(format: "%.2f", $0.value))" }.joined(
                separator: ", "))
        print(report.partitions, report.axes, report.subspaces, report.errorWeights, report.bytes / report.count)
        let index = try PartitionedIndex(opening: url)
        let rows = (0..<asked.count).map { asked.row($0) }
        for target in [0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995] {
            var hits = 0
            for (q, row) in rows.enumerated() {
                let want = Set(truth[q].prefix(k).map { UInt32($0) })
                hits += index.search(row, k: k, recall: target).reduce(0) { $0 + (want.contains($1.item) ? 1 : 0) }
            }
            var times: [Double] = []
            for _ in 0..<5 {
                let clock = ContinuousClock.now
                var sum = 0
                for row in rows { sum += index.search(row, k: k, recall: target).count }
                let e = (ContinuousClock.now - clock).components
                times.append(Double(sum > 0 ? rows.count : 0) / (Double(e.seconds) + Double(e.attoseconds) / 1e18))
            }
            times.sort()
            print(
                "target \(target) recall \(Double(hits) / Double(rows.count * k)) qps \(Int(times[2])) \(index.width(k: k, recall: target))"
            )
        }
    }
}
