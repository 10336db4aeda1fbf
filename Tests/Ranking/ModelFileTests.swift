import Foundation
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieRanking

/// Models made by XGBoost and LightGBM (Golden/make-models.py), with their own predictions: rows from training, rows at
/// every threshold and a 32-bit step to either side of it, zeros, nearly zeros, NaN.
@Suite struct ModelFileTests {
    private func golden(_ name: String) throws -> URL {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Golden").appendingPathComponent(name)
    }

    private struct Scores: Decodable {
        var rows: [[Float?]]
        var scores: [Float]
    }

    private func check(_ forest: Forest, _ name: String) throws {
        let told = try JSONDecoder().decode(
            Scores.self, from: Data(contentsOf: golden(name + ".scores.json")))
        #expect(told.rows.count > 20)
        var matrix = FeatureMatrix(names: forest.featureNames, rowCount: told.rows.count)
        matrix.values = told.rows.flatMap { $0.map { $0 ?? .nan } }
        let scores = forest.scores(of: matrix)
        for row in scores.indices {
            #expect(abs(scores[row] - told.scores[row]) < 1e-5, "\(name), row \(row): \(told.rows[row])")
            let terms = forest.contributions(of: matrix, row: row)
            #expect(abs(terms.reduce(forest.bias, +) - told.scores[row]) < 1e-5)
        }
    }

    @Test(arguments: ["xgboost-1.7-squared", "xgboost-3-ndcg", "xgboost-3-logistic"])
    func ofXGBoost(_ name: String) throws {
        let forest = try XGBoostModel.forest(reading: golden(name + ".json"))
        #expect(forest.treeCount == 4 && forest.featureNames.count == 5)
        #expect(forest.sigmoid == (name.hasSuffix("logistic") ? 1 : 0))
        try check(forest, name)
    }

    @Test(arguments: ["lightgbm-lambdarank", "lightgbm-zeros", "lightgbm-none", "lightgbm-single"])
    func ofLightGBM(_ name: String) throws {
        let forest = try LightGBMModel.forest(reading: golden(name + ".txt"))
        #expect(forest.treeCount == (name.hasSuffix("single") ? 1 : 4))
        #expect(forest.featureNames.first == "Column_0")
        #expect(forest.sigmoid == (name.hasSuffix("zeros") ? 0.7 : 0))
        #expect(forest.zeroIsMissing.contains(true) == name.hasSuffix("zeros"))
        try check(forest, name)
    }

    /// x <= t in 64 bits is x < strict(t) in 32, whatever x.
    @Test func strictThresholds() {
        let thresholds: [Double] = [
            0, -0.0, 0.1, -0.1, 1.0000000180025095e-35, 1e300, -1e300, -.infinity, 3.4e38, Double(Float(0.1)),
            Double(Float(0.1)).nextUp, Double(Float(0.1)).nextDown, 1e-46, -1e-46,
        ]
        for t in thresholds {
            let near = Float(t)
            for x in [near, near.nextUp, near.nextDown, 0, -0.0, 1, -1, .infinity, -.infinity] as [Float] {
                #expect((Double(x) <= t) == (x < LightGBMModel.strict(t)), "\(x) <= \(t)")
            }
        }
    }

    /// A test that all that is known passes (threshold inf) is passed by infinity, too.
    @Test func infinitePassesAnInfiniteThreshold() throws {
        let forest = try LightGBMModel.forest(text: Self.tiny(threshold: "inf", decision: 8), file: "m")
        var rows = FeatureMatrix(names: ["a"], rowCount: 4)
        rows.values = [.infinity, -.infinity, 0, .nan]
        #expect(forest.scores(of: rows) == [1, 1, 1, 2])
    }

    static func tiny(threshold: String = "0.5", decision: Int = 10) -> String {
        """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        label_index=0
        max_feature_idx=0
        objective=lambdarank
        feature_names=a
        feature_infos=[0:1]
        tree_sizes=1

        Tree=0
        num_leaves=2
        num_cat=0
        split_feature=0
        split_gain=1
        threshold=\(threshold)
        decision_type=\(decision)
        left_child=-1
        right_child=-2
        leaf_value=1 2
        leaf_weight=1 1
        leaf_count=3 1
        internal_value=0
        internal_weight=2
        internal_count=4
        is_linear=0
        shrinkage=1


        end of trees

        """
    }

