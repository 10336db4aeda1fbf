import Foundation
import MagpieDomain
import Testing

@testable import MagpieEvaluation

@Suite struct SegmentTests {
    private static func keys(_ letters: String) -> [ItemKey] { letters.map { ItemID(String($0)).key } }

    /// Of a, b, c, d: a makes the head, b and c the tail; d is new, and z not even there.
    private static let kinds = ItemKinds(keys: keys("abcd"), positives: [8, 1, 1, 0])

    private static func answers(
        _ questions: [(user: String?, history: Int?, relevant: String, lists: [String])],
        systems: [System] = [.retriever("good"), .retriever("bad"), .fusion, .whole]
    ) -> ScenarioAnswers {
        var answers = ScenarioAnswers(scenario: "home", systems: systems)
        for (place, asked) in questions.enumerated() {
            let question = Question(
                scenario: "home", user: asked.user.map { UserID($0).key }, now: Timestamp(milliseconds: 0),
                position: place, relevant: Set(keys(asked.relevant)))
            answers.append(
                .init(question: question, historyLength: asked.history, kinds: kinds), asked.lists.map(keys))
        }
        return answers
    }

    private static let catalogue = CatalogueKnowledge(
        keys: keys("abcd"),
        counts: CatalogueCounts(usersPerItem: [8, 1, 1, 0], userCount: 8, keywords: [[1], [1], [2], [2]]))

    private static func table(_ answers: ScenarioAnswers) -> EvaluationTable {
        var table = EvaluationTable(protocolName: "by hand", metrics: Metrics.shown.map(\.name))
        table.add(answers, catalogue, segmented: true, seed: 1)
        return table
    }

    @Test func lengthsOfHistories() {
        let lengths = [-1, 0, 1, 2, 3, 9, 10, 49, 50, .max].map { HistoryLength($0).rawValue }
        #expect(lengths == ["0", "0", "1-2", "1-2", "3-9", "3-9", "10-49", "10-49", "50+", "50+"])
        #expect(Self.keys("abcdz").map(Self.kinds.kind) == [.head, .tail, .tail, .new, .new])
    }

    @Test func measuredByHand() throws {
        let table = Self.table(
            Self.answers([
                (user: "u", history: 1, relevant: "a", lists: ["ab", "ba", "ab", "ab"]),
                (user: "v", history: 60, relevant: "abd", lists: ["bc", "cc", "bc", "bd"]),
                (user: "w", history: 2, relevant: "z", lists: ["a", "b", "c", ""]),
            ]))
        #expect(table.rows.map(\.system) == ["good", "bad", "fusion", "whole"] && table.rows[0].requests == 3)
        let good = table.rows[0].values
        #expect(good["hit@10"] == 2.0 / 3 && good["recall@10"] == (1 + 1.0 / 3 + 0) / 3)
        #expect(good["mrr@10"] == (1 + 1 + 0) / 3 && table.rows[1].values["mrr@10"] == 0.5 / 3)
        // The tail of v is {b, d}, of w {z}; u has none.
        #expect(good["tail-recall@50"] == 0.25 && table.rows[3].values["tail-recall@50"] == 0.5)
        #expect(good["coverage@10"] == 0.75 && good["ild@10"] == 0.5 && table.others.allSatisfy { good[$0] != nil })
        let comparison = try #require(table.comparisons.first)
        #expect(comparison.against == "good" && comparison.system == "whole" && table.comparisons.count == 1)

        func segment(_ name: String) -> EvaluationTable.Segment? { table.segments.first { $0.name == name } }
        #expect(table.segments.map(\.name) == ["1-2", "50+", "head", "tail", "new"])
        #expect(table.segments.map(\.requests) == [2, 1, 2, 1, 2])
        #expect(segment("1-2")?.systems.map { $0.values["hit@10"] } == [0.5, 0.5, 0.5, 0.5])
        // Only relevant items of the kind count: v's a is not found by anyone, v's b by all but "bad".
        #expect(segment("head")?.systems.map { $0.values["recall@10"] } == [0.5, 0.5, 0.5, 0.5])
        #expect(segment("tail")?.systems.map { $0.values["recall@10"] } == [1, 0, 1, 1])
        #expect(segment("new")?.systems.map { $0.values["recall@10"] } == [0, 0, 0, 0.5])
        // Against the best of each segment.
        #expect(segment("new")?.comparison?.difference ?? 0 > 0 && segment("tail")?.comparison?.difference == 0)
    }

