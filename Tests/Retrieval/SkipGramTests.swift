import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct SkipGramTests {
    @Test func anOrderIsAPermutation() {
        for count in [1, 2, 3, 4, 5, 16, 17, 100, 1_000, 4_097] {
            let order = IndexOrder(count: count, random: RandomSource(seed: UInt64(count)))
            #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count), "\(count)")
        }
        let a = IndexOrder(count: 1_000, random: RandomSource(seed: 1))
        let b = IndexOrder(count: 1_000, random: RandomSource(seed: 2))
        let same = (0..<1_000).reduce(0) { $0 + (a[$1] == b[$1] ? 1 : 0) }
        #expect(same < 20)
        let stays = (0..<1_000).reduce(0) { $0 + (a[$1] == $1 ? 1 : 0) }
        #expect(stays < 20)
    }

    @Test func blocksArePicturesOfTheCatalogue() {
        let counts: [Int64] = (0..<1_100).map { (i: Int) -> Int64 in i % 11 == 0 ? 0 : Int64(20_000 / (i + 1)) }
        let ranked = counts.indices.filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
            .map { ItemIndex($0) }
        let deal = BlockDeal(
            ranked: ranked, counts: counts, options: SkipGramOptions(), random: RandomSource(seed: 1))
        #expect(deal.blockCount == 15)
        var members: [ItemIndex] = []
        for block in 0..<deal.blockCount {
            let rows = deal.noise[block].rows
            members += rows
            #expect(rows.allSatisfy { deal.blockOf[Int($0)] == UInt32(block) })
            // One of the 15 most frequent, one of the next 15, ...
            for (place, item) in rows.enumerated() {
                #expect((place * 15..<place * 15 + 15).contains(ranked.firstIndex(of: item) ?? -1))
            }
        }
        #expect(members.sorted() == ranked.sorted())
    }

    @Test func aChunkKeepsEveryPairInOrder() {
        var counts = [Int64](repeating: 5, count: 300)
        counts[7] = 50
        let deal = BlockDeal(
            ranked: (0..<300).map { ItemIndex($0) }, counts: counts, options: SkipGramOptions(),
            random: RandomSource(seed: 2))
        #expect(deal.blockCount == 4)
        @Sendable func pairs(_ places: Range<Int>, _ list: inout PairList) {
            for place in places {
                var random = RandomSource(seed: 3, UInt64(place))
                list.write(atMost: 20) { writer in
                    for _ in 0..<random.below(20) {
                        let (input, output) = (ItemIndex(random.below(300)), ItemIndex(random.below(300)))
                        writer.append(input, output, bucket: deal.blockOf[Int(input)] * 4 + deal.blockOf[Int(output)])
                    }
                }
            }
        }
        var list = PairList(bucketCount: 16)
        pairs(10..<60, &list)
        let inputs = list.pairs.prefix(list.count).map { UInt32($0 >> 32) }
        let outputs = list.pairs.prefix(list.count).map { UInt32(truncatingIfNeeded: $0) }
        for threads in [1, 3] {
            let chunk = PairChunk(sentences: 10..<60, blockCount: 4, expected: 500, threads: threads, pairs: pairs)
            for a in 0..<4 {
                for b in 0..<4 {
                    let expected = inputs.indices.filter {
                        deal.blockOf[Int(inputs[$0])] == a && deal.blockOf[Int(outputs[$0])] == b
                    }
                    let range = chunk.begins[a * 4 + b]..<chunk.begins[a * 4 + b + 1]
                    #expect(range.map { chunk.inputs[$0] } == expected.map { inputs[$0] })
                    #expect(range.map { chunk.outputs[$0] } == expected.map { outputs[$0] })
                }
            }
        }
    }

    /// Levy and Goldberg 2014: the optimum of input . output is log(P(b|a) / (k noise(b))), where noise meets b only
    /// beside another output, so that the divisor has a factor 1 - P(b|a) which matters in a world of four items.
    @Test func learnsPointwiseMutualInformation() {
        struct Pairs: Sentences {
            let count = 4_000
            func sentence(_ index: Int, into items: inout [ItemIndex]) {
                var random = RandomSource(seed: 1, UInt64(index))
                let a = random.below(4)
                // Partner: 3/4 of the time its twin, else anybody else.
                let others = [0, 1, 2, 3].filter { $0 != a && $0 != (a ^ 1) }
                let b = random.below(4) < 3 ? a ^ 1 : others[random.below(2)]
                items += [ItemIndex(a), ItemIndex(b)]
            }
        }
        var options = SkipGramOptions()
        options.dimensions = 4
        options.window = 1
        options.epochs = 60
        options.learningRate = 0.05
        options.negatives = 2
        options.noiseExponent = 1
        let model = SkipGramTrainer.train(on: Pairs(), itemCount: 5, options: options, seed: 1, threads: 2).model
        func score(_ a: Int, _ b: Int) -> Double {
            (0..<4).reduce(0) { $0 + Double(model.input[a * 4 + $1]) * Double(model.output[b * 4 + $1]) }
        }
        for a in 0..<4 {
            #expect(abs(score(a, a ^ 1) - log(0.75 / (0.25 * 0.5))) < 0.25, "\(score(a, a ^ 1))")
            #expect(abs(score(a, a ^ 2) - log(0.125 / (0.875 * 0.5))) < 0.25, "\(score(a, a ^ 2))")
        }
        #expect(model.counts[4] == 0)
        #expect(model.input[16...].allSatisfy { $0 == 0 } && model.output[16...].allSatisfy { $0 == 0 })
    }

    @Test func subsamplingThinsThePopular() {
        let histories = (0..<200).map { (user: Int) -> [ItemIndex] in
            let rare = ItemIndex(1 + user % 100)
            return [0, rare, 0, rare]
        }
        let sentences = SessionSentences(of: World.interactions(histories, itemCount: 101))
        var options = SkipGramOptions()
        options.epochs = 1
        let plain = SkipGramTrainer.train(on: sentences, itemCount: 101, options: options, seed: 1, threads: 1).model
        options.subsample = 1e-4
        let thinned = SkipGramTrainer.train(on: sentences, itemCount: 101, options: options, seed: 1, threads: 1).model
        #expect(plain.counts == thinned.counts)
        let length = { (model: EmbeddingModel) in model.output[..<64].reduce(0) { $0 + $1 * $1 } }
        #expect(length(thinned) < length(plain))
    }

    @Test func emptyCorpusGivesZeros() {
        let sentences = SessionSentences(of: Interactions(users: [], itemCount: 3))
        let model = SkipGramTrainer.train(on: sentences, itemCount: 3, options: SkipGramOptions(), seed: 1, threads: 2)
            .model
        #expect(model.counts == [0, 0, 0])
        #expect(model.input.allSatisfy { $0 == 0 })
    }
}
