import Foundation
import MagpieRetrieval

/// How `bench text` shows what it measured: JSON Lines for programs, tables for people.
struct TextPrinter {
    let isJSON: Bool

    func printLine(_ value: some Encodable) throws { try IndexPrinter(isJSON: isJSON).printLine(value) }

    private func print(_ built: BuiltTextIndex) {
        Swift.print(
            Style.bold("Built"),
            "from \(built.input.file), \(Numbers.count(built.report.items)) documents, in "
                + "\(Numbers.seconds(built.buildSeconds)): \(Numbers.count(built.report.words)) words, "
                + "\(Numbers.count(built.report.terms)) terms, \(Numbers.count(built.report.postings)) postings, "
                + "\(Numbers.bytes(built.bytes)); opened in \(Numbers.fixed(built.openMicros, 0)) µs")
    }

    private func print(_ semantics: BuiltSemantics) {
        let search = semantics.partitions.map { "\($0) partitions" } ?? "searched one by one"
        Swift.print(
            Style.bold("Latent semantics"),
            "in \(Numbers.seconds(semantics.seconds)): \(semantics.report.dimensions) dimensions with "
                + "\(Int((semantics.report.share * 100).rounded())) % of what \(Numbers.count(semantics.report.items)) "
                + "documents say, \(Numbers.bytes(semantics.bytes)), \(search)")
    }

    func print(_ points: [TextPoint], _ built: BuiltTextIndex, _ semantics: BuiltSemantics?) {
        print(built)
        if let semantics { print(semantics) }
        Swift.print()
        var columns: [Table.Column] = [
            .text("ranked by"),
            .number("k"), .number("queries/s"), .number("p50 µs"), .number("p99 µs"), .number("max µs"),
            .number("many at once/s"),
        ]
        let isJudged = points.contains { $0.ndcg10 != nil }
        if isJudged { columns += [.number("ndcg@10"), .number("map"), .number("mrr@10")] }
        var table = Table(columns)
        for point in points {
            var cells = [
                point.ranking, "\(point.k)", Numbers.count(Int(point.qps)), Numbers.fixed(point.p50Micros, 1),
                Numbers.fixed(point.p99Micros, 1), Numbers.fixed(point.maxMicros, 1),
                Numbers.count(Int(point.qpsBatch)),
            ]
            if isJudged { cells += [point.ndcg10, point.map, point.mrr10].map { Numbers.fixed($0 ?? .nan, 4) } }
            table.add(cells)
        }
        Swift.print(table.text())
    }

    func print(_ points: [KnownItemPoint], _ built: BuiltTextIndex, _ semantics: BuiltSemantics?) {
        print(built)
        if let semantics { print(semantics) }
        Swift.print()
        var table = Table([
            .text("ranked by"), .text("titles"), .number("queries"), .number("mrr@10"), .number("first"),
            .number("in ten"),
            .number("p50 µs"), .number("p99 µs"), .number("max µs"),
        ])
        for point in points {
            table.add([
                point.ranking, point.queries, Numbers.count(point.count), Numbers.fixed(point.mrr10, 4),
                Numbers.fixed(point.first, 4),
                Numbers.fixed(point.ten, 4), Numbers.fixed(point.p50Micros, 1), Numbers.fixed(point.p99Micros, 1),
                Numbers.fixed(point.maxMicros, 1),
            ])
        }
        Swift.print(table.text())
    }
}
