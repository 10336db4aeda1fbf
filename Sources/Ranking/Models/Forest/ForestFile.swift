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
        try self.init(of: file, featureNames: file.strings("features").strings)
    }

    /// - Parameter prefix: what the tensors' names begin with where it is a part of another model.
    init(of file: TensorFile, featureNames: [String], prefix: String = "") throws {
        func tensor<T: TensorElement>(_ name: String, as type: T.Type, count: Int?) throws -> Tensor<T> {
            try file.tensor(prefix + name, as: type, shape: [count])
        }
        let zeros = try tensor("zero_is_missing", as: UInt8.self, count: featureNames.count)
        let base = try tensor("base", as: Float.self, count: 1)
        let sigmoid = try tensor("sigmoid", as: Float.self, count: 1)
        let trees = try tensor("trees", as: Int64.self, count: nil)
        let feature = try tensor("feature", as: UInt32.self, count: nil)
        let count = feature.count
        let threshold = try tensor("threshold", as: Float.self, count: count)
        let right = try tensor("right", as: UInt32.self, count: count)
        let missingLeft = try tensor("missing_left", as: UInt8.self, count: count)
        let value = try tensor("value", as: Float.self, count: count)
        guard trees.count >= 1 else {
            throw file.wrongTensor(prefix + "trees", got: "no element", expected: "at least one")
        }
        try file.checkOffsets(trees, name: prefix + "trees", end: count)
        let nodes = Nodes(
            trees: trees.map { Int($0) }, feature: Array(feature), threshold: Array(threshold), right: Array(right),
            missingLeft: Array(missingLeft), value: Array(value))
        if let problem = nodes.problem(features: featureNames.count) {
            throw RankingError.corrupt(path: file.url.path, detail: problem)
        }
        guard base[0].isFinite, sigmoid[0].isFinite, sigmoid[0] >= 0 else {
            throw RankingError.corrupt(path: file.url.path, detail: "the base or the sigmoid is out of range")
        }
        self.init(
            featureNames: featureNames, base: base[0], sigmoid: sigmoid[0], zeroIsMissing: zeros.map { $0 != 0 },
            nodes: nodes)
        calibration = try IsotonicCalibration(of: file, prefix: prefix)
        if file.contains(prefix + Self.startPrefix + "weight") {
            start = try LinearRanker(of: file, featureNames: featureNames, prefix: prefix + Self.startPrefix)
        }
    }

    /// Same forest, same bytes.
    public func write(to url: URL) throws {
        var file = TensorFileWriter(kind: Self.kind, layout: Self.layout)
        file.add("features", strings: featureNames)
        add(to: &file)
        try file.write(to: url)
    }

    func add(to file: inout TensorFileWriter, prefix: String = "") {
        Self.add(
            base: base, sigmoid: sigmoid, zeroIsMissing: zeroIsMissing, nodes: nodes, to: &file, prefix: prefix)
        calibration?.add(to: &file, prefix: prefix)
        start?.add(to: &file, prefix: prefix + Self.startPrefix)
    }

    static func add(
        base: Float, sigmoid: Float, zeroIsMissing: [Bool], nodes: Nodes, to file: inout TensorFileWriter,
        prefix: String = ""
    ) {
        file.add(prefix + "zero_is_missing", zeroIsMissing.map { UInt8($0 ? 1 : 0) })
        file.add(prefix + "base", [base])
        file.add(prefix + "sigmoid", [sigmoid])
        file.add(prefix + "trees", nodes.trees.map { Int64($0) })
        file.add(prefix + "feature", nodes.feature)
        file.add(prefix + "threshold", nodes.threshold)
        file.add(prefix + "right", nodes.right)
        file.add(prefix + "missing_left", nodes.missingLeft)
        file.add(prefix + "value", nodes.value)
    }
}
