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
        /// Of who has hardly a history.
        var newcomers: [String: RankerReport]
    }

    /// Files by their names in a bundle, reports by scenario.
    private struct FittedRankers {
        var files: [String: URL] = [:]
        var reports: [String: RankerReport] = [:]
    }

    private var configuration: Configuration { training.configuration }

    func dataset(_ rows: [Int], asOf time: Timestamp) throws -> Dataset {
        Dataset(
            history, rows: rows, catalogue: try known.items(asOf: time), deleted: known.deleted, schema: known.schema)
    }

    /// - Parameters:
    ///   - split: the cut whose held-out part makes the ranker's examples. What is known by it, less newcomers, is what the
    ///     retrievers know meanwhile.
    ///   - time: as of which attributes are read meanwhile; nil: of the cut.
    ///   - draft: what they know instead; nobody is a newcomer to that.
    ///   - refit: what they know in the bundle.
    ///   - twin: whose rankers of newcomers it takes over, so that no draft of its own has to do without anybody.
    func bundle(
        window: String, asked split: Split, asOf time: Timestamp? = nil, draft given: Dataset? = nil, refit: Dataset,
        newcomersOf twin: Bundle? = nil
    ) throws -> Bundle {
        let retrievers = RetrieverFit(
            configuration: configuration, seed: training.seed, threads: training.threads, runner: runner)
        let outside = try outsideTables(window: window)
        let newcomers = given == nil && twin == nil ? newcomers(split) : nil
        let cut = newcomers?.rest ?? split
        let draft = try given ?? dataset(cut.known, asOf: time ?? cut.catalogueAsOf)
        var draftFiles = try retrievers.draft(draft, window: window + " draft")
        draftFiles.files.merge(outside) { $1 }
        let own = try rankers(window: window, draft: draft, files: draftFiles, split: cut)
        let ofNewcomers =
            try newcomers.map { try rankers(of: $0, window: window, draft: draft, files: draftFiles) }
            ?? twin.map { try takenOver(from: $0, beside: own.files) } ?? FittedRankers()
        var files = try retrievers.draft(refit, window: window)
        files.files.merge(own.files) { $1 }
        files.files.merge(ofNewcomers.files) { $1 }
        files.files.merge(outside) { $1 }
        return Bundle(files: files, data: refit, rankers: own.reports, newcomers: ofNewcomers.reports)
    }

    /// The rankers of newcomers of a twin. Where their features are not the bundle's (its catalogue has outgrown
    /// `semantic.maximumItems`, say) they stay behind.
    private func takenOver(from twin: Bundle, beside own: [String: URL]) throws -> FittedRankers {
        var taken = FittedRankers()
        for (scenario, report) in twin.newcomers {
            let name = BundleFiles.newcomers(scenario)
            guard let file = twin.files.files[name] else { continue }
            let names = try own[BundleFiles.ranker(scenario)].map { try Rankers.open($0).featureNames }
            if let names, try Rankers.open(file).featureNames != names { continue }
            (taken.files[name], taken.reports[scenario]) = (file, report)
        }
        return taken
    }

    /// nil where there are too few users, or lists on screen tell what newcomers like.
    private func newcomers(_ split: Split) -> Newcomers? {
        let scenarios = configuration.scenarios.filter(ReplayedExamples.has)
        guard configuration.ranker.newcomers.below > 0, configuration.ranker.examples != .replay,
            scenarios.contains(where: { viewed($0, split).isEmpty })
        else { return nil }
        return Newcomers(
            history, split, options: configuration.ranker.newcomers, horizonDays: configuration.split.horizonDays)
    }

    /// The rankers of who has hardly a history.
    private func rankers(
        of newcomers: Newcomers, window: String, draft: Dataset, files: Draft
    ) throws -> FittedRankers {
        var fitted = FittedRankers()
        let fit = try RankerFit(options: configuration.ranker, seed: training.seed, threads: training.threads)
        for scenario in configuration.scenarios
        where ReplayedExamples.has(scenario) && viewed(scenario, newcomers.rest).isEmpty {
            let name = BundleFiles.newcomers(scenario.name)
            let inputs =
                try rankerInputs(files, newcomers.rest, fit) + [newcomers.split.fingerprint(history)]
            let result = try runner.run(
                "rank newcomers \(scenario.name)", window: window, version: 7, inputs: inputs
            ) { folder, progress in
                let recommender = try open(files, draft)
                let questions = newcomers.questions(for: scenario)
                let examples = try replay(newcomers.split).examples(
                    questions, recommender, maximumExamples: configuration.ranker.maximumExamples,
                    threads: training.threads, progress: { progress($0 / 2) })
                do {
                    let (model, report): (RankerFit.Model, RankerReport) = try fit.fit(
                        examples, scenario: scenario.name, progress: { progress((1 + $0) / 2) })
                    try model.write(to: folder.appendingPathComponent(name))
                    try JSONEncoder().encode(report).write(to: folder.appendingPathComponent(Self.reportFile))
                    return "\(newcomers.count) users who are new: \(report.summary)"
                } catch RankingError.tooFewExamples {
                    return "no ranker of their own: too few examples"
                }
            }
            let file = result.folder.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            fitted.files[name] = file
            fitted.reports[scenario.name] = try Self.report(in: result.folder)
        }
        return fitted
    }

    private func replay(_ split: Split) -> Replay {
        Replay(
            history: history, split: split, rules: configuration.events,
            objectives: configuration.ranker.objectives.keys.sorted())
    }

    /// What a ranker's stage is made of.
    private func rankerInputs(_ files: Draft, _ split: Split, _ fit: RankerFit) throws -> [String] {
        try files.files.sorted { $0.key < $1.key }.map { $0.value.deletingLastPathComponent().lastPathComponent }
            + [
                Configuration.key(configuration.ranker), Configuration.key(configuration.split),
                Configuration.key(configuration.events), Configuration.key(configuration.scenarios),
                split.fingerprint(history), history.impressions.fingerprint, "\(training.seed)",
                "\(configuration.index.recall)", configuration.timeZone, fit.libraryVersion,
            ]
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
    ) throws -> FittedRankers {
        var fitted = FittedRankers()
        let replayed =
            try configuration.ranker.examples == .replay
            && configuration.scenarios.contains(where: ReplayedExamples.has)
            ? ReplayedExamples(self, rows: (split.known + split.asked).sorted(), window: window) : nil
        let fit = try RankerFit(options: configuration.ranker, seed: training.seed, threads: training.threads)
        let inputs = try rankerInputs(files, split, fit) + (replayed?.keys ?? [])
        for scenario in configuration.scenarios {
            let name = BundleFiles.ranker(scenario.name)
            let result = try runner.run("rank \(scenario.name)", window: window, version: 13, inputs: inputs) {
                folder, progress in
                let recommender = try open(files, draft)
                let viewed = viewed(scenario, split)
                let questions = viewed.isEmpty ? questions(for: scenario, draft, split, stream: 0) : viewed
                let replay = replay(split)
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
                fitted.files[name] = file
                fitted.reports[scenario.name] = try Self.report(in: result.folder)
            }
        }
        return fitted
    }

    /// Lists on screen that a ranker learns from; none where it learns from something else: see ``ExampleSource``.
    private func viewed(_ scenario: Scenario, _ split: Split) -> [Question] {
        let options = configuration.ranker
        guard options.examples == .auto || options.examples == .impressions else { return [] }
        let lists = Questions.viewed(history, split, scenario: scenario.name, options: configuration.split)
        return options.examples == .impressions || lists.count >= options.automaticRequests ? lists : []
    }

    func questions(for scenario: Scenario, _ data: Dataset, _ split: Split, stream: UInt64) -> [Question] {
        func home(again: Bool) -> [Question] {
            Questions.home(
                history, split, rules: configuration.events, options: configuration.split, again: again)
        }
        switch scenario.name {
        case Scenario.similar.name: return Questions.similar(home(again: false), history, split)
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
            return home(again: !scenario.excludeSeen).map {
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
            withoutRetrievers: configuration.withoutRetrievers,
            withoutFeatures: configuration.ranker.withoutFeatures,
            crossedFeatures: configuration.ranker.crossedFeatures,
            newcomersBelow: configuration.ranker.newcomers.below)
        return Recommender(
            snapshot: snapshot, state: FeatureStore(rules: configuration.events, checkpoint: snapshot.checkpoint))
    }

    private static func report(in folder: URL) throws -> RankerReport {
        try JSONDecoder().decode(
            RankerReport.self, from: Data(contentsOf: folder.appendingPathComponent(reportFile)))
    }

    private static let reportFile = "report.json"
    static let profileFile = "profile.json"
}
