import MagpieDomain
import MagpieEvaluation
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct StalenessTests {
    @Test(arguments: [("0", 0), ("30m", 1_800_000), ("1h", 3_600_000), ("7d", 604_800_000)])
    func ages(text: String, milliseconds: Int64) { #expect(ListAge(text)?.milliseconds == milliseconds) }

    @Test(arguments: ["", "h", "1", "-1h", "1w", "1.5h", "x", "1000000d"])
    func noAges(text: String) { #expect(ListAge(text) == nil) }

    /// A list made now is the answer of now; one made before a user did anything knows nothing of them.
    @Test func olderListsKnowLess() throws {
        let world = PlantedWorld(users: 24)
        let home = try TrainedWorld(world)
        let training = home.training(threads: 2)
        let ages = try ["0", "1h", "9000d"].map { try #require(ListAge($0)) }
        let report = try training.staleness(log: home.store, catalogue: home.store, ages: ages, refits: 3)
        let all = try #require(report.segments.first)
        #expect(all.name == "all" && all.requests == 24 && all.rows.map(\.age) == ["0", "1h", "9000d"])
        #expect(all.rows[0].difference == 0 && all.rows[0].unchanged == 24)
        var options = Training.EvaluationOptions()
        options.refits = 3
        let table = try training.evaluate(log: home.store, catalogue: home.store, options)
        let whole = try #require(table.rows.first { $0.system == "whole" })
        for metric in ["ndcg@10", "recall@10", "recall@100"] {
            let (a, b) = (all.rows[0].values[metric] ?? -1, whole.values[metric] ?? -2)
            #expect(abs(a - b) < 1e-12, "\(metric): \(a), \(b)")
        }
        #expect(all.rows[2].values["ndcg@10"] ?? 1 < all.rows[0].values["ndcg@10"] ?? 0)
        #expect(all.rows[1].unchanged >= all.rows[2].unchanged)
        #expect(report.segments.map(\.requests).dropFirst().reduce(0, +) == 48, "two ways to cut the 24")
    }

    @Test func whereItSuffices() {
        func row(_ age: String, _ high: Double) -> StalenessReport.Row {
            .init(age: age, values: [:], difference: high - 1, low: high - 2, high: high, unchanged: 0)
        }
        func suffices(_ highs: [Double]) -> String? {
            let rows = zip(["0", "1h", "1d", "7d"], [0] + highs).map { row($0, $1) }
            return StalenessReport.Segment(name: "", requests: 1, rows: rows).suffices
        }
        #expect(
            suffices([0.1, 0.1, -0.1]) == "1d" && suffices([-0.1, 0.1, 0.1]) == nil && suffices([0, 1, 1]) == "7d")
    }
}
