import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct ItemGraphTests {
    static func open(_ interactions: Interactions, _ options: ItemGraphOptions) throws -> ItemGraph {
        let folder = try TemporaryFolder()
        _ = try ItemGraph.build(from: interactions, options: options, seed: 1, threads: 2, to: folder.file("graph"))
        return try ItemGraph(opening: folder.file("graph"))
    }

    /// The formula of ``ItemGraphOptions``, pair by pair into a dense table.
    static func naive(_ interactions: Interactions, _ options: ItemGraphOptions) -> [[Double]] {
        let n = interactions.itemCount
        var votes = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        for rows in interactions.byUser() {
            let rows = rows.filter { interactions.isPositive[$0] }.suffix(options.historyLimit)
            let items = rows.map { Int(interactions.item[$0]) }
            let times = rows.map { interactions.time[$0] }
            let length = Double(max(items.count - 1, 1))
            for a in items.indices {
                for b in items.indices where items[a] != items[b] {
                    votes[items[a]][items[b]] += options.coRatingWeight * pow(length, -options.coRatingLengthExponent)
                    let between = zip(times[min(a, b)...max(a, b)], times[min(a, b)...max(a, b)].dropFirst())
                    let pause = options.sessionGapMinutes.map { gap in
                        between.contains { $0.1 - $0.0 > Int64(gap) * 60_000 }
                    }
                    if abs(a - b) > options.window || pause == true { continue }
                    votes[items[a]][items[b]] +=
                        options.sequenceWeight * pow(Double(abs(a - b)), -options.gapExponent)
                        * pow(length, -options.sequenceLengthExponent) * (b < a ? options.backward : 1)
                }
            }
        }
        let popularity = interactions.positivesPerItem()
        for a in 0..<n {
            for b in 0..<n { votes[a][b] *= pow(Double(max(popularity[b], 1)), -options.popularityDiscount) }
        }
        return votes
    }

    @Test(arguments: UInt64(0)..<12) func agreesWithPairByPair(seed: UInt64) throws {
        var random = RandomSource(seed: seed, 77)
        let interactions = World.random(seed: seed, users: 25, itemCount: 30)
        var options = ItemGraphOptions()
        options.window = 1 + random.below(6)
        options.gapExponent = Double(random.below(3)) / 2
        options.backward = [1, 0.5, 0][random.below(3)]
        options.sequenceLengthExponent = Double(random.below(2))
        options.sessionGapMinutes = [nil, 20][random.below(2)]
        options.coRatingWeight = Double(random.below(3))
        options.popularityDiscount = [0, 0.4, -0.3][random.below(3)]
        let graph = try Self.open(interactions, options)
        let votes = Self.naive(interactions, options)
        for item in 0..<30 {
            let edges = graph.edges(from: ItemIndex(item))
            #expect(edges.map(\.item) == (0..<30).filter { votes[item][$0] > 0 }.map { ItemIndex($0) })
            for edge in edges {
                let expected = votes[item][Int(edge.item)]
                #expect(abs(Double(edge.weight) - expected) < 1e-5 * max(1, expected), "seed \(seed)")
            }
        }
        #expect(graph.popularity.map { Int($0) } == interactions.positivesPerItem())
    }

    @Test func keepsTheHeaviestEdges() throws {
        let interactions = World.random(seed: 5, users: 30, itemCount: 25)
        var options = ItemGraphOptions()
        let all = try Self.open(interactions, options)
        options.edgesPerNode = 3
        let few = try Self.open(interactions, options)
        for item in ItemIndex(0)..<25 {
            let best = all.edges(from: item).sorted { ($0.weight, $1.item) > ($1.weight, $0.item) }.prefix(3)
            #expect(few.edges(from: item).map(\.item) == best.map(\.item).sorted())
        }
    }
}

