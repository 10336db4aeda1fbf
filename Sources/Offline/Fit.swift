import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline
import MagpieRanking

/// One `fit(T)`: draft, replay, ranker, refit. See ``Training``.
struct Fit {
    let training: Training
    let runner: StageRunner
    let history: History
    let known: Known
    /// Where the bundles that make replayed examples are fitted; nil: `ranker.refits` equal steps.
    var boundaries: [Int]?

    /// A bundle in the making: files, and the data it was fitted on.
    struct Bundle {
        var files: Draft
        var data: Dataset
        var rankers: [String: RankerReport]
    }

    private var configuration: Configuration { training.configuration }

    func dataset(_ rows: [Int], asOf time: Timestamp) throws -> Dataset {
        Dataset(
            history, rows: rows, catalogue: try known.items(asOf: time), deleted: known.deleted, schema: known.schema)
    }

    /// - Parameters:
    ///   - draft: what the retrievers know while the ranker's examples are made.
    ///   - refit: what they know in the bundle.
    ///   - asked: the cut whose held-out part makes the examples.
    func bundle(window: String, draft: Dataset, refit: Dataset, asked split: Split) throws -> Bundle {
        let retrievers = RetrieverFit(
            configuration: configuration, seed: training.seed, threads: training.threads, runner: runner)
        let outside = try outsideTables(window: window)
        var draftFiles = try retrievers.draft(draft, window: window + " draft")
        draftFiles.files.merge(outside) { $1 }
        let (rankerFiles, reports) = try rankers(window: window, draft: draft, files: draftFiles, split: split)
        var files = try retrievers.draft(refit, window: window)
        files.files.merge(rankerFiles) { $1 }
        files.files.merge(outside) { $1 }
        return Bundle(files: files, data: refit, rankers: reports)
    }

    /// The home's outside tables as a file: features join them as of each moment, so the draft may have all rows.
    private func outsideTables(window: String) throws -> [String: URL] {
        guard !known.outside.isEmpty else { return [:] }
        var parts: [UInt64] = []
        for table in known.outside {
            parts.append(StableHash.xxh64("\(table.name) \(table.entity.rawValue) \(table.columns)"))
            parts.append(table.keys.withUnsafeBytes { StableHash.xxh64($0) })
            parts.append(table.validFrom.withUnsafeBytes { StableHash.xxh64($0) })
            parts.append(table.receivedAt.withUnsafeBytes { StableHash.xxh64($0) })
            parts.append(table.values.withUnsafeBytes { StableHash.xxh64($0) })
        }
        let fingerprint = parts.withUnsafeBytes { String(StableHash.xxh64($0), radix: 16) }
        let result = try runner.run("outside tables", window: window, inputs: [fingerprint]) { folder, _ in
            try OutsideFile.write(known.outside, to: folder.appendingPathComponent(BundleFiles.outside))
            return "\(known.outside.count) tables, \(known.outside.reduce(0) { $0 + $1.rowCount }) rows"
        }
        return [BundleFiles.outside: result.folder.appendingPathComponent(BundleFiles.outside)]
    }

