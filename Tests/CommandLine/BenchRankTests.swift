import Foundation
import Testing

/// `bench rank`: judged rows, ranked by trees.
@Suite struct BenchRankTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    struct Report: Decodable {
        var trees: Int
        var leaves: Int
        var requests: Int
        var rows: Int
        var ndcg1: Double
        var ndcg10: Double
        var microsPer300Rows: Double
        var p99MicrosPer300Rows: Double
        var trainSeconds: Double?
        var library: String?
    }

    /// Two leaves: 1 where column 1 is at most .5, else 2.
    private func model(_ name: String = "model.txt", objective: String = "lambdarank") throws -> String {
        try magpie.write(
            """
            tree
            version=v4
            num_class=1
            num_tree_per_iteration=1
            label_index=0
            max_feature_idx=1
            objective=\(objective)
            feature_names=a b
            feature_infos=none [0:1]
            tree_sizes=1

            Tree=0
            num_leaves=2
            num_cat=0
            split_feature=1
            split_gain=1
            threshold=0.5
            decision_type=2
            left_child=-1
            right_child=-2
            leaf_value=1 2
            leaf_weight=1 1
            leaf_count=1 1
            internal_value=0
            internal_weight=2
            internal_count=2
            is_linear=0
            shrinkage=1


            end of trees

            """, name)
    }

    @Test func aModelFromElsewhere() throws {
        let rows = try magpie.write("0 qid:1 1:0.5\n1 qid:1 1:0.75 # best\n0 qid:2 1:1\n0 qid:2 1:2\n", "test.txt")
        let scores = magpie.folder.appendingPathComponent("scores").path
        let arguments = ["bench", "rank", "--model", try model(), "--test", rows, "--scores", scores]
        let result = try magpie.run(arguments + ["--json"])
        #expect(result.exitCode == 0, "\(result.error)")
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(report.trees == 1 && report.leaves == 2 && report.rows == 4)
        // The second request has nothing to find.
        #expect(report.requests == 1 && report.ndcg1 == 1 && report.ndcg10 == 1)
        #expect(report.microsPer300Rows > 0 && report.p99MicrosPer300Rows >= report.microsPer300Rows)
        #expect(report.trainSeconds == nil)
        #expect(try String(contentsOfFile: scores, encoding: .utf8) == "1.0\n2.0\n2.0\n2.0\n")
        #expect(try magpie.run(arguments).output.contains("ndcg@10"))
        #expect(try magpie.run(arguments + ["--test-groups", magpie.write("1\n3\n", "q")]).exitCode == 0)
    }

    /// Trained where XGBoost's library is; where it is not, the message says what to install.
    @Test func trained() throws {
        var lines = ""
        for request in 0..<150 {
            for row in 0..<8 {
                let (a, b) = ((request * 7 + row * 3) % 11, (request * 5 + row * 2) % 7)
                lines += "\((a > 5) != (b > 3) ? 2 : 0) qid:\(request) 1:\(a) 2:\(b)\n"
            }
        }
        let rows = try magpie.write(lines, "rows.txt")
        let arguments =
            ["bench", "rank", "--train", rows, "--test", rows, "--trees", "20", "--json"]
            + ["--minimum-child-weight", "0.1", "--learning-rate", "0.1", "--column-sample", "1"]
        let result = try magpie.run(arguments)
        guard result.exitCode == 0 else {
            #expect(result.error.contains("libxgboost0"), "\(result.error)")
            return
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(report.ndcg10 > 0.98 && (1...20).contains(report.trees) && report.requests > 100)
        #expect(report.library?.hasPrefix("XGBoost") == true && (report.trainSeconds ?? 0) > 0)
    }

    /// Rows of one class have no order to learn.
    @Test func oneClass() throws {
        let rows = try magpie.write("1 qid:1 1:0.5\n1 qid:1 1:0.1\n", "test.txt")
        let result = try magpie.run(["bench", "rank", "--train", rows, "--test", rows])
        #expect(result.exitCode == 1)
        #expect(result.error.contains("requests that have both") || result.error.contains("libxgboost0"))
    }

    @Test func whatIsRefused() throws {
        let rows = try magpie.write("0 qid:1 1:0.5\n", "test.txt")
        let wide = try magpie.write("0 qid:1 7:0.5\n", "wide.txt")
        let model = try model()
        let refused = try self.model("refused.txt", objective: "multiclass")
        for (arguments, word) in [
            (["--model", refused, "--test", rows], "multiclass"), (["--model", model, "--test", wide], "columns"),
            (["--model", model, "--test", rows + ".gone"], "read"), (["--model", rows, "--test", rows], "LightGBM"),
        ] {
            let result = try magpie.run(["bench", "rank"] + arguments)
            #expect(result.exitCode == 1 && result.error.contains(word), "\(arguments): \(result.error)")
        }
        for arguments in [
            ["--test", rows], ["--model", model, "--train", rows, "--test", rows],
            ["--train", rows, "--test", rows, "--trees", "0"], ["--train", rows, "--test", rows, "--leaves", "1"],
            ["--train", rows, "--test", rows, "--held-out", "1"],
        ] { #expect(try magpie.run(["bench", "rank"] + arguments).exitCode == 64, "\(arguments)") }
    }
}
