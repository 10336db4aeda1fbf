import Foundation
import MagpieArtifacts
import MagpieDomain

/// A weighted sum of standardised features: score = sum_f w_f (x_f - mean_f) / scale_f, and where x_f is NaN the
/// weight of "not known" m_f instead. Every score can be explained by its terms.
///
/// x_f is first drawn into the range low_f ... high_f that training saw: a straight line says nothing about what is
/// beyond it. (An item's age grows without end while a bundle serves; the weight of age must not.)
///
/// ## Layout 1 of `ranker.<scenario>.safetensors` (kind "ranker")
///
/// | tensor | type | what |
/// |---|---|---|
/// | `features.bytes`, `features.offsets` | strings [f] | the columns, in order |
/// | `mean`, `scale`, `weight`, `missing` | F32 [f] | as in the formula; scale > 0 |
/// | `low`, `high` | F32 [f] | the range that training saw; low <= high |
/// | `calibration.score`, `calibration.probability` | F32 [k] | perhaps: ``IsotonicCalibration`` |
public struct LinearRanker: Ranker {
    public static let kind = "ranker"
    static let layout = 1

    public let featureNames: [String]
    let mean: [Float]
    let scale: [Float]
    let weight: [Float]
    let missing: [Float]
    let low: [Float]
    let high: [Float]
    /// From scores to probabilities.
    public var calibration: IsotonicCalibration?

    init(
        featureNames: [String], mean: [Float], scale: [Float], weight: [Float], missing: [Float], low: [Float],
        high: [Float]
    ) {
        self.featureNames = featureNames
        self.mean = mean
        self.scale = scale
        self.weight = weight
        self.missing = missing
        self.low = low
        self.high = high
    }

    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: 1...Self.layout)
        let names = try file.strings("features")
        let mean = try file.tensor("mean", as: Float.self, shape: [names.count])
        let scale = try file.tensor("scale", as: Float.self, shape: [names.count])
        let weight = try file.tensor("weight", as: Float.self, shape: [names.count])
        let missing = try file.tensor("missing", as: Float.self, shape: [names.count])
        let low = try file.tensor("low", as: Float.self, shape: [names.count])
        let high = try file.tensor("high", as: Float.self, shape: [names.count])
        func array(_ tensor: Tensor<Float>) -> [Float] { (0..<tensor.count).map { tensor[$0] } }
        self.init(
            featureNames: (0..<names.count).map { names[$0] }, mean: array(mean), scale: array(scale),
            weight: array(weight), missing: array(missing), low: array(low), high: array(high))
        guard self.scale.allSatisfy({ $0 > 0 }) else {
            throw RankingError.corrupt(path: url.path, detail: "a scale is not positive")
        }
        guard zip(self.low, self.high).allSatisfy({ $0 <= $1 }) else {
            throw RankingError.corrupt(path: url.path, detail: "a range is empty")
        }
        let numbers = [self.mean, self.scale, self.weight, self.missing, self.low, self.high]
        guard numbers.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw RankingError.corrupt(path: url.path, detail: "a weight is not a finite number")
        }
        calibration = try IsotonicCalibration(of: file)
    }

    public func write(to url: URL) throws {
        var file = TensorFileWriter(kind: Self.kind, layout: Self.layout)
        file.add("features", strings: featureNames)
        file.add("mean", mean)
        file.add("scale", scale)
        file.add("weight", weight)
        file.add("missing", missing)
        file.add("low", low)
        file.add("high", high)
        calibration?.add(to: &file)
        try file.write(to: url)
    }

    public func probabilities(of scores: [Float]) -> [Float]? {
        calibration.map { calibration in scores.map { calibration.probability(of: $0) } }
    }

    public func scores(of features: FeatureMatrix) -> [Float] {
        (0..<features.rowCount).map { contributions(of: features, row: $0).reduce(0, +) }
    }

    public func contributions(of features: FeatureMatrix, row: Int) -> [Float] {
        precondition(features.names.count == featureNames.count, "the snapshot checks the columns at open")
        var terms = [Float](repeating: 0, count: featureNames.count)
        for (f, value) in features.row(row).enumerated() {
            let known = min(max(value, low[f]), high[f])
            terms[f] = value.isNaN ? missing[f] : weight[f] * (known - mean[f]) / scale[f]
        }
        return terms
    }

    /// Features by the size of their weight: what the model relies on.
    public var weights: [(feature: String, weight: Float)] {
        zip(featureNames, weight).map { ($0, $1) }.sorted { abs($0.weight) > abs($1.weight) }
    }
}
