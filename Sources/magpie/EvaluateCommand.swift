import ArgumentParser
import Foundation
import MagpieEvaluation
import MagpieOffline

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure the present configuration on what it has not seen.",
        discussion: """
            Makes (or reuses) the twin of the bundle, which ends before the last window, and asks it what happened in \
            that window: all items are ranked, seen ones left out. One row for each retriever by itself, one for their \
            fusion (ranker off) and one for the whole; the whole is compared with the best single retriever by a paired \
            bootstrap over the requests.

            EXAMPLES
              magpie evaluate
              magpie evaluate --json
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func run() throws {
        let opened = try home.open()
        let lock = try opened.home.trainingLock()
        defer { lock.release() }
        let display = StageDisplay(isQuiet: true)
        let training = Training(
            configuration: opened.configuration, seed: compute.seed, threads: compute.threads,
            codeVersion: Magpie.version, work: opened.home.workFolder, bundles: opened.home.bundles,
            report: display.show)
        let table = try training.evaluate(log: opened.store, catalogue: opened.store)
        if json.isOn { return try JSONOption.print(table) }
        EvaluationPrinter.print(table)
    }
}

enum EvaluationPrinter {
    static func print(_ table: EvaluationTable) {
        Swift.print(Style.bold("Protocol"), table.protocolName)
        let metrics = table.metrics
        for scenario in table.scenarios {
            Swift.print()
            var shown = Table([.text(scenario)] + metrics.map(Table.Column.number) + [.number("requests")])
            for row in table.rows where row.scenario == scenario {
                shown.add(
                    [row.system] + metrics.map { Numbers.fixed(row.values[$0] ?? .nan, 4) }
                        + [Numbers.count(row.requests)])
            }
            Swift.print(shown.text())
            for c in table.comparisons where c.scenario == scenario {
                Swift.print(
                    Style.dim(
                        "\(c.system) - \(c.against), \(c.metric): \(Numbers.fixed(c.difference, 4)) "
                            + "[\(Numbers.fixed(c.low, 4)), \(Numbers.fixed(c.high, 4))] "
                            + "(95 %, paired bootstrap)"))
            }
        }
    }
}
