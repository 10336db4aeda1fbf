import Foundation
import MagpieDomain
import MagpieKernels

/// A sum of regression trees: what boosting trains (``score = base + the value of one leaf of each tree``).
///
/// A node tests one feature: left where x < threshold, right where not, and where x is NaN ("not known") to the side
/// that the node says. Leaves have values; inner nodes have the mean of the training examples that came by, which
/// is what explains a score.
///
/// **Nodes** stand tree after tree, each tree in preorder: the left child of node i is i + 1, the right one is
/// `right[i]`. So a tree can hold no cycle, and what a file says can be checked in one pass.
///
/// **Scores** are computed by ``ForestKernels`` over pieces of trees (``ForestPieces``), as Floats added tree after tree
/// from `base`: the order in which XGBoost adds, so that a model of its own gives its own bits.
///
/// **Contributions** are by path (Saabas 2014, "Interpreting random forests"): going from a node to its child changes
/// the mean, and the change is the node's feature's. They add up to the score less ``bias``, which is the mean of all
/// examples. They are quick and exact, and unlike Shapley values favour features near the leaves.
public struct Forest: Ranker {
    public let featureNames: [String]
    /// Where every score begins.
    public let base: Float
    /// The probability that a row is positive is 1 / (1 + exp(-sigmoid * score)); 0 = the score is no log-odds.
    public let sigmoid: Float
    /// Features whose zero means "not known" (LightGBM's `zero_as_missing`); aligned with the names.
    public let zeroIsMissing: [Bool]
    /// From scores to probabilities; where there is one, `sigmoid` is not asked.
    public var calibration: IsotonicCalibration?
    /// A weighted sum that the trees were grown on top of: its score is added to theirs.
    public var start: LinearRanker?
    let nodes: Nodes
    let pieces: ForestKernels.Pieces
    private let hasZeros: Bool

    /// Structure of arrays, see ``Forest``.
    struct Nodes: Sendable, Equatable {
        /// Tree t has the nodes trees[t] ..< trees[t + 1].
        var trees: [Int] = [0]
        /// By node: the feature that it tests; ``leaf`` at a leaf.
        var feature: [UInt32] = []
        var threshold: [Float] = []
        /// The right child; 0 at a leaf.
        var right: [UInt32] = []
        /// 1 where NaN goes left.
        var missingLeft: [UInt8] = []
        /// The value of a leaf, the mean of an inner node.
        var value: [Float] = []

        static let leaf = UInt32.max

        var count: Int { feature.count }
        var treeCount: Int { trees.count - 1 }
    }

    /// `nodes` must have passed ``Nodes/problem(features:)``.
    init(featureNames: [String], base: Float, sigmoid: Float = 0, zeroIsMissing: [Bool]? = nil, nodes: Nodes) {
        self.featureNames = featureNames
        self.base = base
        self.sigmoid = sigmoid
        self.zeroIsMissing = zeroIsMissing ?? [Bool](repeating: false, count: featureNames.count)
        self.nodes = nodes
        hasZeros = self.zeroIsMissing.contains(true)
        pieces = ForestPieces.pieces(of: nodes, base: base)
    }

    public var treeCount: Int { nodes.treeCount }
    public var leafCount: Int { nodes.feature.count { $0 == Nodes.leaf } }

    public func scores(of features: FeatureMatrix) -> [Float] {
        precondition(features.names.count == featureNames.count, "the snapshot checks the columns at open")
        let values = hasZeros ? withoutZeros(features.values) : features.values
        let grown = [Float](unsafeUninitializedCapacity: features.rowCount) { out, count in
            values.withUnsafeBufferPointer { rows in
                if let rows = rows.baseAddress, let out = out.baseAddress {
                    ForestKernels.scores(
                        pieces, rows: rows, stride: featureNames.count, count: features.rowCount, into: out)
                } else {
                    // No columns: every tree is one leaf.
                    out.initialize(repeating: constant)
                }
            }
            count = features.rowCount
        }
        return start.map { zip(grown, $0.scores(of: features)).map(+) } ?? grown
    }

