import Foundation
import MagpieArtifacts

/// ## Layout 2 of a forest (kind "forest")
///
/// | tensor | type | what |
/// |---|---|---|
/// | `features.bytes`, `features.offsets` | strings [f] | the columns, in order |
/// | `zero_is_missing` | U8 [f] | 1: the feature's zeros are not known, as its NaNs |
/// | `base` | F32 [1] | where every score begins |
/// | `sigmoid` | F32 [1] | 0, or: 1 / (1 + exp(-sigmoid * score)) is a probability |
/// | `trees` | I64 [t + 1] | tree i has the nodes trees[i] ..< trees[i + 1] |
/// | `feature` | U32 [n] | what a node tests; 4294967295 at a leaf |
/// | `threshold` | F32 [n] | left where x < threshold; the left child is the next node |
/// | `right` | U32 [n] | the right child, by its number in the file; 0 at a leaf |
/// | `missing_left` | U8 [n] | 1: NaN goes left |
/// | `value` | F32 [n] | of a leaf its value, of an inner node the mean of what is below it |
/// | `calibration.score`, `calibration.probability` | F32 [k] | perhaps: ``IsotonicCalibration`` |
/// | `start.mean`, `start.scale`, ... | F32 [f] | perhaps: ``Forest/start``, the tensors of ``LinearRanker`` |
///
/// Layout 1 had no start.
///
/// It stands where a linear ranker stands (`ranker.<scenario>.safetensors`): the kind tells them apart. Opening walks
/// over all nodes, so that no row can leave the file or go in circles.
extension Forest {
    public static let kind = "forest"
    static let layout = 2
    private static let startPrefix = "start."

    /// Throws `ArtifactError` or ``RankingError/corrupt(path:detail:)``.
    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: 1...Self.layout)
        let names = try file.strings("features")
        let zeros = try file.tensor("zero_is_missing", as: UInt8.self, shape: [names.count])
        let base = try file.tensor("base", as: Float.self, shape: [1])
        let sigmoid = try file.tensor("sigmoid", as: Float.self, shape: [1])
        let trees = try file.tensor("trees", as: Int64.self, shape: [nil])
        let feature = try file.tensor("feature", as: UInt32.self, shape: [nil])
        let count = feature.count
        let threshold = try file.tensor("threshold", as: Float.self, shape: [count])
        let right = try file.tensor("right", as: UInt32.self, shape: [count])
        let missingLeft = try file.tensor("missing_left", as: UInt8.self, shape: [count])
        let value = try file.tensor("value", as: Float.self, shape: [count])
        guard trees.count >= 1 else { throw file.wrongTensor("trees", got: "no element", expected: "at least one") }
        try file.checkOffsets(trees, name: "trees", end: count)
        let nodes = Nodes(
            trees: trees.map { Int($0) }, feature: Array(feature), threshold: Array(threshold), right: Array(right),
            missingLeft: Array(missingLeft), value: Array(value))
        if let problem = nodes.problem(features: names.count) {
            throw RankingError.corrupt(path: url.path, detail: problem)
        }
        guard base[0].isFinite, sigmoid[0].isFinite, sigmoid[0] >= 0 else {
            throw RankingError.corrupt(path: url.path, detail: "the base or the sigmoid is out of range")
        }
        self.init(
            featureNames: names.strings, base: base[0], sigmoid: sigmoid[0], zeroIsMissing: zeros.map { $0 != 0 },
            nodes: nodes)
        calibration = try IsotonicCalibration(of: file)
        if file.contains(Self.startPrefix + "weight") {
            start = try LinearRanker(of: file, featureNames: featureNames, prefix: Self.startPrefix)
        }
    }

    /// Same forest, same bytes.
    public func write(to url: URL) throws {
        try Self.write(
            featureNames: featureNames, base: base, sigmoid: sigmoid, zeroIsMissing: zeroIsMissing, nodes: nodes,
            calibration: calibration, start: start, to: url)
    }

    static func write(
        featureNames: [String], base: Float, sigmoid: Float, zeroIsMissing: [Bool], nodes: Nodes,
        calibration: IsotonicCalibration? = nil, start: LinearRanker? = nil, to url: URL
    ) throws {
        var file = TensorFileWriter(kind: Self.kind, layout: Self.layout)
        file.add("features", strings: featureNames)
        file.add("zero_is_missing", zeroIsMissing.map { UInt8($0 ? 1 : 0) })
        file.add("base", [base])
        file.add("sigmoid", [sigmoid])
        file.add("trees", nodes.trees.map { Int64($0) })
        file.add("feature", nodes.feature)
        file.add("threshold", nodes.threshold)
        file.add("right", nodes.right)
        file.add("missing_left", nodes.missingLeft)
        file.add("value", nodes.value)
        calibration?.add(to: &file)
        start?.add(to: &file, prefix: startPrefix)
        try file.write(to: url)
    }
}
