import Foundation
import MagpieBoosting
import MagpieDomain
import MagpieRanking

/// Fits the ranker that `ranker.kind` asks for, and calibrates it.
///
/// Requests are held out from a first fit (``LambdaMART/HeldOut``). They say how many trees are enough; whether trees order
/// better than the linear model that they are grown on top of (`auto`: by more than one standard error of the paired
/// difference, the rule of Breiman and others 1984, "Classification and Regression Trees", 3.4.3, for the simpler model);
/// and what a score is worth: half of them, the later one, fits the calibration, the other tells how good it is. While the
/// difference is smaller than its error, other requests are held out, until each was once; and where few people are among them,
/// until what a score is worth can be told. Then the model is fitted again on all requests.
struct RankerFit {
    let options: RankerOptions
    let seed: UInt64
    let threads: Int
    /// nil = not there; only training wants it.
    let library: XGBoostLibrary?

    /// Throws ``BoostingError/libraryMissing(got:)`` where trees are asked for by name and the library is missing.
    init(options: RankerOptions, seed: UInt64, threads: Int) throws {
        self.options = options
        self.seed = seed
        self.threads = threads
        switch options.kind {
        case .linear: library = nil
        case .auto: library = try? XGBoostLibrary.open()
        case .lambdamart: library = try XGBoostLibrary.open()
        }
    }

    /// What a stage's key must know beside the configuration: which library grew the trees.
    var libraryVersion: String { library.map { "XGBoost \($0.version)" } ?? "" }

    enum Model {
        case linear(LinearRanker)
        case trees(Forest)
        case objectives(ObjectiveRanker)

        func write(to url: URL) throws {
            switch self {
            case .linear(let ranker): try ranker.write(to: url)
            case .trees(let forest): try forest.write(to: url)
            case .objectives(let ranker): try ranker.write(to: url)
            }
        }

        /// As a part of a sum of objectives.
        fileprivate var part: ObjectiveRanker.Model? {
            switch self {
            case .linear(let ranker): .linear(ranker)
            case .trees(let forest): .forest(forest)
            case .objectives: nil
            }
        }
    }

