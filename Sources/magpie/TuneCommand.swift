import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieOffline

struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Search for a better configuration on a validation window.",
        discussion: """
            Fits and asks many configurations: what is known before the window that 'evaluate' asks about is cut \
            once more, so that tuning never sees what the final numbers are made of. Trial 0 is the present \
            configuration. Every trial is kept in HOME/tune; a search that was cut off goes on where it stopped, and \
            one with more trials only makes the new ones.

            STAGE names a search space that ships: \(TunableStage.all.map(\.name).joined(separator: ", ")). Parameters \
            of your own replace it, or change single ones of it:
              PATH=LOW..HIGH       a whole number, or a real one where an end has a point
              PATH=LOW..HIGH:log   small and large ones alike
              PATH=A,B,C           one of these

            EXAMPLES
              magpie tune embedding --trials 40
              magpie tune neighbours --strategy halving --trials 81 --apply
              magpie tune --system neighbours --parameter neighbours.beta=0.0..1.0 --json
            """)

    @Argument(help: ArgumentHelp("A search space that ships.", valueName: "stage"))
    var stage: String?

    @Option(name: .customLong("parameter"), help: ArgumentHelp("What to try.", valueName: "path=values"))
    var parameters: [String] = []

    @Option(help: "How many configurations to try, without the present one.")
    var trials = 30

    @Option(help: "random: each with everything; halving: all with few users, the best third with more, and again.")
    var strategy = Tuning.Strategy.random

    @Option(help: "What is measured: a retriever by itself, or fusion for all of them. (default: the stage's)")
    var system: String?

    @Option(help: "Whose requests are asked. (default: the stage's, or home)")
    var scenario: String?

    @Option(help: "What decides: ndcg@K, recall@K, hit@K, mrr@K or map@K.")
    var metric = "ndcg@10"

    @Flag(help: "Write the best into magpie.json, if it is better than the present configuration beyond noise.")
    var apply = false

    @OptionGroup var home: HomeOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard (1...100_000).contains(trials) else {
            throw ValidationError("--trials is \(trials), expected 1 to 100000")
        }
        if stage == nil, system == nil { throw ValidationError("name a stage, or say what is measured with --system") }
    }

    func run() throws {
        let named = try stage.map(TunableStage.named)
        var options = Tuning.Options(system: system ?? named?.system ?? "fusion")
        options.trials = trials
        options.strategy = strategy
        options.metric = metric
        if let scenario = scenario ?? named?.scenario { options.scenario = scenario }
        let space = try searchSpace(named)
        let opened = try home.open()
        let lock = try opened.home.trainingLock()
        defer { lock.release() }
        let display = TrialDisplay(space, metric: metric, isQuiet: json.isOn)
        let training = Training(
            configuration: opened.configuration, seed: compute.seed, threads: compute.threads,
            codeVersion: Magpie.version, work: opened.home.workFolder.appendingPathComponent("tune"),
            bundles: opened.home.bundles, report: display.show)
        let tuning = try Tuning(
            training: training, space: space, options: options,
            folder: opened.home.url.appendingPathComponent("tune"), report: display.show)
        let report = try tuning.run(log: opened.store, catalogue: opened.store)
        display.end()
        let isApplied = apply && report.isBetter
        if isApplied { try write(report.configuration, to: opened.home.configurationURL) }
        if json.isOn { return try JSONOption.print(report) }
        try display.print(report, isApplied: isApplied, wasAskedTo: apply)
    }

    private func searchSpace(_ stage: TunableStage?) throws -> SearchSpace {
        let own = try parameters.map(TunedParameter.init(notation:))
        var all = try stage?.parameters.map(TunedParameter.init(notation:)) ?? []
        for parameter in own {
            if let place = all.firstIndex(where: { $0.path == parameter.path }) {
                all[place] = parameter
            } else {
                all.append(parameter)
            }
        }
        return try SearchSpace(all)
    }

    /// What the file says otherwise stays.
    private func write(_ change: JSONValue, to url: URL) throws {
        var present = JSONValue.object([:])
        if let bytes = FileManager.default.contents(atPath: url.path) {
            present = try JSONDecoder().decode(JSONValue.self, from: bytes)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let bytes = try encoder.encode(Configuration.merged(present, change)) + Data("\n".utf8)
        try AtomicFile.write(Array(bytes), to: url)
    }
}

