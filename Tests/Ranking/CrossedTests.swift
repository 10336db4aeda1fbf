import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRanking

@Suite struct CrossedTests {
    let shelf: Shelf
    init() throws { shelf = try Shelf() }

    @Test func products() {
        let context = shelf.context(
            items: [0, 1, 2], opinions: [.init(retriever: "text", scores: [3, 1, .nan])])
        let all = shelf.catalogue
        #expect(all.crossing([]).names == all.names && all.crossing([[], ["text.share"]]).names == all.names)
        let pairs = [
            ["text.share", "text.logRank"], ["text.logRank", "text.logRank"], ["text.share", "age.sinceLast"],
        ]
        let crossed = all.crossing(pairs)
        #expect(
            crossed.names.dropFirst(all.names.count)
                == ["text.share*text.logRank", "text.logRank*text.logRank", "text.share*age.sinceLast"])
        let (plain, matrix) = (all.matrix(context), crossed.matrix(context))
        for row in 0..<3 {
            for (column, name) in all.names.enumerated() {
                #expect(matrix[row, column].bitPattern == plain[row, column].bitPattern, "\(name)")
            }
        }
        let log2 = matrix[1, crossed.names.firstIndex(of: "text.logRank") ?? 0]
        let first = all.names.count
        #expect(log2 > 0 && matrix[0, first] == 0 && matrix[1, first] == 0 && matrix[2, first].isNaN)
        #expect(matrix[0, first + 1] == 0 && matrix[1, first + 1] == log2 * log2)
        #expect((0..<3).allSatisfy { matrix[$0, first + 2].isNaN })
    }

    /// Some like what is cheap and some what is dear, and a column says who: neither that nor the price orders by itself.
    @Test(arguments: [false, true]) func whatOnlyTheTwoSay(isCrossed: Bool) throws {
        let shelf = shelf
        var random = RandomSource(seed: 7)
        func request() -> (FeatureMatrix, liked: Int) {
            let taste: Float = random.below(2) == 0 ? -1 : 1
            let prices = (0..<10).map { _ in random.uniform() }
            let catalogue = FeatureCatalogue(features: [
                Given("user.taste", [Float](repeating: taste, count: 10)), Given("price", prices),
            ])
            let liked = prices.indices.max { prices[$0] * taste < prices[$1] * taste } ?? 0
            let items = [ItemIndex](repeating: 0, count: 10)
            return (
                catalogue.crossing(isCrossed ? [["user.taste", "price"]] : []).matrix(shelf.context(items: items)),
                liked
            )
        }
        var examples = Examples(names: request().0.names)
        for _ in 0..<100 {
            let (matrix, liked) = request()
            examples.append(matrix, labels: (0..<10).map { $0 == liked }, missedPositives: 0)
        }
        let (ranker, report) = try ConditionalLogit.fit(examples, scenario: "home", threads: 1)
        let first = (0..<100).count { _ in
            let (matrix, liked) = request()
            return ranks(of: ranker.scores(of: matrix))[liked] == 0
        }
        if isCrossed {
            #expect(report.loss < 0.5 * report.lossBefore && first > 85, "first \(first) of 100")
        } else {
            // Who always shows the dearest pleases half of them.
            #expect(report.loss > 0.95 * report.lossBefore && first < 70, "first \(first) of 100")
        }
    }
}

/// One column of given values.
private struct Given: Feature {
    let columns: [String]
    let values: [Float]

    init(_ name: String, _ values: [Float]) {
        columns = [name]
        self.values = values
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        for (row, value) in values.enumerated() { matrix[row, 0] = value }
    }
}