    @Test func whatLightGBMModelsAreRefused() throws {
        #expect(try LightGBMModel.forest(text: Self.tiny(), file: "m").bias == 1.25)
        for (old, new, word) in [
            ("objective=lambdarank", "objective=multiclass num_class:3", "multiclass"),
            ("objective=lambdarank", "objective=regression sqrt", "sqrt"), ("objective=lambdarank\n", "", "objective"),
            ("objective=lambdarank", "objective=binary", "sigmoid"),
            ("num_class=1", "num_class=3", "outputs"), ("objective=", "average_output\nobjective=", "random forest"),
            ("decision_type=10", "decision_type=11", "category"), ("decision_type=10", "decision_type=12", "decision"),
            ("is_linear=0", "is_linear=1", "linear_tree"), ("end of trees", "", "end"), ("tree\n", "", "LightGBM"),
            ("tree_sizes=1", "tree_sizes=1 1", "1 trees of 2"), ("leaf_value=1 2", "leaf_value=1", "leaf_value"),
            ("leaf_value=1 2", "leaf_value=1 x", "\"x\""), ("leaf_value=1 2", "leaf_value=1 nan", "finite"),
            ("left_child=-1", "left_child=0", "twice"), ("left_child=-1", "left_child=-3", "-3"),
            ("left_child=-1", "left_child=-2", "twice"), ("split_feature=0", "split_feature=1", "feature 1"),
            ("num_leaves=2", "num_leaves=99", "99"), ("num_leaves=2", "num_leaves=-1", "num_leaves"),
            ("threshold=0.5", "threshold=nan", "threshold"), ("feature_names=a", "feature_names=a b", "names"),
            ("max_feature_idx=0", "max_feature_idx=9223372036854775807", "names"),
        ] {
            let text = Self.tiny().replacingOccurrences(of: old, with: new)
            #expect(text != Self.tiny(), "\(old)")
            let error = #expect(throws: RankingError.self) { try LightGBMModel.forest(text: text, file: "m.txt") }
            let message = error.map { "\($0)" } ?? ""
            #expect(message.contains(word) && message.hasPrefix("m.txt: "), "\(new): \(message)")
            #expect(!message.contains("\n"))
        }
        #expect(throws: RankingError.self) { try LightGBMModel.forest(text: Self.tiny(), file: "m", featureNames: []) }
    }

    @Test func whatXGBoostModelsAreRefused() throws {
        let text = try String(contentsOf: golden("xgboost-3-logistic.json"), encoding: .utf8)
        for (old, new, word) in [
            ("\"binary:logistic\"", "\"multi:softmax\"", "multi:softmax"), ("\"gbtree\"", "\"dart\"", "dart"),
            ("\"gbtree\"", "\"gblinear\"", "gblinear"), ("\"num_class\":\"0\"", "\"num_class\":\"3\"", "outputs"),
            ("\"tree_info\":[0,0,0,0]", "\"tree_info\":[0,1,0,1]", "outputs"),
            ("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"2\"", "outputs"),
            ("\"split_type\":[0", "\"split_type\":[1", "category"),
            ("\"left_children\":[1", "\"left_children\":[0", "twice"),
            ("\"left_children\":[1", "\"left_children\":[1e9", "node"),
            ("\"left_children\":[1", "\"left_children\":[0.5", "0.5"),
            ("\"left_children\":[1,", "\"left_children\":[", "lengths"),
            ("\"split_indices\":[", "\"split_indices\":[5", "feature"), ("\"trees\"", "\"bushes\"", "trees"),
            ("\"num_feature\":\"5\"", "\"num_feature\":\"-5\"", "number of features"),
            ("\"base_score\":\"[2.5416666E-1]\"", "\"base_score\":\"2\"", "base_score"),
            ("\"base_score\":\"[2.5416666E-1]\"", "\"base_score\":\"[.5,.5]\"", "base_score"),
            ("\"sum_hessian\"", "\"sum\"", "sum_hessian"), ("{\"learner\"", "{\"teacher\"", "learner"),
            ("{\"learner\"", "{L\"learner\"", "save_model"), ("{\"learner\"", "binf", "save_model"),
        ] {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text, "\(old)")
            let error = #expect(throws: RankingError.self) {
                try XGBoostModel.forest(json: Array(changed.utf8), file: "m.json")
            }
            let message = error.map { "\($0)" } ?? ""
            #expect(message.contains(word) && message.hasPrefix("m.json: "), "\(new): \(message)")
            #expect(!message.contains("\n"))
        }
        #expect(throws: RankingError.self) {
            try XGBoostModel.forest(json: Array(text.utf8), file: "m", featureNames: ["too", "few"])
        }
        let absent = URL(fileURLWithPath: "/nowhere/model")
        #expect(throws: RankingError.self) { try XGBoostModel.forest(reading: absent) }
        #expect(throws: RankingError.self) { try LightGBMModel.forest(reading: absent) }
    }

    /// Cut off or with a byte changed anywhere: an error in one line, or another model.
    @Test func damageIsAnErrorOrAModel() throws {
        for name in ["xgboost-1.7-squared.json", "lightgbm-lambdarank.txt"] {
            let original = [UInt8](try Data(contentsOf: golden(name)))
            func read(_ bytes: [UInt8]) throws {
                let forest =
                    name.hasSuffix("json")
                    ? try XGBoostModel.forest(json: bytes, file: name)
                    : try LightGBMModel.forest(text: String(decoding: bytes, as: UTF8.self), file: name)
                let rows = FeatureMatrix(names: forest.featureNames, rowCount: 3)
                #expect(forest.scores(of: rows).count == 3)
            }
            let end = name.hasSuffix("json") ? original.count : 3_000
            for length in stride(from: 0, to: end, by: 29) {
                #expect(throws: RankingError.self, "\(name) cut at \(length)") { try read(Array(original[..<length])) }
            }
            for at in stride(from: 0, to: original.count, by: 3) {
                for change: UInt8 in [0x01, 0x04, 0x80] {
                    var bytes = original
                    bytes[at] ^= change
                    do { try read(bytes) } catch {
                        #expect(error is RankingError && !"\(error)".contains("\n"), "\(at)")
                    }
                }
            }
        }
    }
}
