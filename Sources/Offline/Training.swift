import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline
import MagpieRanking

/// `magpie train`: from the log to a published bundle.
///
///     snapshot -> graph -> walks -> embed -> index -> features -> examples -> rank -> evaluate -> publish
///
/// A ranker must learn from retrievers that have not seen the answers, and a measurement must ask what neither has
/// seen. So history is cut twice (docs/adr/0036 says how much is for the ranker), and `fit(T)` is
///
///  1. retrievers fitted on what is known before the last window before T (the *draft*),
///  2. that window's requests replayed against the draft: candidates, features as of the moment, labels,
///  3. the ranker fitted on those,
///  4. retrievers fitted again, on everything before T.
///
/// `fit(T1)` makes the *twin*: it is asked what happened after T1, which gives the metrics. `fit(end)` makes the
/// bundle that is published; nothing is left to ask it, so its manifest quotes its twin. By clock step 1 of the second fit
/// is step 4 of the first, and the cache sees that; by user the ranker may learn from less than is asked of the twin.
///
/// A configuration that differs from the published bundle's must first show that it is not worse: see ``Gate``.
public struct Training {
    public var configuration: Configuration
    public var seed: UInt64
    public var threads: Int
    public var codeVersion: String
    let cache: StageCache
    let bundles: BundleStore
    let report: (TrainingEvent) -> Void

    public init(
        configuration: Configuration, seed: UInt64, threads: Int, codeVersion: String, work: URL, bundles: BundleStore,
        report: @escaping (TrainingEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.seed = seed
        self.threads = threads
        self.codeVersion = codeVersion
        cache = StageCache(folder: work)
        self.bundles = bundles
        self.report = report
    }

    public struct Report: Sendable, Codable {
        public var bundle: String
        /// False when the bundle was built, and the one published before stays.
        public var isPublished: Bool
        /// How it compares with the configuration published before; nil when there was none, or the same.
        public var gate: Gate.Report?
        public var split: SplitKind
        public var splitReason: String
        public var stages: [StageReport]
        public var rankers: [String: RankerReport]
        /// By scenario: the rankers of who has hardly a history; see ``NewcomerOptions``.
        public var newcomers: [String: RankerReport]
        public var evaluation: EvaluationTable
    }

    /// What is asked in an evaluation, and what is told of it.
    public struct EvaluationOptions: Sendable {
        /// Fits of a replay, where nobody says otherwise.
        public static let refits = 12

        /// Ask by ``RefitReplay`` with so many fits, instead of once after the cut.
        public var refits: Int?
        /// Numbers by segment, too.
        public var segments = false
        /// Run files of all systems are written into this folder.
        public var runs: URL?

        public init() {}
    }

    /// Trains on the log as it stands now and publishes the bundle.
    /// - Parameter isForced: publishes also what is worse than what is published.
    public func run(log: some EventLog, catalogue: some Catalogue, isForced: Bool = false) throws -> Report {
        let runner = StageRunner(cache: cache, codeVersion: codeVersion, report: report)
        let plan = try Plan(self, log: log, catalogue: catalogue, runner: runner)
        let twin = try plan.twin()
        let answers = try plan.fit.answers(twin, asked: plan.outer)
        let table = plan.fit.table(answers, twin, protocolName: plan.protocolName)
        let present = try? bundles.current()
        let gate = try present.flatMap { try Gate(training: self, plan: plan, published: $0.manifest).report(answers) }
        let isHeld = !isForced && gate?.isWorse ?? false
        let published = try plan.published(twin)
        let id = try runner.measure("publish", window: "published") { _ in
            let (id, isNew) = try publish(published, table: table, plan: plan, isHeld: isHeld)
            if isHeld { return (id, "bundle \(id) is built, and not published") }
            return (id, isNew ? "bundle \(id)" : "nothing new: \(id) stays")
        }
        cache.prune(keeping: runner.usedKeys)
        return Report(
            bundle: id, isPublished: !isHeld, gate: gate, split: plan.outer.kind, splitReason: plan.outer.reason,
            stages: runner.reports,
            rankers: published.rankers, newcomers: published.newcomers, evaluation: table)
    }

    /// Makes the twin (or the fits of a replay), or reuses it, and measures it; nothing is published.
    public func evaluate(
        log: some EventLog, catalogue: some Catalogue, _ options: EvaluationOptions = .init()
    ) throws -> EvaluationTable {
        let plan = try Plan(
            self, log: log, catalogue: catalogue,
            runner: StageRunner(cache: cache, codeVersion: codeVersion, report: report))
        let bundle: Fit.Bundle
        let answers: [ScenarioAnswers]
        var name = plan.protocolName
        if let refits = options.refits {
            let replay = RefitReplay(
                plan.history, rows: Array(plan.history.rows.indices), options: configuration.split, refits: refits)
            let answered = try replay.answers(self, plan)
            (answers, bundle, name) = ([answered.answers], answered.bundle, replay.protocolName)
        } else {
            bundle = try plan.twin()
            answers = try plan.fit.answers(bundle, asked: plan.outer)
        }
        if let folder = options.runs { try plan.fit.write(answers, bundle, runs: folder) }
        return plan.fit.table(answers, bundle, protocolName: name, segmented: options.segments)
    }

    /// - Parameter isHeld: seals it, and leaves what is published as it is.
    private func publish(
        _ bundle: Fit.Bundle, table: EvaluationTable, plan: Plan, isHeld: Bool
    ) throws -> (id: String, isNew: Bool) {
        let draft = try bundles.draft()
        try bundle.files.assemble(in: draft)
        var values: [String: [String: Double]] = [:]
        for row in table.rows { values["\(row.scenario) \(row.system)"] = row.values }
        let times = plan.history.rows.lazy.map(\.time)
        let manifest = BundleManifest(
            configuration: try JSONValue(encoding: configuration), seed: seed,
            window: .init(from: times.min(), to: times.max()),
            counts: [
                "items": bundle.data.items.count, "users": bundle.data.interactions.users.count,
                "interactions": bundle.data.interactions.count,
            ],
            codeVersion: codeVersion,
            metrics: .init(twin: "by \(plan.outer.kind.rawValue): \(plan.outer.reason)", values: values),
            logSeq: plan.history.lastSeq, catalogueSeq: plan.known.catalogueSeq, createdAt: .now)
        let sealed = try bundles.seal(draft, manifest)
        if let current = try? bundles.current(), current.manifest.contentHash == sealed.manifest.contentHash {
            try bundles.remove(sealed.id)
            return (current.id, false)
        }
        if isHeld {
            // A second try makes the same bundle: one is enough.
            let same = try bundles.all().first { id in
                id != sealed.id && (try? bundles.open(id))?.manifest.contentHash == sealed.manifest.contentHash
            }
            if same != nil { try bundles.remove(sealed.id) }
            return (same ?? sealed.id, same == nil)
        }
        try bundles.publish(sealed.id)
        return (sealed.id, true)
    }
}

/// The two cuts of one history, and the two fits they make.
struct Plan {
    let history: History
    let known: Known
    /// Known before T1, asked after it.
    let outer: Split
    /// What is known before T1, cut for the twin's ranker to learn.
    let inner: Split
    let fit: Fit
    /// How the twin is asked.
    var protocolName: String { Fit.protocolName(outer, fit.training.configuration.split) }

