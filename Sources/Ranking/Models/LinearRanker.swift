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
        try self.init(of: file, featureNames: file.strings("features").strings)
    }

    /// - Parameter prefix: what the tensors' names begin with where it is a part of another model.
    init(of file: TensorFile, featureNames: [String], prefix: String = "") throws {
        func array(_ name: String) throws -> [Float] {
            Array(try file.tensor(prefix + name, as: Float.self, shape: [featureNames.count]))
        }
        self.init(
            featureNames: featureNames, mean: try array("mean"), scale: try array("scale"),
            weight: try array("weight"), missing: try array("missing"), low: try array("low"), high: try array("high"))
        let path = file.url.path
        guard scale.allSatisfy({ $0 > 0 }) else {
            throw RankingError.corrupt(path: path, detail: "a scale is not positive")
        }
        guard zip(low, high).allSatisfy({ $0 <= $1 }) else {
            throw RankingError.corrupt(path: path, detail: "a range is empty")
        }
        guard [mean, scale, weight, missing, low, high].allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw RankingError.corrupt(path: path, detail: "a weight is not a finite number")
        }
        calibration = try IsotonicCalibration(of: file, prefix: prefix)
    }

    public func write(to url: URL) throws {
        var file = TensorFileWriter(kind: Self.kind, layout: Self.layout)
        file.add("features", strings: featureNames)
        add(to: &file)
        try file.write(to: url)
    }

    func add(to file: inout TensorFileWriter, prefix: String = "") {
        file.add(prefix + "mean", mean)
        file.add(prefix + "scale", scale)
        file.add(prefix + "weight", weight)
        file.add(prefix + "missing", missing)
        file.add(prefix + "low", low)
        file.add(prefix + "high", high)
        calibration?.add(to: &file, prefix: prefix)
    }

    /// The same without its last column.
    func droppingLast() -> LinearRanker {
        LinearRanker(
            featureNames: featureNames.dropLast(), mean: mean.dropLast(), scale: scale.dropLast(),
            weight: weight.dropLast(), missing: missing.dropLast(), low: low.dropLast(), high: high.dropLast())
    }

    /// The same order, every score and every term multiplied by `share`; not calibrated.
    public func scaled(by share: Float) -> LinearRanker {
        LinearRanker(
            featureNames: featureNames, mean: mean, scale: scale, weight: weight.map { share * $0 },
            missing: missing.map { share * $0 }, low: low, high: high)
    }

    public func probabilities(of scores: [Float]) -> [Float]? {
        calibration.map { calibration in scores.map { calibration.probability(of: $0) } }
    }

    public func scores(of features: FeatureMatrix) -> [Float] {
        precondition(features.names.count == featureNames.count, "the snapshot checks the columns at open")
        let columns = featureNames.count
        var scores = [Float](repeating: 0, count: features.rowCount)
        features.values.withUnsafeBytes { values in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { terms in
                for row in scores.indices {
                    write(values, from: row * columns, to: terms)
                    scores[row] = terms.reduce(0, +)
                }
            }
        }
        return scores
    }

    /// The terms of one row: ``term(_:_:)``, eight columns at a time.
    private func write(_ values: UnsafeRawBufferPointer, from first: Int, to terms: UnsafeMutableBufferPointer<Float>) {
        var f = 0
        while f + 8 <= terms.count {
            let x = values.loadUnaligned(fromByteOffset: 4 * (first + f), as: SIMD8<Float>.self)
            let (low, high) = (Self.eight(low, f), Self.eight(high, f))
            var drawn = low.replacing(with: x, where: x .> low)
            drawn.replace(with: high, where: drawn .> high)
            var some = Self.eight(weight, f) * (drawn - Self.eight(mean, f)) / Self.eight(scale, f)
            some.replace(with: Self.eight(missing, f), where: x .!= x)
            UnsafeMutableRawBufferPointer(terms).storeBytes(of: some, toByteOffset: 4 * f, as: SIMD8<Float>.self)
            f += 8
        }
        while f < terms.count {
            terms[f] = term(f, values.loadUnaligned(fromByteOffset: 4 * (first + f), as: Float.self))
            f += 1
        }
    }

    private static func eight(_ column: [Float], _ f: Int) -> SIMD8<Float> {
        column.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4 * f, as: SIMD8<Float>.self) }
    }

    public func contributions(of features: FeatureMatrix, row: Int) -> [Float] {
        precondition(features.names.count == featureNames.count, "the snapshot checks the columns at open")
        return features.row(row).enumerated().map(term)
    }

    private func term(_ f: Int, _ value: Float) -> Float {
        value.isNaN ? missing[f] : weight[f] * (min(max(value, low[f]), high[f]) - mean[f]) / scale[f]
    }

    /// Features by the size of their weight: what the model relies on.
    public var weights: [(feature: String, weight: Float)] {
        zip(featureNames, weight).map { ($0, $1) }.sorted { abs($0.weight) > abs($1.weight) }
    }
}