@Suite struct RandomWalksTests {
    static func walks(_ change: (inout RandomWalkOptions) -> Void = { _ in }) throws -> (RandomWalks, ItemGraph) {
        let interactions = World.random(seed: 8, users: 40, itemCount: 30)
        let graph = try ItemGraphTests.open(interactions, ItemGraphOptions())
        var options = RandomWalkOptions()
        options.walksPerNode = 10
        change(&options)
        return (RandomWalks(on: graph, options: options, seed: 4, threads: 2), graph)
    }

    @Test func followEdgesFromEveryNode() throws {
        let (walks, graph) = try Self.walks()
        var starts = [Int](repeating: 0, count: 30)
        for index in 0..<walks.count {
            var items: [ItemIndex] = []
            walks.sentence(index, into: &items)
            #expect(items.count == 10)
            starts[Int(items[0])] += 1
            for (a, b) in zip(items, items.dropFirst()) { #expect(graph.edges(from: a).contains { $0.item == b }) }
        }
        for node in ItemIndex(0)..<30 {
            #expect(starts[Int(node)] == walks.walkCount(of: node))
            #expect((starts[Int(node)] == 0) == graph.edges(from: node).isEmpty)
        }
    }

    @Test func stepsAreDrawnByWeight() throws {
        let (walks, graph) = try Self.walks { $0.length = 2 }
        let edges = graph.edges(from: 0)
        var seen = [Int](repeating: 0, count: 30)
        for n in 0..<20_000 {
            var items: [ItemIndex] = []
            walks.walk(node: 0, n: n, into: &items)
            seen[Int(items[1])] += 1
        }
        let total = edges.reduce(0) { $0 + $1.weight }
        for edge in edges {
            #expect(abs(Float(seen[Int(edge.item)]) / 20_000 - edge.weight / total) < 0.015)
        }
    }

    @Test func popularityDecidesHowMany() throws {
        let (alike, graph) = try Self.walks { $0.popularityExponent = 0 }
        let (popular, _) = try Self.walks { $0.popularityExponent = 1 }
        let nodes = (ItemIndex(0)..<30).filter { !graph.edges(from: $0).isEmpty }
        #expect(nodes.allSatisfy { alike.walkCount(of: $0) == 10 })
        let loved = try #require(nodes.max { graph.popularity[Int($0)] < graph.popularity[Int($1)] })
        let unloved = try #require(nodes.min { graph.popularity[Int($0)] < graph.popularity[Int($1)] })
        #expect(popular.walkCount(of: loved) > 10)
        #expect(popular.walkCount(of: unloved) < 10)
        #expect(abs(popular.count - alike.count) <= nodes.count)
    }

    @Test func restartComesHome() throws {
        let (walks, graph) = try Self.walks {
            $0.restart = 1
            $0.length = 20
        }
        var items: [ItemIndex] = []
        walks.walk(node: 0, n: 0, into: &items)
        let neighbours = graph.edges(from: 0).map(\.item)
        #expect(items.dropFirst().allSatisfy { neighbours.contains($0) })
    }

    @Test func sessionsAreCutAtPauses() {
        var table = Interactions(users: [UserKey(1), UserKey(2)], itemCount: 9)
        for (seq, row) in [(0, 1, 0), (1, 2, 5), (0, 3, 10), (0, 4, 100), (0, 5, 101)].enumerated() {
            table.append(
                seq: Int64(seq), user: UInt32(row.0), item: ItemIndex(row.1), time: Int64(row.2) * 60_000, weight: 1,
                isPositive: true)
        }
        func all(_ sentences: any Sentences) -> [[ItemIndex]] {
            (0..<sentences.count).map { index in
                var items: [ItemIndex] = []
                sentences.sentence(index, into: &items)
                return items
            }
        }
        let whole = SessionSentences(of: table)
        #expect(all(whole) == [[1, 3, 4, 5], [2]])
        let cut = SessionSentences(of: table, gapMinutes: 30)
        #expect(all(cut) == [[1, 3], [4, 5], [2]])
        #expect(all(JoinedSentences([whole, cut])) == [[1, 3, 4, 5], [2], [1, 3], [4, 5], [2]])
    }
}