    /// Throws ``RankingError/tooFewExamples(scenario:positives:)`` or ``BoostingError``.
    func fit(
        _ examples: Examples, scenario: String, progress: (Double) -> Void
    ) throws -> (model: Model, report: RankerReport) {
        guard !options.objectives.isEmpty else { return try one(examples, scenario: scenario, progress: progress) }
        let wanted = options.objectives.sorted { $0.key < $1.key }
        var parts: [ObjectiveRanker.Part] = []
        var reports: [String: RankerReport] = [:]
        var without: [String] = []
        for (place, (name, weight)) in wanted.enumerated() {
            func told(_ share: Double) { progress((Double(place) + share) / Double(wanted.count)) }
            guard let own = examples.towards(name),
                let (model, report) = try enough({ try one(own, scenario: scenario, progress: told) }),
                let part = model.part, part.ranker.probabilities(of: []) != nil
            else {
                without.append(name)
                continue
            }
            parts.append(.init(name: name, weight: Float(weight), model: part))
            reports[name] = report
        }
        guard let ranker = ObjectiveRanker(parts) else {
            var (model, report) = try one(examples, scenario: scenario, progress: progress)
            report.reason += "; too few requests to tell \(without.joined(separator: ", ")) apart"
            return (model, report)
        }
        let isTrees = reports.values.contains { $0.kind == .lambdamart }
        let kinds = reports.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.kind.rawValue)" }
        var report = RankerReport(
            isTrees ? .lambdamart : .linear, of: examples, reason: kinds.joined(separator: ", "))
        report.objectives = reports
        if !without.isEmpty { report.reason += "; too few for \(without.joined(separator: ", "))" }
        return (.objectives(ranker), report)
    }

    /// nil where there are too few examples.
    private func enough<Result>(_ fit: () throws -> Result) throws -> Result? {
        do { return try fit() } catch RankingError.tooFewExamples { return nil }
    }

    private func one(
        _ examples: Examples, scenario: String, progress: (Double) -> Void
    ) throws -> (model: Model, report: RankerReport) {
        let folds = LambdaMART.HeldOut.folds(examples, share: options.lambdamart.heldOut, seed: seed)
        let whole: (ranker: LinearRanker, report: ConditionalLogit.Report) = try ConditionalLogit.fit(
            examples, scenario: scenario, options: options.model, threads: threads)
        progress(0.2)
        let weighted = whole.report.placeSlope.map { examples.weighted(by: PlacePropensities(slope: $0)) } ?? examples
        let whyLinear = whyLinear(examples, folds: folds.count)
        var trials: [RankerTrial] = []
        for fold in folds where trials.isEmpty || whyLinear == nil && isUndecided(trials) {
            let begin = 0.2 + 0.6 * Double(trials.count) / Double(folds.count)
            guard
                let trial = try trial(
                    examples, weighted, fold, scenario, isGrowing: whyLinear == nil,
                    progress: { progress(begin + 0.6 * $0 / Double(folds.count)) })
            else { break }
            trials.append(trial)
        }
        func calibration(trees: Int?) throws -> ScoredRows.Calibrated? {
            try self.calibration(trees: trees, examples, weighted, folds, trials, scenario)
        }
        func linear(_ reason: String) throws -> (model: Model, report: RankerReport) {
            var ranker = whole.ranker
            var report = RankerReport(.linear, of: examples, reason: reason)
            let calibrated = try calibration(trees: nil)
            ranker.calibration = calibrated?.calibration
            (report.linear, report.calibration) = (whole.report, calibrated?.report)
            return (.linear(ranker), report)
        }
        guard whyLinear == nil, let library else { return try linear(whyLinear ?? "") }
        var reason = "as configured"
        if options.kind == .auto {
            guard let compared = RankerTrial.compared(trials) else {
                return try linear("too few requests to compare on")
            }
            reason = compared.summary
            guard compared.difference > compared.noise else { return try linear(reason) }
        }
        let start = options.lambdamart.start > 0 ? whole.ranker : nil
        var (forest, lambdamart) = try LambdaMART.fit(
            weighted, scenario: scenario, options: options.lambdamart, start: start, trials: trials.compactMap(\.trees),
            seed: seed, threads: threads, library: library, progress: { progress(0.8 + 0.2 * $0) })
        let calibrated = try calibration(trees: forest.treeCount)
        forest.calibration = calibrated?.calibration
        var report = RankerReport(.lambdamart, of: examples, reason: reason)
        (report.lambdamart, report.calibration) = (lambdamart, calibrated?.report)
        if start != nil { report.linear = whole.report }
        return (.trees(forest), report)
    }

    /// Why no trees are grown; nil where they are.
    private func whyLinear(_ examples: Examples, folds: Int) -> String? {
        if options.kind == .linear { return "as configured" }
        if library == nil { return "XGBoost's library is not there: apt-get install libxgboost0" }
        guard options.kind == .auto else { return nil }
        if examples.groupCount < options.automaticRequests {
            return "fewer than \(options.automaticRequests) requests (ranker.automaticRequests)"
        }
        return folds == 0 ? "too few requests to compare on" : nil
    }

    /// Fewer people than these say little of what a score is worth: one may like a hundred times as much as another.
    private static let enoughPeople = 100

    /// What the scores of the linear model, or of one with so many trees, are worth: by the first trial's requests where enough
    /// people are among them, else by those of trials with as many trees (more trees are surer of what they say), until enough
    /// people were asked about.
    private func calibration(
        trees: Int?, _ examples: Examples, _ weighted: Examples, _ folds: [LambdaMART.HeldOut],
        _ trials: [RankerTrial], _ scenario: String
    ) throws -> ScoredRows.Calibrated? {
        func scores(_ trial: RankerTrial) -> [Float]? { trees == nil ? trial.linear : trial.trees?.scores }
        guard let first = trials.first else { return nil }
        guard first.requests.people < Self.enoughPeople, examples.people >= Self.enoughPeople else {
            return ScoredRows.calibrated(first, scores(first))
        }
        var asked: [RankerTrial] = []
        for (place, fold) in folds.enumerated()
        where asked.reduce(0, { $0 + $1.requests.people }) < Self.enoughPeople {
            if place < trials.count, trees == nil || trials[place].trees?.trees == trees {
                asked.append(trials[place])
                continue
            }
            let more = try trial(
                examples, weighted, fold, scenario, isGrowing: trees != nil, trees: trees, progress: { _ in })
            guard let more else { break }
            asked.append(more)
        }
        let parts = asked.compactMap { ScoredRows($0, scores($0)) }
        return parts.count > 1 ? ScoredRows.calibrated(parts) : ScoredRows.calibrated(first, scores(first))
    }

    /// Whether trials have not told yet which model is better.
    private func isUndecided(_ trials: [RankerTrial]) -> Bool {
        guard options.kind == .auto, let compared = RankerTrial.compared(trials) else { return false }
        return abs(compared.difference) <= compared.noise
    }

    /// Both models, of the requests that are not held out. nil when there are too few.
    private func trial(
        _ examples: Examples, _ weighted: Examples, _ fold: LambdaMART.HeldOut, _ scenario: String, isGrowing: Bool,
        trees: Int? = nil, progress: (Double) -> Void
    ) throws -> RankerTrial? {
        let learned = examples.requests(fold.learned)
        let fitted = try enough {
            try ConditionalLogit.fit(learned, scenario: scenario, options: options.model, threads: threads).0
        }
        guard let fitted else { return nil }
        let requests = examples.requests(fold.heldOut)
        var trial = RankerTrial(requests: requests, linear: fitted.scores(of: requests.features))
        if isGrowing, let library {
            trial.trees = try LambdaMART.trial(
                weighted, fold, options: options.lambdamart, start: options.lambdamart.start > 0 ? fitted : nil,
                trees: trees, seed: seed, threads: threads, library: library, progress: progress)
        }
        return trial
    }
}