extension Tuning.Strategy: ExpressibleByArgument {}

/// Trials as they come, a line each; at the end what they say.
private final class TrialDisplay {
    private let space: SearchSpace
    private let metric: String
    private let isQuiet: Bool
    private let bar = ProgressBar()
    private var best = -Double.infinity

    init(_ space: SearchSpace, metric: String, isQuiet: Bool) {
        self.space = space
        self.metric = metric
        self.isQuiet = isQuiet
    }

    func show(_ event: TrainingEvent) {
        switch event {
        case .began(let stage, let window): bar.begin("\(window): \(stage)")
        case .progress(let share): bar.update(share)
        case .ended: bar.end()
        }
    }

    func show(_ trial: Trial, _ done: Int, _ all: Int) {
        if isQuiet { return }
        bar.end()
        let isBest = trial.share == 1 && trial.metric.map { $0 > best } ?? false
        if isBest { best = trial.metric ?? best }
        let number = "\(done)/\(all)".padding(toLength: 8, withPad: " ", startingAt: 0)
        let value = trial.metric.map { Numbers.fixed($0, 4) } ?? "-"
        let share = trial.share < 1 ? " of \(Numbers.fixed(100 * trial.share, 0)) % of users" : ""
        let line =
            "\(number) \(metric) \(value)\(share)  \(Numbers.seconds(trial.seconds))  "
            + Style.dim(trial.problem ?? Self.words(trial))
        Swift.print(isBest ? Style.bold(line) : line)
    }

    func end() { bar.end() }

    func print(_ report: Tuning.Report, isApplied: Bool, wasAskedTo: Bool) throws {
        let names = space.parameters.map(\.path)
        let short = names.map { $0.split(separator: ".").last.map(String.init) ?? $0 }
        var table = Table(
            [.number("trial"), .number(report.metric), .number("users"), .number("time")] + short.map { .number($0) })
        for trial in report.trials.prefix(10) {
            table.add(
                [
                    "\(trial.number)", trial.metric.map { Numbers.fixed($0, 4) } ?? "-",
                    Numbers.fixed(100 * trial.share, 0) + " %", Numbers.seconds(trial.seconds),
                ] + names.map { trial.values[$0]?.words ?? "present" })
        }
        Swift.print()
        Swift.print(
            Style.bold("Best of \(report.trials.count)"), "\(report.system), \(report.scenario);", "validation",
            report.split)
        Swift.print(table.text())
        Swift.print()
        guard let difference = report.difference else {
            return Swift.print("None is better than the present configuration.")
        }
        Swift.print(
            "Trial \(report.best.number) - present, \(report.metric): \(Numbers.fixed(difference.mean, 4)) "
                + "[\(Numbers.fixed(difference.low, 4)), \(Numbers.fixed(difference.high, 4))] "
                + "(95 %, paired bootstrap\(report.isBetter ? "" : ": within noise"))")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(report.configuration), as: UTF8.self))
        if isApplied {
            Swift.print(Style.green("Written"), "to magpie.json: 'magpie train' uses it from now on")
        } else if wasAskedTo {
            Swift.print("Not written: it is not better beyond noise.")
        } else {
            Swift.print("To use it, put this into magpie.json, or run again with --apply.")
        }
    }

    private static func words(_ trial: Trial) -> String {
        if trial.number == 0 { return "the present configuration" }
        return trial.values.sorted { $0.key < $1.key }
            .map { "\($0.key.split(separator: ".").last ?? "")=\($0.value.words)" }.joined(separator: " ")
    }
}
