import MagpieKernels
import MagpieRetrieval
import Testing

@Suite struct SearchFusionTests {
    @Test func byHand() {
        let sums = SearchFusion.scores(
            [("text", [4, .nan, 2, .nan]), ("semantic", [0.5, 1, -1, .nan]), ("embedding", [.nan, 0.5, 0, .nan])],
            count: 4)
        let weight = 0.3 as Float
        #expect(sums == [1 + weight * 0.5, weight + weight * 0.5, 0.5 - weight, 0])
    }

    /// What BM25 says is a share of its best: a common factor changes nothing.
    @Test(arguments: UInt64(0)..<5) func scaleFree(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let text = (0..<20).map { _ in random.below(3) == 0 ? Float.nan : random.uniform() * 9 }
        let semantic = (0..<20).map { _ in random.uniform() * 2 - 1 }
        let one = SearchFusion.scores([("text", text), ("semantic", semantic)], count: 20)
        let other = SearchFusion.scores([("text", text.map { $0 * 4 }), ("semantic", semantic)], count: 20)
        #expect(one == other)
        #expect(SearchFusion.scores([("semantic", semantic), ("text", text)], count: 20) == one)
    }

    @Test func nobodyKnowsAnything() {
        #expect(SearchFusion.scores([("text", [.nan, .nan])], count: 2) == [0, 0])
        #expect(SearchFusion.scores([], count: 1) == [0])
        #expect(SearchFusion.weight(of: "popular") == nil && SearchFusion.weight(of: "text") == 1)
    }
}