/// What became of a scenario's ranker.
public struct RankerReport: Sendable, Codable {
    /// linear or lambdamart.
    public var kind: RankerKind
    /// Why this one.
    public var reason: String
    /// How often places are looked at, where explored lists told (``Scenario/explore``).
    public var placePropensities: PlacePropensities?
    /// What it learned from.
    public var source = ExampleSource.split
    public var requests: Int
    public var examples: Int
    public var positives: Int
    public var missedPositives: Int
    /// Where each objective has a model of its own: their reports.
    public var objectives: [String: RankerReport]?
    /// Of the linear model, also where trees are grown on top of it.
    public var linear: ConditionalLogit.Report?
    public var lambdamart: LambdaMART.Report?
    /// Of its probabilities, on requests that neither the model nor the calibration had seen.
    public var calibration: CalibrationReport?
    /// Features that requests to the finished bundle find spread otherwise than the examples were, the most first; nil
    /// where that was not looked at. See ``FeatureProfile``.
    public var moved: [Moved]?

    public struct Moved: Sendable, Codable, Equatable {
        public var feature: String
        /// Population stability index.
        public var index: Double

        /// Above this it is another population.
        static let much = 0.25
    }

    init(_ kind: RankerKind, of examples: Examples, reason: String) {
        self.kind = kind
        self.reason = reason
        requests = examples.groupCount
        self.examples = examples.rowCount
        positives = examples.positives
        missedPositives = examples.missedPositives
    }

    private var looks: String {
        guard let values = placePropensities?.values else { return "" }
        return "; places are looked at " + values.map { String(format: "%.2f", $0) }.joined(separator: ", ")
    }

    /// One line for people.
    var summary: String {
        let model =
            objectives.map { "\($0.count) objectives" }
            ?? lambdamart.map { "\($0.trees) trees of \($0.leaves) leaves" } ?? "linear"
        return
            "\(requests) \(source == .impressions ? "lists on screen" : "requests"), \(positives) positives among \(examples) candidates, "
            + "\(missedPositives) not proposed; \(model): \(reason)" + looks
    }
}
