import MagpieKernels
import Synchronization
import Testing

@Suite struct TopKTests {
    @Test func agreesWithSortingEverything() {
        for seed in UInt64(0)..<200 {
            var random = RandomSource(seed: seed)
            let count = random.below(60)
            let k = random.below(20)
            var best = TopK(k)
            var all: [(id: UInt32, score: Float)] = []
            for id in 0..<UInt32(count) {
                // Few values, so that ties are common.
                let score: Float = random.below(12) == 0 ? .nan : Float(random.below(6)) - 3
                best.offer(id, score)
                if !score.isNaN { all.append((id, score)) }
            }
            all.sort { ($0.score, $1.id) > ($1.score, $0.id) }
            let found = best.sorted()
            #expect(found.map(\.id) == all.prefix(k).map(\.id), "seed \(seed)")
            #expect(found.map(\.score) == all.prefix(k).map(\.score))
        }
    }

    @Test func nothingIsKeptOfNothing() {
        var best = TopK(0)
        best.offer(1, 1)
        #expect(best.sorted().isEmpty)
        var negative = TopK(-3)
        negative.offer(1, 1)
        #expect(negative.count == 0)
        #expect(TopK(1).threshold == -.infinity)
    }
}

@Suite struct RandomSourceTests {
    @Test func aStreamIsItsNumbers() {
        func first(_ source: RandomSource) -> UInt64 {
            var copy = source
            return copy.next()
        }
        #expect(first(RandomSource(seed: 1, 2, 3)) == first(RandomSource(seed: 1, 2, 3)))
        let heads = [
            first(RandomSource(seed: 1)), first(RandomSource(seed: 2)), first(RandomSource(seed: 1, 0)),
            first(RandomSource(seed: 1, 2, 3)), first(RandomSource(seed: 1, 3, 2)), first(RandomSource(seed: 2, 1, 3)),
        ]
        #expect(Set(heads).count == heads.count)
    }

    /// The first outputs of xoshiro256** from the state that splitmix64(0) gives, by the authors' C code.
    @Test func theNumbersNeverChange() {
        var source = RandomSource(seed: 0)
        #expect(source.next() == 0x99EC_5F36_CB75_F2B4)
        #expect(source.next() == 0xBF6E_1F78_4956_452A)
    }

    @Test func rangesHold() {
        var source = RandomSource(seed: 4)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7_000 { counts[source.below(7)] += 1 }
        #expect(counts.allSatisfy { $0 > 850 && $0 < 1150 }, "\(counts)")
        for _ in 0..<1_000 {
            let x = source.uniform()
            #expect(x >= 0 && x < 1)
        }
        var order = Array(0..<50)
        source.shuffle(&order)
        #expect(order != Array(0..<50))
        #expect(order.sorted() == Array(0..<50))
    }
}

@Suite struct AliasTableTests {
    @Test func drawsInProportion() {
        let weights: [Double] = [1, 0, 5, 0.5, 3.5]
        let table = AliasTable(weights)
        var random = RandomSource(seed: 9)
        var counts = [Int](repeating: 0, count: 5)
        for _ in 0..<100_000 { counts[table.draw(using: &random)] += 1 }
        for (count, weight) in zip(counts, weights) { #expect(abs(Double(count) - weight * 10_000) < 600) }
        #expect(counts[1] == 0)
    }

    @Test func nothingToGoByIsUniform() {
        let table = AliasTable([0, 0])
        var random = RandomSource(seed: 9)
        let ones = (0..<1_000).reduce(0) { sum, _ in sum + table.draw(using: &random) }
        #expect(ones > 400 && ones < 600)
        #expect(AliasTable([]).count == 0)
    }
}

@Suite struct ParallelTests {
    @Test(arguments: [0, 1, 2, 7]) func everyPieceOnce(_ threads: Int) {
        let counts = SharedBuffer<Int>(count: 1_000, repeating: 0)
        Parallel.forEach(1_000, threads: threads) { counts[$0] += 1 }
        #expect(counts.array() == [Int](repeating: 1, count: 1_000))
        Parallel.forEach(0, threads: threads) { _ in Issue.record("no piece to do") }
        #expect(Parallel.map(100, threads: threads) { $0 * $0 } == (0..<100).map { $0 * $0 })
    }

    @Test func aWorkspaceAThread() {
        let made = Atomic<Int>(0)
        let sums = Parallel.map(
            50, threads: 2,
            scratch: {
                made.wrappingAdd(1, ordering: .relaxed)
                return [Int]()
            },
            { piece, scratch in
                scratch.append(piece)
                defer { scratch.removeAll() }
                return scratch.reduce(0, +)
            })
        #expect(sums == Array(0..<50))
        #expect(made.load(ordering: .relaxed) <= 2)
    }
}
