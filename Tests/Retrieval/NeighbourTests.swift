import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct NeighbourTests {
    /// RP3beta as two dense matrix products: P_iu^alpha P_ui^alpha, columns divided by popularity^beta.
    static func dense(_ interactions: Interactions, _ options: NeighbourOptions) -> [[Double]] {
        let n = interactions.itemCount
        let users = interactions.positiveSequences().map { Set($0) }
        let popularity = (0..<n).map { item in
            Double(users.reduce(0) { $0 + ($1.contains(ItemIndex(item)) ? 1 : 0) })
        }
        var weights = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        for items in users {
            for a in items {
                for b in items where a != b {
                    weights[Int(a)][Int(b)] +=
                        pow(1 / popularity[Int(a)], options.alpha) * pow(1 / Double(items.count), options.alpha)
                        * pow(popularity[Int(b)], -options.beta)
                }
            }
        }
        return weights
    }

    @Test(arguments: UInt64(0)..<10) func agreesWithDenseProducts(seed: UInt64) throws {
        var random = RandomSource(seed: seed, 5)
        let interactions = World.random(seed: seed, users: 30, itemCount: 25)
        var options = NeighbourOptions()
        options.alpha = 0.5 + Double(random.below(10)) / 10
        options.beta = Double(random.below(8)) / 10
        options.recencyDecay = [1, 0.9][random.below(2)]
        let folder = try TemporaryFolder()
        let report = try RP3Beta.build(
            from: interactions, options: options, threads: 2, to: folder.file("neighbours"))
        let table = try NeighbourTable(opening: folder.file("neighbours"))
        let weights = Self.dense(interactions, options)
        #expect(report.edges == weights.joined().reduce(0) { $0 + ($1 > 0 ? 1 : 0) })
        for item in 0..<25 {
            let row = table.neighbours(of: ItemIndex(item))
            #expect(row.map(\.item) == (0..<25).filter { weights[item][$0] > 0 }.map { ItemIndex($0) })
            for (other, weight) in row { #expect(abs(Double(weight) - weights[item][Int(other)]) < 1e-6) }
        }
        let retriever = NeighbourRetriever(table)
        let history: [ItemIndex] = [2, 0, 9]
        let query = World.query(history, itemCount: 25)
        for (item, score) in zip(0..<25, retriever.scores(of: (0..<25).map { ItemIndex($0) }, for: query))
        where !score.isNaN {
            let expected = history.enumerated().reduce(0.0) {
                $0 + pow(options.recencyDecay, Double($1.offset)) * weights[Int($1.element)][item]
            }
            #expect(abs(Double(score) - expected) < 1e-6)
        }
    }

    @Test func keepsTheBest() throws {
        let interactions = World.random(seed: 5, users: 30, itemCount: 25)
        var options = NeighbourOptions()
        let folder = try TemporaryFolder()
        _ = try RP3Beta.build(from: interactions, options: options, threads: 1, to: folder.file("all"))
        options.topN = 2
        _ = try RP3Beta.build(from: interactions, options: options, threads: 1, to: folder.file("two"))
        let all = try NeighbourTable(opening: folder.file("all"))
        let two = try NeighbourTable(opening: folder.file("two"))
        for item in ItemIndex(0)..<25 {
            let best = all.neighbours(of: item).sorted { ($0.weight, $1.item) > ($1.weight, $0.item) }.prefix(2)
            #expect(two.neighbours(of: item).map(\.item) == best.map(\.item).sorted())
        }
    }
}
