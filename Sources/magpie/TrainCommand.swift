import ArgumentParser
import Foundation
import MagpieDomain
import MagpieOffline

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Fit, evaluate and publish a bundle from all events.",
        discussion: """
            Runs all stages and reports on each. What an earlier run made from the same events, configuration and seed \
            is reused; a run that was cut off goes on where it stopped.

            Where the configuration differs from the published bundle's, both are fitted on one window and asked the same \
            questions. Worse beyond noise: the bundle is built, not published, and the exit code is 3.

            EXAMPLES
              magpie train
              magpie train --home shop --threads 1 --seed 7
              magpie train --json > report.json
              magpie train --force
            """)

    @Flag(help: "Publish also what is worse than what is published.")
    var force = false

    @OptionGroup var home: HomeOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func run() throws {
        let opened = try home.open()
        let lock = try opened.home.trainingLock()
        defer { lock.release() }
        let display = StageDisplay(isQuiet: json.isOn)
        let training = Training(
            configuration: opened.configuration, seed: compute.seed, threads: compute.threads,
            codeVersion: Magpie.version, work: opened.home.workFolder, bundles: opened.home.bundles,
            report: display.show)
        let report = try training.run(log: opened.store, catalogue: opened.store, isForced: force)
        if json.isOn {
            try JSONOption.print(report)
        } else {
            print()
            print(Style.bold("Split"), "by \(report.split.rawValue):", report.splitReason)
            EvaluationPrinter.print(report.evaluation)
            print()
            if let gate = report.gate { EvaluationPrinter.print(gate) }
            if report.isPublished { print(Style.green("Published"), report.bundle) }
        }
        guard report.isPublished else {
            // What it is worse by stands on standard output.
            let message =
                "not published: \(report.bundle) is built, but its configuration is worse than that of the published "
                + "\(report.gate?.against ?? "bundle"): take it with 'magpie bundles publish \(report.bundle)' "
                + "or 'magpie train --force', or change magpie.json\n"
            FileHandle.standardError.write(Data(message.utf8))
            throw ExitCode(Self.heldCode)
        }
    }

    /// The bundle is built and not published.
    static let heldCode: Int32 = 3
}

/// Shows training's stages: a line each when done, a bar while at work.
final class StageDisplay {
    private let isQuiet: Bool
    private let bar = ProgressBar()
    private var window = ""

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ event: TrainingEvent) {
        switch event {
        case .began(let stage, let window): bar.begin("\(window): \(stage)")
        case .progress(let share): bar.update(share)
        case .ended(let report):
            bar.end()
            if isQuiet { return }
            if report.window != window {
                window = report.window
                print(Style.bold(window))
            }
            let name = report.stage.padding(toLength: 14, withPad: " ", startingAt: 0)
            let time = report.reused ? "reused" : Numbers.seconds(report.seconds)
            let pad = String(repeating: " ", count: max(0, 9 - time.count))
            let held = report.reused ? nil : report.peakBytes
            let memory = held.map { "\(Numbers.count($0 >> 20)) MB" } ?? ""
            let padMemory = String(repeating: " ", count: max(0, 9 - memory.count))
            print("  \(name) \(pad)\(time) \(padMemory)\(memory)  \(Style.dim(report.summary))")
        }
    }
}
