import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// The tables of neighbours against their definitions, in Doubles and without thrift.
@Suite struct TableTests {
    let folder: TemporaryFolder
    var url: URL { folder.file("table") }
    init() throws { folder = try TemporaryFolder() }

    func expect(_ weights: [[Double]], limit: Int = 200, within tolerance: Double = 1e-6) throws -> NeighbourTable {
        let table = try NeighbourTable(opening: url)
        for (item, row) in weights.enumerated() {
            let found = table.neighbours(of: ItemIndex(item))
            let expected = row.indices.filter { row[$0] > tolerance }
            #expect(found.count <= limit)
            if expected.count <= limit {
                // A weight that is 0 but for rounding may stand there or not.
                #expect(Set(expected.map { ItemIndex($0) }).subtracting(found.map(\.item)).isEmpty)
            }
            for (other, weight) in found { #expect(abs(Double(weight) - row[Int(other)]) < tolerance) }
        }
        return table
    }

    // MARK: Windows

    @Test func windowsWeigh() {
        let day: Int64 = 86_400_000
        let history = (0..<6).map {
            Interest(item: ItemIndex($0), time: Timestamp(milliseconds: -Int64($0) * day), weight: $0 == 2 ? 0 : 1)
        }
        func weights(_ window: HistoryWindow) -> [Float] {
            var weights = [Float](repeating: 0, count: 6)
            window.forEach(history) { weights[Int($0)] = $1 }
            return weights
        }
        #expect(weights(HistoryWindow(items: 3)) == [1, 1, 0, 0, 0, 0])
        #expect(weights(HistoryWindow(items: 4, recencyDecay: 0.5)) == [1, 0.5, 0, 0.125, 0, 0])
        #expect(weights(HistoryWindow(items: 4, halfLifeDays: 1)) == [1, 0.5, 0, 0.125, 0, 0])
        #expect(weights(HistoryWindow(items: 9, recencyDecay: 0)) == [1, 0, 0, 0, 0, 0])
        // Any clock.
        let ends = [Int64.max, 0, .min].map { Interest(item: 1, time: Timestamp(milliseconds: $0)) }
        HistoryWindow(items: 3, halfLifeDays: 1).forEach(ends) { #expect($1 >= 0 && $1 <= 1 && $0 == 1) }
        HistoryWindow(items: 3, halfLifeDays: 1).forEach([]) { _, _ in Issue.record("nothing is there") }
    }

    /// "recent" is the same table asked with five items.
    @Test func theRecentWindowForgets() throws {
        let interactions = World.interactions([[0, 1], [0, 1], [2, 3], [2, 3]], itemCount: 4)
        _ = try Cosine.build(from: interactions, options: CosineOptions(), threads: 1, to: url)
        let both = NeighbourRetriever.all(try NeighbourTable(opening: url))
        #expect(both.map(\.name) == ["cosine", "cosine-recent"])
        let query = World.query([0, 0, 0, 0, 0, 2], itemCount: 4)
        #expect(both[0].scores(of: [3], for: query)[0] > 0 && both[1].scores(of: [3], for: query) == [0])
        var options = CosineOptions()
        options.recent.items = 0
        _ = try Cosine.build(from: interactions, options: options, threads: 1, to: url)
        #expect(NeighbourRetriever.all(try NeighbourTable(opening: url)).map(\.name) == ["cosine"])
    }

    // MARK: Methods

    @Test(arguments: UInt64(0)..<6) func cosines(seed: UInt64) throws {
        let interactions = World.random(seed: seed, users: 30, itemCount: 25)
        var options = CosineOptions()
        options.shrinkage = Double(seed)
        _ = try Cosine.build(from: interactions, options: options, threads: 2, to: url)
        let users = interactions.positiveSequences().map { Set($0) }
        func together(_ a: Int, _ b: Int) -> Double {
            Double(users.count { $0.contains(ItemIndex(a)) && $0.contains(ItemIndex(b)) })
        }
        _ = try expect(
            (0..<25).map { a in
                (0..<25).map { b in
                    if a == b || together(a, b) == 0 { return 0 }
                    return together(a, b) / ((together(a, a) * together(b, b)).squareRoot() + options.shrinkage)
                }
            })
    }

    @Test(arguments: UInt64(0)..<6) func transitions(seed: UInt64) throws {
        let interactions = World.random(seed: seed, users: 20, itemCount: 25)
        var options = TransitionOptions()
        options.window = 3 + Int(seed)
        options.backward = [0, 0.25][Int(seed % 2)]
        options.gapExponent = [1, 0.5][Int(seed / 2 % 2)]
        options.beta = 0.2
        _ = try Transitions.build(from: interactions, options: options, threads: 2, to: url)
        var weights = [[Double]](repeating: [Double](repeating: 0, count: 25), count: 25)
        for rows in interactions.byUser() {
            let liked = rows.filter { interactions.isPositive[$0] }
            for (p, from) in liked.enumerated() {
                for (q, to) in liked.enumerated() where q > p && q - p <= options.window {
                    let (a, b) = (Int(interactions.item[from]), Int(interactions.item[to]))
                    if a == b { continue }
                    let weight = pow(Double(q - p), -options.gapExponent)
                    let isLevel = interactions.time[from] == interactions.time[to]
                    weights[a][b] += isLevel ? weight * (1 + options.backward) / 2 : weight
                    weights[b][a] += isLevel ? weight * (1 + options.backward) / 2 : weight * options.backward
                }
            }
        }
        let popularity = interactions.positivesPerItem().map { Double(max($0, 1)) }
        for a in 0..<25 {
            for b in 0..<25 { weights[a][b] *= pow(popularity[a], -options.alpha) * pow(popularity[b], -options.beta) }
        }
        _ = try expect(weights)
    }

    /// What came after is proposed, what came before hardly; events of one moment have no order.
    @Test func transitionsHaveADirection() throws {
        var interactions = World.interactions([[0, 1], [0, 1], [0, 1]], itemCount: 3)
        _ = try Transitions.build(from: interactions, options: TransitionOptions(), threads: 1, to: url)
        var table = try NeighbourTable(opening: url)
        #expect(table.neighbours(of: 0)[0].weight > 5 * table.neighbours(of: 1)[0].weight)
        interactions.time = interactions.time.map { _ in 0 }
        _ = try Transitions.build(from: interactions, options: TransitionOptions(), threads: 1, to: url)
        table = try NeighbourTable(opening: url)
        #expect(table.neighbours(of: 0)[0].weight == table.neighbours(of: 1)[0].weight)
    }

    /// Where a history ends there is no transition on, and still the last item is one that can be proposed.
    @Test func theLastItemIsKnown() throws {
        var options = TransitionOptions()
        options.backward = 0
        _ = try Transitions.build(
            from: World.interactions([[0, 1, 2]], itemCount: 4), options: options, threads: 1, to: url)
        let retriever = NeighbourRetriever(try NeighbourTable(opening: url))
        let query = World.query([1, 0], itemCount: 4)
        #expect(retriever.candidates(for: query, limit: 9, deadline: .none).map(\.item) == [2, 1])
        let scores = retriever.scores(of: [0, 2, 3], for: query)
        #expect(scores[0] == 0 && scores[1] > 0 && scores[2].isNaN)
        #expect(retriever.candidates(for: World.query([2], itemCount: 4), limit: 9, deadline: .none).isEmpty)
    }

    /// The inverse of a dense matrix, by Gauss and Jordan with pivots.
    static func inverse(_ matrix: [[Double]]) -> [[Double]] {
        let n = matrix.count
        var a = matrix.enumerated().map { i, row in row + (0..<n).map { $0 == i ? 1 : 0 } }
        for column in 0..<n {
            let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
            a.swapAt(column, pivot)
            let scale = 1 / a[column][column]
            for j in 0..<2 * n { a[column][j] *= scale }
            for row in 0..<n where row != column {
                let factor = a[row][column]
                for j in 0..<2 * n { a[row][j] -= factor * a[column][j] }
            }
        }
        return a.map { Array($0[n...]) }
    }

    /// - Parameter items: those that take part, ascending.
    static func ease(_ interactions: Interactions, _ items: [Int], regularisation: Double) -> [[Double]] {
        let users = interactions.positiveSequences().map { Set($0) }
        let gram = items.map { a in
            items.map { b in
                Double(users.count { $0.contains(ItemIndex(a)) && $0.contains(ItemIndex(b)) })
                    + (a == b ? regularisation : 0)
            }
        }
        let p = inverse(gram)
        var weights = [[Double]](
            repeating: [Double](repeating: 0, count: interactions.itemCount), count: interactions.itemCount)
        for (i, a) in items.enumerated() {
            for (j, b) in items.enumerated() where a != b { weights[a][b] = -p[i][j] / p[j][j] }
        }
        return weights
    }

    @Test(arguments: UInt64(0)..<6) func ease(seed: UInt64) throws {
        let interactions = World.random(seed: seed, users: 60, itemCount: 40)
        var options = EASEOptions()
        options.regularisation = [1, 20, 400][Int(seed % 3)]
        let report = try EASE.build(from: interactions, options: options, threads: 2, to: url)
        let counts = interactions.positivesPerItem()
        let liked = counts.indices.filter { counts[$0] > 0 }
        _ = try expect(Self.ease(interactions, liked, regularisation: options.regularisation), within: 2e-6)
        #expect(report.nodes <= liked.count)
    }

    /// Of more items than are to take part, the most liked do.
    @Test func easeOfTheHead() throws {
        let interactions = World.random(seed: 3, users: 60, itemCount: 40)
        var options = EASEOptions()
        options.maximumItems = 10
        options.topN = 4
        _ = try EASE.build(from: interactions, options: options, threads: 2, to: url)
        let table = try NeighbourTable(opening: url)
        let users = interactions.positiveSequences().map { Set($0) }
        let popularity = (0..<40).map { item in users.count { $0.contains(ItemIndex(item)) } }
        let head = (0..<40).sorted { (popularity[$1], $0) < (popularity[$0], $1) }.prefix(10).sorted()
        let weights = Self.ease(interactions, head, regularisation: options.regularisation)
        for item in 0..<40 {
            let best = weights[item].indices.filter { weights[item][$0] > 1e-6 }
                .sorted { weights[item][$0] > weights[item][$1] }.prefix(4)
            let found = table.neighbours(of: ItemIndex(item)).filter { $0.weight > 1e-6 }
            #expect(found.map { Int($0.item) } == best.sorted())
        }
        options.maximumItems = 0
        #expect(try EASE.build(from: interactions, options: options, threads: 2, to: url).edges == 0)
    }

    /// A regularisation that drowns in the counts is no trap.
    @Test func easeThatCannotBe() throws {
        let interactions = World.interactions(
            [[ItemIndex]](repeating: [0, 1], count: 3_000) + [[2]], itemCount: 3)
        var options = EASEOptions()
        options.regularisation = 1e-9
        let error = try #require(throws: NeighbourError.self) {
            try EASE.build(from: interactions, options: options, threads: 1, to: url)
        }
        #expect(error.description.contains("ease.regularisation") && error.description.contains("maximumItems"))
    }

    // MARK: Layouts

    /// Files of today, written by the program from five users with `abc`, `abd`, `bce`, `abce` and `de`. When one cannot
    /// be read any more, its layout has changed: give it a number, keep reading this one, add a file.
    @Test func goldenFiles() throws {
        let golden = try #require(Bundle.module.resourceURL).appendingPathComponent("Golden")
        let table = try NeighbourTable(opening: golden.appendingPathComponent("neighbours-2.safetensors"), itemCount: 5)
        #expect(table.method == .transitions)
        #expect(
            table.windows == [
                HistoryWindow(items: 20, recencyDecay: 0.8),
                HistoryWindow(items: 5, recencyDecay: 0.6, halfLifeDays: 7),
            ])
        let query = World.query([1, 0], excluding: [0, 1], itemCount: 5)
        let retrievers = NeighbourRetriever.all(table)
        #expect(retrievers.map(\.name) == ["transitions", "transitions-recent"])
        for retriever in retrievers {
            #expect(retriever.candidates(for: query, limit: 9, deadline: .none).map(\.item) == [2, 3, 4])
        }
        let sessions = try SessionRetriever(
            opening: golden.appendingPathComponent("sessions-1.safetensors"), itemCount: 5)
        #expect(Array(sessions.index.items(of: 1)) == [0, 1, 2, 4] && sessions.index.options == SessionOptions())
        #expect(sessions.candidates(for: query, limit: 9, deadline: .none).map(\.item) == [2, 4, 3])
    }

    /// As bundles had it before there were other methods.
    @Test func layoutOne() throws {
        var writer = TensorFileWriter(
            kind: "neighbours", layout: 1,
            metadata: [
                "options":
                    #"{"alpha":0.3,"beta":0.5,"historyLimit":10000,"recencyDecay":0.5,"topN":200}"#
            ])
        writer.add("offsets", [0, 1, 2, 2] as [Int64])
        writer.add("items", [1, 0] as [UInt32])
        writer.add("weights", [0.5, 0.25] as [Float])
        try writer.write(to: url)
        let retrievers = NeighbourRetriever.all(try NeighbourTable(opening: url, itemCount: 3))
        #expect(retrievers.map(\.name) == ["neighbours"])
        #expect(retrievers[0].scores(of: [0, 1], for: World.query([0, 1], itemCount: 3)) == [0.125, 0.5])
    }
}