    /// Nothing asked, nobody in particular, no whole.
    @Test func littleToMeasure() {
        #expect(Self.table(Self.answers([])).rows.isEmpty)
        let anonymous = Self.table(
            Self.answers(
                [(user: nil, history: nil, relevant: "a", lists: ["a", ""])], systems: [.retriever("x"), .fusion]))
        #expect(anonymous.segments.map(\.name) == ["head"] && anonymous.comparisons.isEmpty)
        #expect(anonymous.rows[0].values["tail-recall@50"] == nil && anonymous.segments[0].comparison == nil)
    }

    @Test func appendedAnswersAreOne() {
        let one = [(user: "u" as String?, history: 1 as Int?, relevant: "a", lists: ["ab", "ba", "ab", "ab"])]
        let two = [(user: "v" as String?, history: 5 as Int?, relevant: "b", lists: ["c", "b", "", "bb"])]
        var joined = Self.answers(one)
        joined.append(Self.answers(two))
        let whole = Self.answers(one + two)
        #expect(joined.lists == whole.lists && joined.asked.map(\.historyLength) == [1, 5])
        #expect(joined.values(of: NDCG(10), .whole) == [1, 1] && joined.values(of: NDCG(10), .retriever("x")) == nil)
    }

    // MARK: Run files

    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func write(_ answers: ScenarioAnswers, _ folder: URL, users: [String: String] = [:]) throws {
        let ids = Dictionary("abcd".map { (ItemID(String($0)).key, ItemID(String($0))) }) { a, _ in a }
        let names = Dictionary("uvw".map { (UserID(String($0)).key, UserID(users[String($0)] ?? String($0))) }) {
            a, _ in a
        }
        try RunFolder.write(answers, to: folder, userID: { names[$0] }, itemID: { ids[$0] })
    }

    @Test func runFilesAndJudgements() throws {
        try inFolder { folder in
            let answers = Self.answers(
                [
                    (user: "u", history: 1, relevant: "ab", lists: ["ba", "c"]),
                    (user: "v", history: 1, relevant: "cz", lists: ["", "zc"]),
                    (user: "u", history: 2, relevant: "d", lists: ["d", "d"]),
                    (user: "stranger", history: 0, relevant: "d", lists: ["d", "d"]),
                ], systems: [.retriever("ease"), .whole])
            try write(answers, folder)
            let qrels = try String(contentsOf: folder.appendingPathComponent("home.qrels"), encoding: .utf8)
            #expect(
                Set(qrels.split(separator: "\n")) == ["u/1 0 a 1", "u/1 0 b 1", "v 0 c 1", "u/2 0 d 1", "q4 0 d 1"])
            let ease = try TRECRun.read(folder.appendingPathComponent("home.ease.trec"))
            #expect(ease.map(\.user) == ["u/1", "u/2", "q4"] && ease[0].items == ["b", "a"])
            let whole = try TRECRun.read(folder.appendingPathComponent("home.whole.trec"))
            #expect(whole.map(\.items) == [["c"], ["c"], ["d"], ["d"]])
            // Once more replaces them.
            try write(answers, folder)
        }
    }

    @Test func anUnwritableNameIsSaid() throws {
        try inFolder { folder in
            let answers = Self.answers([(user: "u", history: 1, relevant: "a", lists: ["a"])], systems: [.whole])
            #expect(throws: EvaluationError.unwritableID(got: "u u")) {
                try write(answers, folder, users: ["u": "u u"])
            }
            let left = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            #expect(left.isEmpty)
        }
    }
}