    /// Replays each scenario's questions against the draft and fits its ranker.
    private func rankers(
        window: String, draft: Dataset, files: Draft, split: Split
    ) throws -> (files: [String: URL], reports: [String: RankerReport]) {
        var rankerFiles: [String: URL] = [:]
        var reports: [String: RankerReport] = [:]
        let replayed =
            try configuration.ranker.examples == .replay
            && configuration.scenarios.contains(where: ReplayedExamples.has)
            ? ReplayedExamples(self, rows: (split.known + split.asked).sorted(), window: window) : nil
        let fit = try RankerFit(options: configuration.ranker, seed: training.seed, threads: training.threads)
        let inputs =
            try files.files.sorted { $0.key < $1.key }.map { $0.value.deletingLastPathComponent().lastPathComponent }
            + [
                Configuration.key(configuration.ranker), Configuration.key(configuration.split),
                Configuration.key(configuration.events), Configuration.key(configuration.scenarios),
                split.fingerprint(history), history.impressions.fingerprint, "\(training.seed)",
                "\(configuration.index.recall)",
                configuration.timeZone, fit.libraryVersion,
            ] + (replayed?.keys ?? [])
        for scenario in configuration.scenarios {
            let name = BundleFiles.ranker(scenario.name)
            let result = try runner.run("rank \(scenario.name)", window: window, version: 6, inputs: inputs) {
                folder, progress in
                let recommender = try open(files, draft)
                let viewed = viewed(scenario, split)
                let questions = viewed.isEmpty ? questions(for: scenario, draft, split, stream: 0) : viewed
                let replay = Replay(
                    history: history, split: split, rules: configuration.events,
                    objectives: configuration.ranker.objectives.keys.sorted())
                let lived = viewed.isEmpty && ReplayedExamples.has(scenario) ? replayed : nil
                let examples =
                    try lived?.examples(for: scenario, progress: { progress($0 / 2) })
                    ?? replay.examples(
                        questions, recommender, maximumExamples: configuration.ranker.maximumExamples,
                        threads: training.threads, progress: { progress($0 / 2) })
                let summary: String
                do {
                    let propensities =
                        viewed.isEmpty
                        ? nil
                        : Questions.propensities(
                            history, split, scenario: scenario.name, options: configuration.split)
                    var (model, report) = try fit.fit(
                        propensities.map(examples.weighted) ?? examples, scenario: scenario.name,
                        progress: { progress((1 + $0) / 2) })
                    report.placePropensities = propensities
                    report.source = viewed.isEmpty ? (lived == nil ? .split : .replay) : .impressions
                    try model.write(to: folder.appendingPathComponent(name))
                    try JSONEncoder().encode(report).write(to: folder.appendingPathComponent(Self.reportFile))
                    try JSONEncoder().encode(FeatureProfile(examples.features))
                        .write(to: folder.appendingPathComponent(Self.profileFile))
                    summary = report.summary
                } catch let error as RankingError {
                    guard case .tooFewExamples = error else { throw error }
                    // The next rung: this scenario is answered in the order of fusion.
                    summary = "no ranker: \(error)"
                }
                return summary
            }
            let file = result.folder.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: file.path) {
                rankerFiles[name] = file
                reports[scenario.name] = try JSONDecoder().decode(
                    RankerReport.self,
                    from: Data(contentsOf: result.folder.appendingPathComponent(Self.reportFile)))
            }
        }
        return (rankerFiles, reports)
    }

    /// Lists on screen that a ranker learns from; none where it learns from something else: see ``ExampleSource``.
    private func viewed(_ scenario: Scenario, _ split: Split) -> [Question] {
        let options = configuration.ranker
        guard options.examples == .auto || options.examples == .impressions else { return [] }
        let lists = Questions.viewed(history, split, scenario: scenario.name, options: configuration.split)
        return options.examples == .impressions || lists.count >= options.automaticRequests ? lists : []
    }

    func questions(for scenario: Scenario, _ data: Dataset, _ split: Split, stream: UInt64) -> [Question] {
        let home = Questions.home(history, split, rules: configuration.events, options: configuration.split)
        switch scenario.name {
        case Scenario.home.name: return home
        case Scenario.similar.name: return Questions.similar(home, history, split)
        case Scenario.search.name:
            let now = split.known.last.map { history.rows[$0].time } ?? .distantPast
            let count = configuration.ranker.searchQueries
            let clicks = Questions.clicks(history, split, count: count)
            // However many clicks there are: what nobody searched for yet must be found too.
            return Questions.search(
                data, configuration.text, count: max(count / 4, count - clicks.count), now: now, position: split.end,
                seed: training.seed, stream: stream) + clicks
        default:
            // A scenario of the caller's own asks as its user would: what did they like next?
            return home.map {
                var question = $0
                question.scenario = scenario.name
                return question
            }
        }
    }

    /// Opens files as a recommender with the state of their window.
    func open(_ files: Draft, _ data: Dataset) throws -> Recommender {
        let folder = training.cache.folder.appendingPathComponent(".open-\(ProcessInfo.processInfo.processIdentifier)")
        try? FileManager.default.removeItem(at: folder)
        try files.assemble(in: folder)
        // Mapped files outlive their names.
        defer { try? FileManager.default.removeItem(at: folder) }
        let snapshot = try Snapshot(
            opening: folder, bundle: "draft", scenarios: configuration.scenarios,
            indexRecall: configuration.index.recall, timeZone: TimeZone(identifier: configuration.timeZone) ?? .gmt,
            withoutFeatures: configuration.ranker.withoutFeatures)
        return Recommender(
            snapshot: snapshot, state: FeatureStore(rules: configuration.events, checkpoint: snapshot.checkpoint))
    }

    private static let reportFile = "report.json"
    static let profileFile = "profile.json"
}
