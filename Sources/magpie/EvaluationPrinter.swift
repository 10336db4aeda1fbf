import MagpieEvaluation
import MagpieOffline

/// Shows to a person what an evaluation found.
enum EvaluationPrinter {
    static func print(_ table: EvaluationTable) {
        Swift.print(Style.bold("Protocol"), table.protocolName)
        let metrics = table.metrics
        for scenario in table.scenarios {
            Swift.print()
            var shown = Table([.text(scenario)] + metrics.map(Table.Column.number) + [.number("requests")])
            for row in table.rows where row.scenario == scenario {
                shown.add([row.system] + metrics.map { number(row.values[$0]) } + [Numbers.count(row.requests)])
            }
            Swift.print(shown.text())
            for comparison in table.comparisons where comparison.scenario == scenario {
                Swift.print(Style.dim(words(comparison)))
            }
        }
    }

    /// What lists look like beside being right or wrong.
    static func printOthers(of table: EvaluationTable) {
        for scenario in table.scenarios {
            Swift.print()
            var shown = Table([.text(scenario)] + table.others.map(Table.Column.number))
            for row in table.rows where row.scenario == scenario {
                shown.add([row.system] + table.others.map { number(row.values[$0]) })
            }
            Swift.print(shown.text())
        }
    }

    /// A table a metric: a row for each system, a column for each segment.
    static func printSegments(of table: EvaluationTable) {
        for scenario in table.scenarios {
            for (group, title, metric) in [
                (EvaluationTable.Segment.Group.history, "by positives in the history", "ndcg@10"),
                (.items, "by kind of the relevant items", "ndcg@10"),
                (.items, "by kind of the relevant items", "recall@100"),
            ] {
                let segments = table.segments.filter { $0.scenario == scenario && $0.group == group }
                guard let first = segments.first else { continue }
                Swift.print()
                Swift.print(Style.bold("\(scenario), \(title): \(metric)"))
                var shown = Table([.text("")] + segments.map { .number($0.name) })
                for (place, system) in first.systems.enumerated() {
                    shown.add([system.system] + segments.map { number($0.systems[place].values[metric]) })
                }
                shown.add(["requests"] + segments.map { Numbers.count($0.requests) })
                Swift.print(shown.text())
                for segment in segments where metric == segment.comparison?.metric {
                    if let comparison = segment.comparison {
                        Swift.print(Style.dim("\(segment.name): \(words(comparison))"))
                    }
                }
            }
        }
    }

    static func print(_ gate: Gate.Report) {
        Swift.print(Style.bold("Against the configuration of"), gate.against, Style.dim("on the same window"))
        for comparison in gate.comparisons { Swift.print("  \(comparison.scenario):", words(comparison)) }
        if let problem = gate.problem { Swift.print("  " + Style.yellow("not compared:"), problem) }
        Swift.print()
    }

    /// "whole - ease, ndcg@10: 0.0123 [0.0011, 0.0234] (95 %, paired bootstrap)"
    private static func words(_ comparison: EvaluationTable.Comparison) -> String {
        "\(comparison.system) - \(comparison.against), \(comparison.metric): "
            + "\(Numbers.fixed(comparison.difference, 4)) "
            + "[\(Numbers.fixed(comparison.low, 4)), \(Numbers.fixed(comparison.high, 4))] (95 %, paired bootstrap)"
    }

    private static func number(_ value: Double?) -> String { Numbers.fixed(value ?? .nan, 4) }
}
