import Foundation
import MagpieBoosting
import MagpieDomain
import MagpieRanking

/// Fits the ranker that `ranker.kind` asks for. `auto` tries both where it can: it takes trees when they order the
/// requests held out better than the linear model fitted on the same others does.
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

        func write(to url: URL) throws {
            switch self {
            case .linear(let ranker): try ranker.write(to: url)
            case .trees(let forest): try forest.write(to: url)
            }
        }
    }

    /// Throws ``RankingError/tooFewExamples(scenario:positives:)`` or ``BoostingError``.
    func fit(
        _ examples: Examples, scenario: String, progress: (Double) -> Void
    ) throws -> (model: Model, report: RankerReport) {
        guard options.kind != .linear else { return try linear(examples, scenario, "as configured") }
        guard let library else {
            return try linear(examples, scenario, "XGBoost's library is not there: apt-get install libxgboost0")
        }
        if options.kind == .auto, examples.groupCount < options.automaticRequests {
            return try linear(
                examples, scenario, "fewer than \(options.automaticRequests) requests (ranker.automaticRequests)")
        }
        let (forest, report) = try LambdaMART.fit(
            examples, scenario: scenario, options: options.lambdamart, seed: seed, threads: threads, library: library,
            progress: progress)
        var reason = "as configured"
        if options.kind == .auto {
            guard let ndcg = report.ndcg, let other = try linearHeldOut(examples, scenario) else {
                return try linear(examples, scenario, "too few requests to compare on")
            }
            func number(_ value: Double) -> String { String(format: "%.4f", value) }
            let k = options.lambdamart.truncation
            let of =
                "ndcg@\(k) of \(report.heldOutRequests) requests held out: trees \(number(ndcg)), linear \(number(other))"
            guard ndcg > other else { return try linear(examples, scenario, of) }
            reason = of
        }
        return (.trees(forest), RankerReport(report, reason: reason))
    }

    private func linear(
        _ examples: Examples, _ scenario: String, _ reason: String
    ) throws -> (model: Model, report: RankerReport) {
        let (ranker, report) = try ConditionalLogit.fit(
            examples, scenario: scenario, options: options.model, threads: threads)
        return (.linear(ranker), RankerReport(report, reason: reason))
    }

    /// Mean NDCG of the requests held out, by a linear model of the others; nil when there are too few.
    private func linearHeldOut(_ examples: Examples, _ scenario: String) throws -> Double? {
        guard
            let parts = LambdaMART.HeldOut(
                examples.groupCount, share: options.lambdamart.heldOut, seed: seed)
        else { return nil }
        do {
            let (ranker, _) = try ConditionalLogit.fit(
                examples.requests(parts.learned), scenario: scenario, options: options.model, threads: threads)
            let heldOut = examples.requests(parts.heldOut)
            let values = RequestNDCG.values(
                ranker.scores(of: heldOut.features), heldOut, at: options.lambdamart.truncation)
            return values.reduce(0, +) / Double(max(1, values.count))
        } catch RankingError.tooFewExamples {
            return nil
        }
    }
}

/// What became of a scenario's ranker.
public struct RankerReport: Sendable, Codable {
    /// linear or lambdamart.
    public var kind: RankerKind
    /// Why this one.
    public var reason: String
    public var requests: Int
    public var examples: Int
    public var positives: Int
    public var missedPositives: Int
    public var linear: ConditionalLogit.Report?
    public var lambdamart: LambdaMART.Report?

    init(_ report: ConditionalLogit.Report, reason: String) {
        kind = .linear
        self.reason = reason
        requests = report.requests
        examples = report.examples
        positives = report.positives
        missedPositives = report.missedPositives
        linear = report
    }

    init(_ report: LambdaMART.Report, reason: String) {
        kind = .lambdamart
        self.reason = reason
        requests = report.requests
        examples = report.examples
        positives = report.positives
        missedPositives = report.missedPositives
        lambdamart = report
    }

    /// One line for people.
    var summary: String {
        let model = lambdamart.map { "\($0.trees) trees of \($0.leaves) leaves" } ?? "linear"
        return
            "\(requests) requests, \(positives) positives among \(examples) candidates, \(missedPositives) not proposed; "
            + "\(model): \(reason)"
    }
}
