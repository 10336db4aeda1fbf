import Foundation
import MagpieRetrieval

/// How `bench index` shows what it measured: JSON Lines for programs, tables for people.
struct IndexPrinter {
    let isJSON: Bool

    /// One JSON object on a line, at once: whoever waits for hours sees it come.
    func printLine(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
        fflush(nil)
    }

    func print(_ built: BuiltIndex, _ input: IndexInput) {
        let report = built.report
        Swift.print(
            Style.bold("Built"),
            "from \(input.base.name), \(Numbers.count(report.count)) x \(input.base.dimension), \(input.metric.rawValue), "
                + "in \(Numbers.seconds(built.seconds)): \(Numbers.count(report.partitions)) partition\(report.partitions == 1 ? "" : "s"), "
                + "\(report.axes) axes, \(report.subspaces) subspaces, \(Numbers.bytes(report.bytes)) "
                + "(\(Numbers.fixed(built.diskBytesPerVector, 1)) bytes a vector)")
        let stages = report.seconds.sorted { $0.value > $1.value || ($0.value == $1.value && $0.key < $1.key) }
        Swift.print(Style.dim("  " + stages.map { "\($0.key) \(Numbers.seconds($0.value))" }.joined(separator: ", ")))
    }

    func print(_ points: [IndexPoint]) {
        guard let first = points.first else { return }
        var said = "in \(Numbers.fixed(first.openMicros, 0)) µs"
        if let bytes = points.last?.memoryBytesPerVector.value {
            said += ", \(Numbers.fixed(bytes, 1)) bytes a vector in memory after all queries"
        }
        Swift.print(Style.bold("Opened"), said + ", \(first.instructionSet)")
        Swift.print()
        var table = Table([
            .number("aimed at"), .number("recall@\(first.k)"), .number("by id"), .number("queries/s"),
            .number("p50 µs"), .number("p99 µs"), .number("many at once/s"), .number("probes"), .number("depth"),
        ])
        for point in points {
            table.add([
                "\(point.targetRecall)", Numbers.fixed(point.recall, 4), Numbers.fixed(point.recallById, 4),
                Numbers.count(Int(point.qps)), Numbers.fixed(point.p50Micros, 1), Numbers.fixed(point.p99Micros, 1),
                Numbers.count(Int(point.qpsBatch)), Numbers.count(point.probes), Numbers.count(point.depth),
            ])
        }
        Swift.print(table.text())
    }

    func print(_ points: [FilterPoint]) {
        guard let first = points.first else { return }
        Swift.print()
        Swift.print("k \(first.k), aiming at recall \(first.targetRecall); times are medians in µs.")
        var table = Table([
            .number("pass rate"), .text("which"), .number("passing"), .number("recall"), .number("filtered"),
            .number("exact"), .number("exact, from a list"), .number("unfiltered"),
        ])
        for point in points {
            table.add([
                "\(point.passRate)", point.filter, Numbers.count(point.passing), Numbers.fixed(point.recall, 4),
                Numbers.fixed(point.p50Micros, 1), Numbers.fixed(point.exactMicros, 1),
                Numbers.fixed(point.exactListMicros, 1), Numbers.fixed(point.unfilteredMicros, 1),
            ])
        }
        Swift.print(table.text())
        let wrong = points.reduce(0) { $0 + $1.excludedAnswers }
        if wrong > 0 {
            Swift.print(Style.yellow("Wrong"), "\(Numbers.count(wrong)) answers were excluded by their filter")
        }
    }
}
