import MagpieDomain
import MagpieEvaluation
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct NegativeSampleTests {
    @Test func howMany() {
        #expect(NegativeSample(requests: 10, maximumExamples: 10_000).negatives == 1_000)
        #expect(NegativeSample(requests: 10_000, maximumExamples: 10_000).negatives == 50)
        #expect(NegativeSample(requests: 0, maximumExamples: 70).negatives == 70)
    }

    /// All that was liked, the best of the others, and of the rest one from each stretch of the order.
    @Test(arguments: 0..<20) func whichOnes(_ seed: UInt64) {
        var random = SeededNumbers(seed)
        let count = 60 + random.below(400)
        let labels = (0..<count).map { _ in random.below(30) == 0 }
        let fused = (0..<count).map { _ in Float(random.below(50)) }
        let sample = NegativeSample(requests: 1, maximumExamples: 0)
        let (rows, stands) = sample.rows(labels: labels, fused: fused, seed: seed)
        #expect(rows == rows.sorted() && Set(rows).count == rows.count)
        let others = labels.indices.filter { !labels[$0] }.sorted { (fused[$0], $1) > (fused[$1], $0) }
        #expect(labels.indices.filter { labels[$0] }.allSatisfy(rows.contains))
        let kept = rows.filter { !labels[$0] }
        #expect(kept.count == min(50, others.count))
        // Together they stand for everybody.
        #expect(abs(stands.reduce(0, +) - Float(count)) < 0.01)
        #expect(zip(rows, stands).allSatisfy { !labels[$0] || $1 == 1 })
        #expect(others.prefix(25).allSatisfy(kept.contains))
        guard others.count > 50 else { return }
        let places = others.indices.filter { kept.contains(others[$0]) }.dropFirst(25)
        let rest = others.count - 25
        for (stretch, place) in places.enumerated() {
            #expect((stretch * rest / 25..<(stretch + 1) * rest / 25).contains(place - 25))
        }
        // Others for another request, the same ones for the same.
        let again = sample.rows(labels: labels, fused: fused, seed: seed)
        let other = sample.rows(labels: labels, fused: fused, seed: seed + 1)
        #expect(again.rows == rows && again.stands == stands)
        if rest > 100 { #expect(other.rows != rows) }
    }

    @Test func whatWasDislikedIsKept() {
        let labels = (0..<400).map { $0 == 7 }
        let disliked = (0..<400).map { $0 == 391 || $0 == 333 }
        let (rows, stands) = NegativeSample(requests: 9, maximumExamples: 1).rows(
            labels: labels, disliked: disliked, fused: (0..<400).map { -Float($0) }, seed: 1)
        #expect(rows.count == 53 && [7, 333, 391].allSatisfy(rows.contains))
        #expect(zip(rows, stands).allSatisfy { ![7, 333, 391].contains($0) || $1 == 1 })
    }

    @Test func fewAreAllKept() {
        let labels = (0..<50).map { $0 % 7 == 0 }
        let kept = NegativeSample(requests: 9, maximumExamples: 1).rows(
            labels: labels, fused: labels.map { $0 ? 0 : 1 }, seed: 1)
        #expect(kept.rows == Array(0..<50) && kept.stands.allSatisfy { $0 == 1 })
    }

    /// The same requests whatever else is asked, in their order, from all over.
    @Test func requestsAreDrawn() {
        let all = (0..<1_000).map { n in
            Question(
                scenario: "home", user: UserKey(UInt64(n / 3)), now: Timestamp(milliseconds: Int64(n)), position: n,
                relevant: [])
        }
        let some = Questions.drawn(200, of: all).map(\.position)
        #expect(some.count == 200 && some == some.sorted())
        for part in 0..<4 { #expect(some.count { $0 / 250 == part } > 30) }
        let fewer = Questions.drawn(100, of: all).map(\.position)
        #expect(fewer.allSatisfy(some.contains))
        #expect(Questions.drawn(1_000, of: all).count == 1_000)
    }
}
