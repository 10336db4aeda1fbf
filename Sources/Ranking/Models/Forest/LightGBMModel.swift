import Foundation

/// Reads a model of LightGBM's, saved as text (`booster.save_model("model.txt")`, format v3 and v4), as a ``Forest``.
///
/// A header of `name=value` lines, then a block for each tree, then `end of trees`:
///
///     Tree=0
///     num_leaves=3
///     num_cat=0
///     split_feature=7 2          by inner node
///     threshold=0.5 1.25
///     decision_type=2 8
///     left_child=1 -1            a child of -k is leaf k - 1
///     right_child=-3 -2
///     leaf_value=0.1 -0.2 0.3    leaf_count=..., is_linear=0, shrinkage=0.1, ...
///
/// A node goes left where x <= threshold, in 64 bits; as rows have 32, that is x < t for the next 32-bit number t
/// (``strict(_:)``), without a difference for any row. `decision_type`: bit 0 a split by category (refused), bit 1 what
/// is missing goes left, bits 2 and 3 what is missing: 0 nothing (a NaN counts as 0), 1 zeros and NaN, 2 NaN.
/// A tree of one leaf has no line of inner nodes.
/// Source: LightGBM's src/io/tree.cpp (Tree::ToString, Tree::Tree) and include/LightGBM/tree.h (NumericalDecision).
public enum LightGBMModel {
    static let objectives = ["lambdarank", "rank_xendcg", "regression", "binary"]
    /// LightGBM takes what is closer to zero for zero.
    static let zero: Float = 1e-35

    /// - Parameter featureNames: what the columns are called; nil = as the file says.
    /// Throws ``RankingError/model(file:detail:)``.
    public static func forest(reading url: URL, featureNames: [String]? = nil) throws -> Forest {
        try forest(
            text: String(decoding: ModelFile.bytes(of: url), as: UTF8.self), file: url.path, featureNames: featureNames)
    }

    public static func forest(text: String, file: String, featureNames: [String]? = nil) throws -> Forest {
        func fail(_ detail: String) -> RankingError { .model(file: file, detail: detail) }
        let again = "save it again from LightGBM by booster.save_model(\"model.txt\")"
        let blocks = Blocks(text)
        let header = blocks.header
        guard blocks.isModel else { throw fail("no model of LightGBM's: \(again)") }
        guard blocks.isComplete else { throw fail("the end of the trees is missing: \(again)") }
        let words = (header["objective"] ?? "").split(separator: " ").map(String.init)
        guard let objective = words.first, objectives.contains(objective), !words.contains("sqrt") else {
            throw fail(
                "the objective \"\(words.joined(separator: " "))\" is not supported: train with one of "
                    + objectives.joined(separator: ", "))
        }
        guard header["num_class"] == "1", (header["num_tree_per_iteration"] ?? "1") == "1" else {
            throw fail("several outputs are not supported: train one model an output")
        }
        guard header["average_output"] == nil else {
            throw fail("a random forest is not supported: train with boosting=gbdt")
        }
        if let sizes = header["tree_sizes"], sizes.split(separator: " ").count != blocks.trees.count {
            throw fail("\(blocks.trees.count) trees of \(sizes.split(separator: " ").count) are there: \(again)")
        }
        let names = (header["feature_names"] ?? "").split(separator: " ").map(String.init)
        let count = header["max_feature_idx"].flatMap { Int($0) }.map { $0 &+ 1 } ?? -1
        guard (0...1_000_000).contains(count), names.count == count else {
            throw fail("\(names.count) feature names, expected max_feature_idx + 1 = \(count): \(again)")
        }
        if let featureNames, featureNames.count < count {
            throw fail("the model has \(count) features, got names for \(featureNames.count)")
        }
        let used = featureNames ?? names
        var sigmoid: Float = 0
        if objective == "binary" {
            let word = words.first { $0.hasPrefix("sigmoid:") }
            guard let scale = word.flatMap({ Float($0.dropFirst(8)) }), scale > 0, scale.isFinite else {
                throw fail("the objective binary lacks a sigmoid above 0: \(again)")
            }
            sigmoid = scale
        }
        var builder = ForestBuilder()
        var missing = [Missing?](repeating: nil, count: used.count)
        for (number, block) in blocks.trees.enumerated() {
            let tree = try TreeReader(
                block: block, number: number, fail: fail, broken: { fail($0 + ": " + again) }
            ).tree(&missing)
            if let problem = builder.add(tree) { throw fail("\(problem): \(again)") }
        }
        if let problem = builder.nodes.problem(features: count) { throw fail("\(problem): \(again)") }
        return Forest(
            featureNames: used, base: 0, sigmoid: sigmoid, zeroIsMissing: missing.map { $0 == .zero },
            nodes: builder.nodes)
    }

    /// The number t for which x < t says what x <= threshold says, for every 32-bit x: the one after the greatest
    /// that is at most `threshold`.
    static func strict(_ threshold: Double) -> Float {
        let nearest = Float(threshold)
        return (Double(nearest) > threshold ? nearest.nextDown : nearest).nextUp
    }

