import Foundation
import MagpieBoosting
import MagpieDomain
import MagpieRanking

/// Fits the ranker that `ranker.kind` asks for, and calibrates it.
///
/// Requests are held out from a first fit (``LambdaMART/HeldOut``). They say how many trees are enough; whether trees order
/// better than the linear model that they are grown on top of (`auto`: by more than one standard error of the paired
/// difference, the rule of Breiman and others 1984, "Classification and Regression Trees", 3.4.3, for the simpler model);
/// and what a score is worth: half of them, the later one, fits the calibration, the other tells how good it is. Then the
/// model is fitted again on all requests.
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
        let heldOut = HeldOutRequests(examples, share: options.lambdamart.heldOut, seed: seed)
        let learned = try weightedSum(of: heldOut?.learned, scenario)
        progress(0.2)
        let whole: (ranker: LinearRanker, report: ConditionalLogit.Report) = try ConditionalLogit.fit(
            examples, scenario: scenario, options: options.model, threads: threads)
        progress(0.4)
        let asked = heldOut?.requests.features
        let sum = asked.flatMap { learned?.scores(of: $0) }
        func linear(_ reason: String) throws -> (model: Model, report: RankerReport) {
            var ranker = whole.ranker
            var report = RankerReport(.linear, of: examples, reason: reason)
            let calibrated = sum.flatMap { heldOut?.calibration($0) }
            ranker.calibration = calibrated?.calibration
            (report.linear, report.calibration) = (whole.report, calibrated?.report)
            return (.linear(ranker), report)
        }
        guard options.kind != .linear else { return try linear("as configured") }
        guard let library else {
            return try linear("XGBoost's library is not there: apt-get install libxgboost0")
        }
        if options.kind == .auto, examples.groupCount < options.automaticRequests {
            return try linear("fewer than \(options.automaticRequests) requests (ranker.automaticRequests)")
        }
        // Without requests to hold out nothing tells how many trees are enough: all are grown.
        let starts =
            options.lambdamart.start > 0 ? LambdaMART.Starts(learned: learned ?? whole.ranker, all: whole.ranker) : nil
        let weighted = whole.report.placeSlope.map { examples.weighted(by: PlacePropensities(slope: $0)) } ?? examples
        let fitted = try LambdaMART.fit(
            weighted, scenario: scenario, options: options.lambdamart, starts: starts, seed: seed, threads: threads,
            library: library, progress: { progress(0.4 + 0.6 * $0) })
        var reason = "as configured"
        if options.kind == .auto {
            guard let heldOut, let sum, let ndcg = fitted.report.ndcg else {
                return try linear("too few requests to compare on")
            }
            let k = LambdaMART.judgedAt
            let (difference, noise) = heldOut.difference(fitted.heldOutScores, sum, at: k)
            func number(_ value: Double) -> String { String(format: "%.4f", value) }
            reason =
                "ndcg@\(k) of \(heldOut.requests.groupCount) requests held out: trees \(number(ndcg)), "
                + "linear \(number(ndcg - difference)), the difference's standard error \(number(noise))"
            guard difference > noise else { return try linear(reason) }
        }
        var forest = fitted.forest
        let calibrated = heldOut?.calibration(fitted.heldOutScores)
        forest.calibration = calibrated?.calibration
        var report = RankerReport(.lambdamart, of: examples, reason: reason)
        (report.lambdamart, report.calibration) = (fitted.report, calibrated?.report)
        if starts != nil { report.linear = whole.report }
        return (.trees(forest), report)
    }

    /// The linear model of the requests that are not held out; nil when there are too few.
    private func weightedSum(of learned: Examples?, _ scenario: String) throws -> LinearRanker? {
        guard let learned else { return nil }
        return try enough {
            try ConditionalLogit.fit(learned, scenario: scenario, options: options.model, threads: threads).0
        }
    }
}

/// The requests that a first fit learns from, and those that judge it.
private struct HeldOutRequests {
    let learned: Examples
    let requests: Examples

    init?(_ examples: Examples, share: Double, seed: UInt64) {
        guard let parts = LambdaMART.HeldOut(examples, share: share, seed: seed) else { return nil }
        learned = examples.requests(parts.learned)
        requests = examples.requests(parts.heldOut)
    }

    /// How much better a request is ordered by `a` than by `b`: the mean over requests, and its standard error.
    func difference(_ a: [Float], _ b: [Float], at k: Int) -> (mean: Double, standardError: Double) {
        let values = zip(RequestNDCG.values(a, requests, at: k), RequestNDCG.values(b, requests, at: k)).map { $0 - $1 }
        let count = Double(max(2, values.count))
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / (count - 1) / count).squareRoot())
    }

    /// Fitted on the later half, judged on the other.
    func calibration(_ scores: [Float]) -> (calibration: IsotonicCalibration, report: CalibrationReport)? {
        guard scores.count == requests.rowCount else { return nil }
        let middle = requests.groups[requests.groupCount / 2]
        guard
            let calibration = IsotonicCalibration(
                scores: Array(scores[middle...]), labels: Array(requests.labels[middle...]),
                stands: Array(requests.stands[middle...]))
        else { return nil }
        let report = CalibrationReport(
            probabilities: scores[..<middle].map { calibration.probability(of: $0) },
            labels: Array(requests.labels[..<middle]), stands: Array(requests.stands[..<middle]))
        return (calibration, report)
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
