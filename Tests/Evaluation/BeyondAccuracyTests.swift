import Foundation
import MagpieDomain
import Testing

@testable import MagpieEvaluation

/// Diversity, the long tail and calibration, by hand.
@Suite struct BeyondAccuracyTests {
    @Test func diversityOfLists() {
        // 0 and 1 share one of three words, 2 shares none, 3 has none.
        let catalogue = CatalogueCounts(
            usersPerItem: [1, 1, 1, 1], userCount: 1, keywords: [[1, 2], [2, 3], [4], []])
        func ild(_ lists: [[ItemIndex]], _ depth: Int = 3) -> Double {
            IntraListDiversity(depth).value(lists, of: catalogue)
        }
        #expect(abs(ild([[0, 1]]) - 2.0 / 3) < 1e-12)
        #expect(abs(ild([[0, 1, 2]]) - (2.0 / 3 + 1 + 1) / 3) < 1e-12)
        // What is not known is left out: item 3, lists without a pair, places after the depth.
        #expect(ild([[0, 3, 1]]) == ild([[0, 1]]) && ild([[0, 1], [2], [3, 2], []]) == ild([[0, 1]]))
        #expect(ild([[0, 1, 2]], 2) == ild([[0, 1]]) && ild([[0, 0]]) == 0 && ild([[2, 0]]) == 1)
        #expect(
            ild([]) == 0
                && IntraListDiversity(3).value([[0, 1]], of: CatalogueCounts(usersPerItem: [1, 1], userCount: 1)) == 0)
    }

    @Test func headAndTail() {
        // 8 of 10 are reached by the first two.
        #expect(LongTail(positives: [5, 1, 3, 0, 1]).isTail == [false, true, false, true, true])
        // 80 % exactly needs no more; ties by the smaller row; nobody liked anything: all tail.
        #expect(LongTail(positives: [2, 2, 2, 2, 2]).isTail == [false, false, false, false, true])
        #expect(LongTail(positives: [0, 0]).isTail == [true, true] && LongTail(positives: []).isTail == [])
        #expect(LongTail(positives: [7]).headCount == 1)
    }

    @Test func recallOfTheTail() {
        let tail: Set<String> = ["t", "u", "v"]
        func value(_ list: String, _ relevant: String) -> Double? {
            LongTailRecall(3).value(
                list.map(String.init), relevant: Set(relevant.map(String.init)), isTail: tail.contains)
        }
        #expect(value("htx", "htu") == 0.5 && value("hhx", "htu") == 0 && value("xxxt", "t") == 0)
        #expect(value("hx", "h") == nil && value("", "t") == 0 && LongTailRecall(50).name == "tail-recall@50")
    }

    @Test func calibration() throws {
        func ece(_ probabilities: [Double], _ happened: [Int], bins: Int) -> Double? {
            CalibrationError(bins: bins).value(probabilities, happened: happened.map { $0 == 1 })
        }
        // One bin: said 2 of 4, happened 1 of 4.
        #expect(ece([0.2, 0.4, 0.6, 0.8], [0, 0, 0, 1], bins: 1) == 0.25)
        // Two bins: |0.6 - 0| + |1.4 - 1| over 4.
        #expect(abs(try #require(ece([0.8, 0.2, 0.4, 0.6], [1, 0, 0, 0], bins: 2)) - 0.25) < 1e-12)
        // Three of four said alike are one bin: |0.6 - 1| + |0.9 - 1| over 4.
        #expect(abs(try #require(ece([0.2, 0.2, 0.2, 0.9], [1, 0, 0, 1], bins: 2)) - 0.125) < 1e-12)
        #expect(ece([0.2, 0.2, 0.2, 0.2, 0.2], [1, 0, 0, 0, 0], bins: 10).map { $0 < 1e-12 } == true)
        #expect(ece([], [], bins: 3) == nil && ece([1], [0], bins: 5) == 1 && ece([1, 0], [1, 0], bins: 5) == 0)
        // Equal mass: a thousand certain misses do not hide the bins above them as bins of equal width would.
        let rare = [Double](repeating: 0.001, count: 1_000) + [Double](repeating: 0.002, count: 1_000)
        let did = (0..<1_000).map { $0 < 2 ? 1 : 0 } + (0..<1_000).map { $0 < 1 ? 1 : 0 }
        #expect(abs(try #require(ece(rare, did, bins: 10)) - 0.001) < 1e-9)
    }

    @Test func logLoss() throws {
        let value = try #require(LogLoss.value([0.5, 0.5, 0.25, 0.75], happened: [true, false, false, true]))
        #expect(abs(value.loss - (2 * log(2) - 2 * log(0.75)) / 4) < 1e-12)
        #expect(abs(value.baseRate - log(2)) < 1e-12 && value.normalised < 1)
        // Who says the base rate has its loss.
        let base = try #require(LogLoss.value([0.25, 0.25, 0.25, 0.25], happened: [true, false, false, false]))
        #expect(abs(base.normalised - 1) < 1e-12)
        // A certain mistake is bad and finite; certain and right costs nothing.
        let wrong = try #require(LogLoss.value([0], happened: [true]))
        #expect(wrong.loss > 30 && wrong.loss.isFinite && wrong.baseRate == 0)
        #expect(try #require(LogLoss.value([1, 0], happened: [true, false])).loss < 1e-12)
        #expect(LogLoss.value([], happened: []) == nil)
    }
}
