import Foundation
import MagpieArtifacts
import MagpieDomain

/// A weighted sum of standardised features: score = sum_f w_f (x_f - mean_f) / scale_f, and where x_f is NaN the
/// weight of "not known" m_f instead. Every score can be explained by its terms.
///
/// ## Layout 1 of `ranker.<scenario>.safetensors` (kind "ranker")
///
/// | tensor | type | what |
/// |---|---|---|
/// | `features.bytes`, `features.offsets` | strings [f] | the columns, in order |
/// | `mean`, `scale`, `weight`, `missing` | F32 [f] | as in the formula; scale > 0 |
public struct LinearRanker: Ranker {
    public static let kind = "ranker"
    static let layout = 1

    public let featureNames: [String]
    let mean: [Float]
    let scale: [Float]
    let weight: [Float]
    let missing: [Float]

    init(featureNames: [String], mean: [Float], scale: [Float], weight: [Float], missing: [Float]) {
        self.featureNames = featureNames
        self.mean = mean
        self.scale = scale
        self.weight = weight
        self.missing = missing
    }

    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: 1...Self.layout)
        let names = try file.strings("features")
        let mean = try file.tensor("mean", as: Float.self, shape: [names.count])
        let scale = try file.tensor("scale", as: Float.self, shape: [names.count])
        let weight = try file.tensor("weight", as: Float.self, shape: [names.count])
        let missing = try file.tensor("missing", as: Float.self, shape: [names.count])
        func array(_ tensor: Tensor<Float>) -> [Float] { (0..<tensor.count).map { tensor[$0] } }
        self.init(
            featureNames: (0..<names.count).map { names[$0] }, mean: array(mean), scale: array(scale),
            weight: array(weight), missing: array(missing))
        guard self.scale.allSatisfy({ $0 > 0 }) else {
            throw RankingError.corrupt(path: url.path, detail: "a scale is not positive")
        }
    }

    public func write(to url: URL) throws {
        var file = TensorFileWriter(kind: Self.kind, layout: Self.layout)
        file.add("features", strings: featureNames)
        file.add("mean", mean)
        file.add("scale", scale)
        file.add("weight", weight)
        file.add("missing", missing)
        try file.write(to: url)
    }

    public func scores(of features: FeatureMatrix) -> [Float] {
        (0..<features.rowCount).map { contributions(of: features, row: $0).reduce(0, +) }
    }

    public func contributions(of features: FeatureMatrix, row: Int) -> [Float] {
        precondition(features.names.count == featureNames.count, "the snapshot checks the columns at open")
        var terms = [Float](repeating: 0, count: featureNames.count)
        for (f, value) in features.row(row).enumerated() {
            terms[f] = value.isNaN ? missing[f] : weight[f] * (value - mean[f]) / scale[f]
        }
        return terms
    }

    /// Features by the size of their weight: what the model relies on.
    public var weights: [(feature: String, weight: Float)] {
        zip(featureNames, weight).map { ($0, $1) }.sorted { abs($0.weight) > abs($1.weight) }
    }
}