    public func contributions(of features: FeatureMatrix, row: Int) -> [Float] {
        precondition(features.names.count == featureNames.count, "the snapshot checks the columns at open")
        var values = Array(features.row(row))
        if hasZeros { values = withoutZeros(values) }
        var terms = [Double](repeating: 0, count: featureNames.count)
        for tree in 0..<treeCount {
            var node = nodes.trees[tree]
            while nodes.feature[node] != Nodes.leaf {
                let next = nodes.child(of: node, values)
                terms[Int(nodes.feature[node])] += Double(nodes.value[next]) - Double(nodes.value[node])
                node = next
            }
        }
        let grown = terms.map { Float($0) }
        return start.map { zip(grown, $0.contributions(of: features, row: row)).map(+) } ?? grown
    }

    public func probabilities(of scores: [Float]) -> [Float]? {
        if let calibration { return scores.map { calibration.probability(of: $0) } }
        return sigmoid > 0 ? scores.map { 1 / (1 + exp(-sigmoid * $0)) } : nil
    }

    public var bias: Float {
        Float(nodes.trees.dropLast().reduce(Double(base)) { $0 + Double(nodes.value[$1]) })
    }

    /// Features by how often the trees ask for them: what the model relies on.
    public var splits: [(feature: String, count: Int)] {
        var counts = [Int](repeating: 0, count: featureNames.count)
        for feature in nodes.feature where feature != Nodes.leaf { counts[Int(feature)] += 1 }
        return zip(featureNames, counts).map { ($0, $1) }.filter { $0.1 > 0 }
            .enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.map(\.element)
    }

    private var constant: Float { nodes.trees.dropLast().reduce(base) { $0 + nodes.value[$1] } }

    /// Row-major values with the zeros of such features made NaN.
    private func withoutZeros(_ values: [Float]) -> [Float] {
        var values = values
        for column in zeroIsMissing.indices where zeroIsMissing[column] {
            for at in stride(from: column, to: values.count, by: featureNames.count)
            where abs(values[at]) <= LightGBMModel.zero { values[at] = .nan }
        }
        return values
    }
}

extension Forest.Nodes {
    /// Where a row goes from an inner node.
    func child(of node: Int, _ row: [Float]) -> Int {
        let x = row[Int(feature[node])]
        let goesLeft = x.isNaN ? missingLeft[node] != 0 : x < threshold[node]
        return goesLeft ? node + 1 : Int(right[node])
    }

    /// A path of so many tests is no tree that anybody trained.
    static let depthLimit = 1_000

    /// What makes these arrays no forest, or nil. Arrays are of one length.
    func problem(features: Int) -> String? {
        for tree in 0..<treeCount {
            let (first, end) = (trees[tree], trees[tree + 1])
            if first == end { return "tree \(tree) has no node" }
            // The right children that are still to come, the nearest last, and the tests on the way to them.
            var open: [(child: Int, depth: Int)] = []
            var depth = 0
            for node in first..<end {
                if !value[node].isFinite { return "the value of node \(node) is not finite" }
                if feature[node] == Self.leaf {
                    if right[node] != 0 { return "leaf \(node) has a child" }
                    let next = node + 1
                    if let (child, level) = open.popLast() {
                        if child != next { return "node \(node) ends a subtree, but node \(child) begins the next" }
                        depth = level
                    } else if next != end {
                        return "tree \(tree) ends at node \(node), not at \(end - 1)"
                    }
                } else {
                    if Int(feature[node]) >= features {
                        return "node \(node) tests feature \(feature[node]) of \(features)"
                    }
                    if threshold[node].isNaN { return "the threshold of node \(node) is not a number" }
                    let child = Int(right[node])
                    if child <= node + 1 || child >= end { return "node \(node) has the right child \(child)" }
                    depth += 1
                    open.append((child, depth))
                    if depth > Self.depthLimit { return "tree \(tree) is deeper than \(Self.depthLimit) tests" }
                }
            }
            if !open.isEmpty { return "tree \(tree) lacks nodes" }
        }
        return nil
    }
}
