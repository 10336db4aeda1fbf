import Foundation
import MagpieRetrieval

/// An index that was built into a file, and how long that took.
struct BuiltIndex {
    let report: PartitionedIndex.Report
    let seconds: Double

    /// Draws a bar on standard error meanwhile.
    init(_ input: IndexInput, options: PartitionedIndexOptions, seed: UInt64, threads: Int, file: URL) throws {
        let bar = ProgressBar()
        bar.begin("building from \(Numbers.count(input.base.count)) vectors")
        defer { bar.end() }
        let began = Clock.now
        report = try PartitionedIndex.build(
            input.base, metric: input.metric, queries: input.calibration, options: options, seed: seed,
            threads: threads, progress: bar.update, to: file)
        seconds = Double(Clock.now - began) / 1e9
    }

    var diskBytesPerVector: Double { Double(report.bytes) / Double(max(report.count, 1)) }
}