    enum Missing: Int {
        case nothing, zero, nan
    }
}

/// The file cut into `name=value` lines.
private struct Blocks {
    var header: [String: String] = [:]
    var trees: [[String: String]] = []
    var isModel = false
    var isComplete = false

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            if line == "end of trees" {
                isComplete = true
                return
            }
            if line == "tree", trees.isEmpty { isModel = true }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let (name, value) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            if name == "Tree" {
                trees.append([:])
            } else if trees.isEmpty {
                header[name] = value
            } else {
                trees[trees.count - 1][name] = value
            }
        }
    }
}

private struct TreeReader {
    let block: [String: String]
    let number: Int
    let fail: (String) -> RankingError
    /// As `fail`, and says to save the model again.
    let broken: (String) -> RankingError

    private func words(_ name: String, _ count: Int) throws -> [Substring] {
        let words = (block[name] ?? "").split(separator: " ")
        guard words.count == count else {
            throw broken("\(name) of tree \(number) has \(words.count) numbers, expected \(count)")
        }
        return words
    }

    private func wholes(_ name: String, _ count: Int) throws -> [Int] {
        try words(name, count).map {
            guard let value = Int($0) else { throw broken("\(name) of tree \(number) holds \"\($0)\"") }
            return value
        }
    }

    private func reals(_ name: String, _ count: Int) throws -> [Double] {
        try words(name, count).map {
            guard let value = Double($0) else { throw broken("\(name) of tree \(number) holds \"\($0)\"") }
            return value
        }
    }

    /// Inner nodes first, as the file numbers them; then the leaves. `missing` is what each feature's nodes agree on.
    func tree(_ missing: inout [LightGBMModel.Missing?]) throws -> ForestBuilder.Tree {
        guard let leaves = block["num_leaves"].flatMap({ Int($0) }), (1...1_000_000).contains(leaves) else {
            throw broken("tree \(number) has num_leaves \"\(block["num_leaves"] ?? "")\"")
        }
        guard (block["is_linear"] ?? "0") == "0" else {
            throw fail("linear trees are not supported: train with linear_tree=false")
        }
        let inner = leaves - 1
        let ends = [Int](repeating: -1, count: leaves)
        var tree = ForestBuilder.Tree(
            left: ends, right: ends, feature: [Int](repeating: 0, count: leaves),
            threshold: [Float](repeating: 0, count: leaves), missingLeft: [Bool](repeating: false, count: leaves),
            value: try reals("leaf_value", leaves).map { Float($0) },
            cover: block["leaf_count"] == nil || inner == 0
                ? [Double](repeating: 1, count: leaves) : try reals("leaf_count", leaves))
        guard inner > 0 else { return tree }
        func node(_ child: Int) throws -> Int {
            guard child >= -leaves, child < inner else { throw broken("tree \(number) has no node \(child)") }
            return child >= 0 ? child : inner + ~child
        }
        let features = try wholes("split_feature", inner)
        let thresholds = try reals("threshold", inner)
        let decisions = try wholes("decision_type", inner)
        var missingLeft: [Bool] = []
        for place in 0..<inner {
            guard decisions[place] & 1 == 0 else {
                throw fail(
                    "tree \(number) splits by category, which is not supported: give categories as numeric features")
            }
            guard missing.indices.contains(features[place]),
                let kind = LightGBMModel.Missing(rawValue: (decisions[place] >> 2) & 3)
            else { throw broken("tree \(number) tests feature \(features[place]), decision_type \(decisions[place])") }
            guard missing[features[place]] ?? kind == kind else {
                throw broken("nodes differ in what is missing of feature \(features[place])")
            }
            missing[features[place]] = kind
            // Where nothing is missing a NaN counts as 0.
            missingLeft.append(kind == .nothing ? 0 <= thresholds[place] : decisions[place] & 2 != 0)
        }
        let none = [Double](repeating: 0, count: inner)
        var left = try wholes("left_child", inner).map(node)
        var right = try wholes("right_child", inner).map(node)
        var strict = thresholds.map(LightGBMModel.strict)
        for place in 0..<inner where thresholds[place] == .infinity {
            // Whatever is known goes left, infinity too: the same as right of a test that nothing passes.
            swap(&left[place], &right[place])
            strict[place] = -.infinity
            missingLeft[place].toggle()
        }
        tree.left = left + tree.left
        tree.right = right + tree.right
        tree.feature = features + tree.feature
        tree.threshold = strict + tree.threshold
        tree.missingLeft = missingLeft + tree.missingLeft
        tree.value = none.map { Float($0) } + tree.value
        tree.cover = try cover(tree, inner: inner, leafCover: tree.cover)
        return tree
    }

    /// An inner node's count is that of its leaves: the file has it, or 0 where it does not; children decide.
    private func cover(_ tree: ForestBuilder.Tree, inner: Int, leafCover: [Double]) throws -> [Double] {
        let known =
            block["internal_count"] == nil ? [Double](repeating: 1, count: inner) : try reals("internal_count", inner)
        return known + leafCover
    }
}
