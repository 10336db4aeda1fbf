import ArgumentParser
import Foundation
import MagpieOffline

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure the present configuration on what it has not seen.",
        discussion: """
            Makes (or reuses) the twin of the bundle, which ends before the last window, and asks it what happened in \
            that window: all items are ranked, seen ones left out. One row for each retriever by itself, one for their \
            fusion (ranker off) and one for the whole; the whole is compared with the best single retriever by a paired \
            bootstrap over the requests.

            --protocol replay lives through the history once more: a new fit at equal steps of each user's last events, \
            live state between, each user asked at the moment of the first of theirs. Nothing knows what comes later.

            EXAMPLES
              magpie evaluate
              magpie evaluate --segments
              magpie evaluate --protocol replay --refits 12 --runs runs
              magpie evaluate --json
              magpie evaluate --staleness 0,1h,1d,7d

            --staleness lives through the history as --protocol replay does, and asks what a list made so long before each \
            request would have been worth: where nothing is lost, batch lists suffice; where something is, real time pays.
            """)

    enum ProtocolName: String, ExpressibleByArgument, CaseIterable { case split, replay }

    @Option(
        name: .customLong("protocol"),
        help: "split: once, as the configuration cuts; replay: of the home scenario, with fits along the clock.")
    var protocolName = ProtocolName.split

    @Option(help: "How many fits a replay makes. (default: 12)")
    var refits: Int?

    @Flag(help: "Numbers also by length of the user's history, and by how popular the relevant items are.")
    var segments = false

    @Option(help: ArgumentHelp("Write TREC run files of all systems, and what was relevant, here.", valueName: "dir"))
    var runs: String?

    @Option(help: ArgumentHelp("What lists of these ages are worth, e.g. 0,1h,1d,7d.", valueName: "ages"))
    var staleness: String?

    @OptionGroup var home: HomeOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        if staleness != nil { _ = try ages() }
        guard let refits else { return }
        guard protocolName == .replay || staleness != nil else {
            throw ValidationError("--refits belongs to --protocol replay")
        }
        guard (1...10_000).contains(refits) else { throw ValidationError("--refits is \(refits), expected 1 to 10000") }
    }

    /// Ascending, with 0.
    private func ages() throws -> [ListAge] {
        let parts = (staleness ?? "").split(separator: ",").map(String.init)
        let ages = try parts.map { part in
            guard let age = ListAge(part) else {
                throw ValidationError("--staleness: \"\(part)\", expected ages such as 0, 30m, 1h or 7d")
            }
            return age
        }
        let others = Set(ages.map(\.milliseconds)).subtracting([0])
        guard !others.isEmpty else { throw ValidationError("--staleness: expected an age such as 1h") }
        let zero = ListAge("0").map { [$0] } ?? []
        return zero + ages.filter { $0.milliseconds > 0 }.sorted { $0.milliseconds < $1.milliseconds }
    }

    func run() throws {
        let opened = try home.open()
        let lock = try opened.home.trainingLock()
        defer { lock.release() }
        let display = StageDisplay(isQuiet: true)
        let training = Training(
            configuration: opened.configuration, seed: compute.seed, threads: compute.threads,
            codeVersion: Magpie.version, work: opened.home.workFolder, bundles: opened.home.bundles,
            report: display.show)
        if staleness != nil {
            let report = try training.staleness(
                log: opened.store, catalogue: opened.store, ages: ages(),
                refits: refits ?? Training.EvaluationOptions.refits)
            if json.isOn { return try JSONOption.print(report) }
            return StalenessPrinter.print(report)
        }
        var options = Training.EvaluationOptions()
        options.refits = protocolName == .replay ? refits ?? Training.EvaluationOptions.refits : nil
        options.segments = segments
        options.runs = runs.map { URL(fileURLWithPath: $0, isDirectory: true) }
        let table = try training.evaluate(log: opened.store, catalogue: opened.store, options)
        if json.isOn { return try JSONOption.print(table) }
        EvaluationPrinter.print(table)
        EvaluationPrinter.printOthers(of: table)
        EvaluationPrinter.printSegments(of: table)
    }
}
