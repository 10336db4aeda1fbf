import MagpieDomain
import MagpieKernels
import MagpieRanking
import Testing

@testable import MagpieOnline

@Suite struct FusionTests {
    /// Each item by itself, list by list.
    private func naive(_ item: ItemIndex, _ lists: [[Scored]]) -> Float {
        var score: Float = 0
        for list in lists {
            for (place, candidate) in list.enumerated() where candidate.item == item {
                score += 1 / (60 + Float(place + 1))
            }
        }
        return score
    }

    @Test(arguments: 0..<20) func oracle(seed: Int) {
        var random = RandomSource(seed: UInt64(seed))
        let lists = (0..<random.below(5)).map { _ in
            var items = (0..<30).map { ItemIndex($0) }
            random.shuffle(&items)
            return items.prefix(random.below(20)).map { Scored(item: $0, score: random.uniform()) }
        }
        let items = (0..<32).map { ItemIndex($0) }
        #expect(ReciprocalRankFusion.scores(of: items, lists: lists) == items.map { naive($0, lists) })
    }

    @Test func byHand() {
        let lists = [[Scored(item: 4, score: 9), Scored(item: 2, score: 1)], [Scored(item: 2, score: -3)], []]
        let scores: [Float] = [1 / 61 as Float, (1 / 62 as Float) + (1 / 61 as Float), 0]
        #expect(ReciprocalRankFusion.scores(of: [4, 2, 7], lists: lists) == scores)
        #expect(ReciprocalRankFusion.scores(of: [], lists: lists) == [])
        let weighed: [Float] = [0.5 / 61 as Float, (0.5 / 62 as Float) + (2 / 61 as Float), 0]
        #expect(ReciprocalRankFusion.scores(of: [4, 2, 7], lists: lists, weights: [0.5, 2, 1]) == weighed)
    }
}
