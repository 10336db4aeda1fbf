import Foundation
import MagpieDomain
import MagpieEvaluation
import Testing

@Suite struct MetricTests {
    struct Case: Sendable {
        var metric: any Metric
        var list: String
        var relevant: String
        var value: Double
    }

    /// One letter = one item. Computed by hand.
    static let cases: [Case] = {
        let log3 = log2(3.0)
        let log5 = log2(5.0)
        return [
            // Hits at 1, 3 of the relevant {a, c, z}.
            Case(metric: NDCG(3), list: "abc", relevant: "acz", value: (1 + 0.5) / (1 + 1 / log3 + 0.5)),
            Case(metric: Recall(3), list: "abc", relevant: "acz", value: 2.0 / 3),
            Case(metric: Hit(3), list: "abc", relevant: "acz", value: 1),
            Case(metric: MRR(3), list: "abc", relevant: "acz", value: 1),
            Case(metric: MAP(3), list: "abc", relevant: "acz", value: (1 + 2.0 / 3) / 3),
            // Only the first k count.
            Case(metric: NDCG(2), list: "xya", relevant: "a", value: 0),
            Case(metric: Recall(2), list: "xya", relevant: "a", value: 0),
            Case(metric: Hit(2), list: "xya", relevant: "a", value: 0),
            Case(metric: MRR(2), list: "xya", relevant: "a", value: 0),
            Case(metric: MAP(2), list: "xya", relevant: "a", value: 0),
            Case(metric: NDCG(3), list: "xya", relevant: "a", value: 0.5),
            Case(metric: MRR(3), list: "xya", relevant: "a", value: 1.0 / 3),
            Case(metric: MAP(3), list: "xya", relevant: "a", value: 1.0 / 3),
            // A perfect list with more relevant items than places.
            Case(metric: NDCG(2), list: "ab", relevant: "abcd", value: 1),
            Case(metric: Recall(2), list: "ab", relevant: "abcd", value: 0.5),
            Case(metric: MAP(2), list: "ab", relevant: "abcd", value: 0.5),
            // Hits at 2 and 4.
            Case(metric: NDCG(10), list: "xayb", relevant: "ab", value: (1 / log3 + 1 / log5) / (1 + 1 / log3)),
            Case(metric: MAP(10), list: "xayb", relevant: "ab", value: 0.5),
            Case(metric: MRR(10), list: "xayb", relevant: "ab", value: 0.5),
            // An item that stands twice counts once, at its first place.
            Case(metric: NDCG(3), list: "aab", relevant: "ab", value: 1.5 / (1 + 1 / log3)),
            Case(metric: Recall(3), list: "aaa", relevant: "ab", value: 0.5),
            Case(metric: MAP(3), list: "aaa", relevant: "ab", value: 0.5),
        ]
            + Metrics.all.flatMap { type in
                [("", "a"), ("abc", ""), ("", ""), ("xyz", "a")].map {
                    Case(metric: type.init(3), list: $0.0, relevant: $0.1, value: 0)
                } + [Case(metric: type.init(3), list: "abc", relevant: "cab", value: 1)]
            }
    }()

    @Test(arguments: cases) func byHand(_ example: Case) {
        let value = example.metric.value(Array(example.list), relevant: Set(example.relevant))
        #expect(abs(value - example.value) < 1e-12, "\(example.metric.name) of \(example.list): \(value)")
    }

    /// Whatever the metric: in 0 ... 1, no worse when a relevant item moves up, blind to the irrelevant ones.
    @Test(arguments: Metrics.all.indices) func contract(_ index: Int) {
        var state: UInt64 = 1
        func next(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }
        for _ in 0..<500 {
            let metric = Metrics.all[index].init(1 + next(8))
            var list = Array(0..<12)
            for i in list.indices { list.swapAt(i, next(12)) }
            let relevant = Set((0..<next(6)).map { _ in next(12) })
            let value = metric.value(list, relevant: relevant)
            #expect(value >= 0 && value <= 1)
            #expect(metric.value(list.map { relevant.contains($0) ? $0 : $0 + 100 }, relevant: relevant) == value)
            let at = 1 + next(11)
            if relevant.contains(list[at]), !relevant.contains(list[at - 1]) {
                list.swapAt(at, at - 1)
                #expect(metric.value(list, relevant: relevant) >= value)
            }
        }
    }

    @Test func namesAreFoundAgain() {
        #expect(Metrics.shown.map(\.name) == ["ndcg@10", "recall@10", "hit@10", "mrr@10", "map@10", "recall@100"])
        for metric in Metrics.shown { #expect(Metrics.named(metric.name)?.name == metric.name) }
        for name in ["", "ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "ndcg@x", "NDCG@10", "ndcg@10@10", "what@10"] {
            #expect(Metrics.named(name) == nil)
        }
        #expect(Set((Metrics.all.map { $0.baseName } + Metrics.ofLists.map { $0.baseName })).count == 9)
    }

    @Test func ofAllLists() {
        let catalogue = CatalogueCounts(usersPerItem: [8, 2, 1, 0], userCount: 8)
        let lists: [[ItemIndex]] = [[0, 1, 2], [0, 2], []]
        #expect(Coverage(2).value(lists, of: catalogue) == 0.75)
        #expect(Coverage(1).value(lists, of: catalogue) == 0.25)
        // Places: item 0 twice (0 bits), item 1 once (2 bits), item 2 once (3 bits).
        #expect(Novelty(2).value(lists, of: catalogue) == 5.0 / 4)
        // Unknown items count as known to one.
        #expect(Novelty(1).value([[3]], of: catalogue) == 3)
        // Exposures 0, 1, 1, 2: (-3*0 - 1*1 + 1*1 + 3*2) / (4 * 4).
        #expect(Gini(2).value(lists, of: catalogue) == 6.0 / 16)
        #expect(Gini(1).value([[2], [2]], of: catalogue) == 0.75)
        #expect(Gini(4).value([[0, 1, 2, 3]], of: catalogue) == 0)
        for type in Metrics.ofLists {
            #expect(type.init(3).value([], of: catalogue) == 0)
            #expect(type.init(3).value([[]], of: CatalogueCounts(usersPerItem: [], userCount: 0)) == 0)
        }
    }
}
