import Foundation
import MagpieDomain

/// Reads a model of XGBoost's, saved as JSON (`booster.save_model("model.json")`, versions 1.0 to 3.x), as a ``Forest``.
///
///     {"learner": {
///        "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "136", ...},
///        "objective": {"name": "rank:ndcg", ...}, "feature_names": [...],
///        "gradient_booster": {"name": "gbtree", "model": {"tree_info": [0, ...], "trees": [
///           {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [7, 0, 0],
///            "split_conditions": [0.5, -0.1, 0.2], "default_left": [1, 0, 0], "sum_hessian": [...],
///            "split_type": [0, 0, 0], "tree_param": {"size_leaf_vector": "1", ...}}, ...]}}}, "version": [...]}
///
/// A child of -1 makes a leaf, whose value stands among the split conditions; else left where x < condition, in 32 bits.
/// `base_score` is a probability for binary:logistic ("[5E-1]" since 3.1), a score for the others.
/// Source: XGBoost's "Introduction to Model IO" and its JSON schema (doc/model.schema).
public enum XGBoostModel {
    static let ranking = ["rank:ndcg", "rank:pairwise", "rank:map"]
    static let objectives = ranking + ["reg:squarederror", "binary:logistic"]

    /// - Parameter featureNames: what the columns are called; nil = as the file says, or f0, f1, ...
    /// Throws ``RankingError/model(file:detail:)``.
    public static func forest(reading url: URL, featureNames: [String]? = nil) throws -> Forest {
        try forest(json: ModelFile.bytes(of: url), file: url.path, featureNames: featureNames)
    }

    public static func forest(json: [UInt8], file: String, featureNames: [String]? = nil) throws -> Forest {
        func fail(_ detail: String) -> RankingError { .model(file: file, detail: detail) }
        guard json.first == UInt8(ascii: "{"), json.count < 2 || !Array("LUiIl$#".utf8).contains(json[1]) else {
            throw fail("no JSON: save it from XGBoost by booster.save_model(\"model.json\")")
        }
        let document: JSONTree
        do {
            document = try json.withUnsafeBufferPointer { try JSONTree($0) }
        } catch {
            throw fail("\(error): save it again from XGBoost by booster.save_model(\"model.json\")")
        }
        guard let learner = document["learner"], let parameters = learner["learner_model_param"],
            let objective = learner["objective"]?["name"]?.string, let booster = learner["gradient_booster"]
        else { throw fail("no model of XGBoost's: expected a JSON object with a \"learner\"") }
        guard objectives.contains(objective) else {
            throw fail(
                "the objective \(objective) is not supported: train with one of \(objectives.joined(separator: ", "))")
        }
        let name = booster["name"]?.string ?? ""
        guard name == "gbtree" else {
            throw fail("the booster \"\(name)\" is not supported: train with booster=gbtree")
        }
        guard (parameters["num_class"]?.whole ?? 0) <= 1, (parameters["num_target"]?.whole ?? 1) <= 1 else {
            throw fail("several outputs are not supported: train one model an output")
        }
        guard let count = parameters["num_feature"]?.whole, (0...1_000_000).contains(count),
            let trees = booster["model"]?["trees"]?.array
        else { throw fail("the number of features or the trees are missing: save the model again") }
        if let info = booster["model"]?["tree_info"]?.array, !info.allSatisfy({ $0.whole == 0 }) {
            throw fail("several outputs are not supported: train one model an output")
        }
        let names = try self.names(learner, count, given: featureNames, fail)
        var builder = ForestBuilder()
        for (number, tree) in trees.enumerated() {
            if let problem = builder.add(try self.tree(tree, number, fail)) { throw fail(problem + ": save it again") }
        }
        if let problem = builder.nodes.problem(features: count) { throw fail(problem + ": save the model again") }
        let isLogistic = objective == "binary:logistic"
        return Forest(
            featureNames: names, base: try base(parameters["base_score"], isLogistic: isLogistic, fail),
            sigmoid: isLogistic ? 1 : 0, nodes: builder.nodes)
    }

    private static func names(
        _ learner: JSONTree, _ count: Int, given: [String]?, _ fail: (String) -> RankingError
    ) throws -> [String] {
        if let given {
            guard given.count >= count else {
                throw fail("the model has \(count) features, got names for \(given.count)")
            }
            return given
        }
        let own = (learner["feature_names"]?.array ?? []).compactMap(\.string)
        guard own.isEmpty || own.count == count else {
            throw fail("the model has \(count) features and \(own.count) names for them: save it again")
        }
        return own.isEmpty ? (0..<count).map { "f\($0)" } : own
    }

    private static func base(
        _ value: JSONTree?, isLogistic: Bool, _ fail: (String) -> RankingError
    ) throws -> Float {
        let text = (value?.string ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "[] "))
        guard let base = Float(text), base.isFinite else {
            throw fail("base_score is \"\(text)\", expected a number: save the model again")
        }
        guard isLogistic else { return base }
        guard base > 0, base < 1 else {
            throw fail("base_score is \(text), expected a probability: save the model again")
        }
        return -log(1 / base - 1)
    }

    private static func tree(
        _ tree: JSONTree, _ number: Int, _ fail: (String) -> RankingError
    ) throws -> ForestBuilder.Tree {
        func numbers(_ name: String) throws -> [Double] {
            guard let values = tree[name]?.array else {
                throw fail("tree \(number) lacks \(name): save the model again")
            }
            return try values.map {
                guard let value = $0.double else {
                    throw fail("\(name) of tree \(number) holds no numbers: save it again")
                }
                return value
            }
        }
        func wholes(_ name: String) throws -> [Int] {
            try numbers(name).map {
                guard let value = Int(exactly: $0) else {
                    throw fail("\(name) of tree \(number) holds \($0), expected whole numbers: save the model again")
                }
                return value
            }
        }
        guard (tree["tree_param"]?["size_leaf_vector"]?.whole ?? 1) <= 1 else {
            throw fail("leaves with several outputs are not supported: train with multi_strategy=one_output_per_tree")
        }
        if let types = tree["split_type"]?.array, types.contains(where: { $0.double != 0 }) {
            throw fail("tree \(number) splits by category, which is not supported: give categories as numeric features")
        }
        let conditions = try numbers("split_conditions").map { Float($0) }
        return .init(
            left: try wholes("left_children"), right: try wholes("right_children"),
            feature: try wholes("split_indices"),
            threshold: conditions, missingLeft: try numbers("default_left").map { $0 != 0 }, value: conditions,
            cover: try numbers("sum_hessian"))
    }
}

/// What the readers of models share.
enum ModelFile {
    static func bytes(of url: URL) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: url))
        } catch {
            throw RankingError.model(
                file: url.path, detail: "cannot be read: check that it is a file, and its permissions")
        }
    }
}

extension JSONTree {
    fileprivate var string: String? { if case .string(let value) = self { value } else { nil } }
    fileprivate var array: [JSONTree]? { if case .array(let value) = self { value } else { nil } }
    /// XGBoost has written flags as true and false, and as 1 and 0.
    fileprivate var double: Double? {
        switch self {
        case .number(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }
    /// Its parameters are numbers in strings.
    fileprivate var whole: Int? { string.flatMap { Int($0) } ?? double.flatMap { Int(exactly: $0) } }
}
