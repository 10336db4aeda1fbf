import Foundation
import MagpieArtifacts
import MagpieDomain

/// A model for each objective ("click", "purchase"), and their probabilities added up by what each is worth:
///
///     score = sum over objectives k of weight_k * probability_k
///
/// Probabilities can be added where scores of different models cannot: so each model must be calibrated.
///
/// What explains a score is each model's own explanation, scaled so that its terms add up to what the model's probability
/// adds to the score: exact in sum, and in proportion within a model.
///
/// ## Layout 1 of `ranker.<scenario>.safetensors` (kind "objectives")
///
/// | tensor | type | what |
/// |---|---|---|
/// | `features.bytes`, `features.offsets` | strings [f] | the columns, in order |
/// | `objectives.bytes`, `objectives.offsets` | strings [k] | their names, at least one |
/// | `weight` | F32 [k] | > 0 |
/// | `is_forest` | U8 [k] | 1: the part is a ``Forest``, 0: a ``LinearRanker`` |
/// | `0.` ... | | the tensors of part 0 under this prefix, and so on; each with its calibration |
public struct ObjectiveRanker: Ranker {
    public static let kind = "objectives"
    static let layout = 1

    public struct Part: Sendable {
        public var name: String
        public var weight: Float
        public var model: Model

        public init(name: String, weight: Float, model: Model) {
            self.name = name
            self.weight = weight
            self.model = model
        }
    }

    public enum Model: Sendable {
        case linear(LinearRanker)
        case forest(Forest)

        public var ranker: any Ranker {
            switch self {
            case .linear(let ranker): ranker
            case .forest(let forest): forest
            }
        }
    }

    public let parts: [Part]
    public let featureNames: [String]

    /// nil without a part, or where one is not calibrated or has other columns.
    public init?(_ parts: [Part]) {
        guard let names = parts.first?.model.ranker.featureNames,
            parts.allSatisfy({ $0.model.ranker.featureNames == names && $0.model.ranker.probabilities(of: []) != nil })
        else { return nil }
        self.parts = parts
        featureNames = names
    }

    public func scores(of features: FeatureMatrix) -> [Float] {
        var sums = [Float](repeating: 0, count: features.rowCount)
        for part in parts {
            let ranker = part.model.ranker
            let probabilities = ranker.probabilities(of: ranker.scores(of: features)) ?? []
            for row in probabilities.indices { sums[row] += part.weight * probabilities[row] }
        }
        return sums
    }

    public func contributions(of features: FeatureMatrix, row: Int) -> [Float] {
        let one = features.picking([row])
        var sums = [Float](repeating: 0, count: featureNames.count)
        for part in parts {
            let ranker = part.model.ranker
            let terms = ranker.contributions(of: features, row: row)
            guard let score = ranker.scores(of: one).first,
                let probabilities = ranker.probabilities(of: [score, ranker.bias])
            else { continue }
            let whole = terms.reduce(0, +)
            guard whole != 0 else { continue }
            let scale = part.weight * (probabilities[0] - probabilities[1]) / whole
            for f in terms.indices { sums[f] += scale * terms[f] }
        }
        return sums
    }

    public var bias: Float {
        parts.reduce(0) { sum, part in
            let ranker = part.model.ranker
            return sum + part.weight * (ranker.probabilities(of: [ranker.bias])?.first ?? 0)
        }
    }

    /// Throws `ArtifactError` or ``RankingError/corrupt(path:detail:)``.
    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: 1...Self.layout)
        let features = try file.strings("features").strings
        let names = try file.strings("objectives").strings
        let weights = try file.tensor("weight", as: Float.self, shape: [names.count])
        let isForest = try file.tensor("is_forest", as: UInt8.self, shape: [names.count])
        guard weights.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw RankingError.corrupt(path: url.path, detail: "the weight of an objective is not positive")
        }
        let parts = try names.indices.map { k in
            let prefix = "\(k)."
            let model: Model =
                isForest[k] != 0
                ? .forest(try Forest(of: file, featureNames: features, prefix: prefix))
                : .linear(try LinearRanker(of: file, featureNames: features, prefix: prefix))
            return Part(name: names[k], weight: weights[k], model: model)
        }
        guard let ranker = ObjectiveRanker(parts) else {
            throw RankingError.corrupt(path: url.path, detail: "an objective has no calibration, or there is none")
        }
        self = ranker
    }

    /// Same models, same bytes.
    public func write(to url: URL) throws {
        var file = TensorFileWriter(kind: Self.kind, layout: Self.layout)
        file.add("features", strings: featureNames)
        file.add("objectives", strings: parts.map(\.name))
        file.add("weight", parts.map(\.weight))
        file.add("is_forest", parts.map { if case .forest = $0.model { UInt8(1) } else { UInt8(0) } })
        for (k, part) in parts.enumerated() {
            switch part.model {
            case .linear(let ranker): ranker.add(to: &file, prefix: "\(k).")
            case .forest(let forest): forest.add(to: &file, prefix: "\(k).")
            }
        }
        try file.write(to: url)
    }
}
