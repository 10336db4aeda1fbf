import MagpieOffline

/// What lists of several ages are worth, for a person.
enum StalenessPrinter {
    static func print(_ report: StalenessReport) {
        Swift.print(Style.bold("Protocol"), report.protocolName)
        for segment in report.segments {
            Swift.print()
            var table = Table(
                [.text("\(segment.name), \(Numbers.count(segment.requests)) requests")]
                    + report.metrics.map(Table.Column.number)
                    + [.number("less than now"), .number("95 %"), .number("same history")])
            for row in segment.rows {
                table.add(
                    [row.age == "0" ? "now" : "list of \(row.age) ago"]
                        + report.metrics.map { Numbers.fixed(row.values[$0] ?? .nan, 4) }
                        + [
                            Numbers.fixed(row.difference, 4),
                            "[\(Numbers.fixed(row.low, 4)), \(Numbers.fixed(row.high, 4))]",
                            Numbers.count(row.unchanged),
                        ])
            }
            Swift.print(table.text())
            Swift.print(
                Style.dim(
                    segment.suffices.map { "batch suffices up to \($0): no loss beyond noise" }
                        ?? "real time pays: the youngest list loses beyond noise"))
        }
    }
}