    init(
        _ training: Training, log: some EventLog, catalogue: some Catalogue, runner: StageRunner
    ) throws {
        let rules = training.configuration.events
        let history = try runner.measure("snapshot", window: "log") { progress in
            let history = try History(log, rules: rules, progress: progress)
            let positives = history.rows.count { $0.isPositive }
            let summary =
                "\(history.rows.count) interactions, \(positives) positive, \(history.userIDs.count) users"
            return (history, summary)
        }
        guard history.rows.contains(where: \.isPositive) else {
            throw TrainingError.nothingToLearn(events: history.rows.count, positive: rules.positive.notation)
        }
        self.history = history
        known = try Known(history: history, catalogue: catalogue)
        outer = Split(history, rows: Array(history.rows.indices), options: training.configuration.split)
        inner = Split.ofExamples(history, rows: outer.known, training.configuration, kind: outer.kind)
        fit = Fit(training: training, runner: runner, history: history, known: known)
    }

    /// `fit(T1)`.
    func twin() throws -> Fit.Bundle {
        try fit.bundle(
            window: "twin", asked: inner, refit: fit.dataset(outer.known, asOf: outer.catalogueAsOf))
    }

    /// `fit(end)`.
    func published(_ twin: Fit.Bundle) throws -> Fit.Bundle {
        let rows = Array(history.rows.indices)
        let learned = Split.ofExamples(history, rows: rows, fit.training.configuration, kind: outer.kind)
        var bundle = try fit.bundle(
            window: "published", asked: learned, refit: fit.dataset(rows, asOf: .now), newcomersOf: twin)
        bundle.rankers = try fit.stability(bundle, asked: learned)
        return bundle
    }
}

public enum TrainingError: Error, Equatable, CustomStringConvertible {
    case nothingToLearn(events: Int, positive: String)
    case unknownScenario(got: String, expected: [String])
    case nothingToAsk(events: Int)

    public var description: String {
        switch self {
        case .unknownScenario(let got, let expected):
            "no scenario \"\(got)\" in the configuration: choose one of \(expected.joined(separator: ", "))"
        case .nothingToLearn(0, _):
            "this home has no events to learn from: import some first (magpie import PATH)"
        case .nothingToAsk(let events):
            "none of the \(events) events can be asked about: no user has a positive after split.minimumHistory others; "
                + "lower it in magpie.json, or import more events"
        case .nothingToLearn(let events, let positive):
            "none of the \(events) events is positive by the rule \"\(positive)\": "
                + "set events.positive in magpie.json to what your events mean"
        }
    }
}

/// What the catalogue says, read once.
struct Known {
    let catalogueSeq: Int64
    let schema: [String: AttributeType]
    let deleted: Set<ItemKey>
    /// Tables that were computed elsewhere.
    let outside: [OutsideTable]
    private let read: (Timestamp) throws -> [Entry<Item>]

    init(history: History, catalogue: some Catalogue) throws {
        catalogueSeq = try catalogue.lastItemSeq()
        schema = try catalogue.itemSchema()
        var deleted = Set<ItemKey>()
        try catalogue.itemRevisions(after: 0) { revision in
            switch revision.change {
            case .delete: deleted.insert(revision.id.key)
            case .patch: deleted.remove(revision.id.key)
            }
        }
        self.deleted = deleted
        outside = try (catalogue as? any OutsideTables)?.outsideTables() ?? []
        read = { try catalogue.items(asOf: $0) }
    }

    func items(asOf time: Timestamp) throws -> [Entry<Item>] { try read(time) }
}
