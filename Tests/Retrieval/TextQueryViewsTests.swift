import MagpieKernels
import MagpieRetrieval
import Testing

@Suite struct QueryViewsTests {
    let matrix = EncoderText(title: "Matrix, The (1999)", keywords: ["Action", "Sci-Fi"])

    @Test func sameSeedSameViews() {
        var a = RandomSource(seed: 1)
        var b = RandomSource(seed: 1)
        var c = RandomSource(seed: 2)
        let views = QueryViews.views(of: matrix, count: 50, using: &a)
        #expect(views == QueryViews.views(of: matrix, count: 50, using: &b))
        #expect(views != QueryViews.views(of: matrix, count: 50, using: &c))
        #expect(views.count == 50)
    }

    @Test func cleanViewsAreWaysToSayIt() {
        var random = RandomSource(seed: 3)
        let parts = TitleParts(matrix.title)
        var seen: Set<String> = []
        for _ in 0..<500 {
            seen.insert(QueryViews.cleanView(of: matrix, parts: parts, using: &random) ?? "")
        }
        for expected in [
            "the matrix", "matrix", "the matrix 1999", "matrix sci-fi", "the matrix action 1999", "matrix the",
            "the mat", "the matr",
        ] {
            #expect(seen.contains(expected))
        }
        #expect(seen.allSatisfy { $0.contains("mat") })
    }

    @Test func whatItIsAboutIsAskedForToo() {
        var random = RandomSource(seed: 6)
        let text = EncoderText(title: "Up (2009)", other: "A widower ties balloons to his house. He flies away.")
        let seen = Set(
            (0..<400).compactMap { _ in QueryViews.cleanView(of: text, parts: TitleParts(text.title), using: &random) })
        #expect(seen.contains { $0.hasPrefix("balloons to") || $0.contains("widower ties") })
        #expect(!seen.contains { $0.contains("flies") }, "of the first sentence alone")
    }

    @Test func realQueriesAreHalfOfAll() {
        var random = RandomSource(seed: 7)
        let text = EncoderText(title: "Up (2009)", queries: ["balloon house film", "pixar old man"])
        let views = QueryViews.views(of: text, count: 400, using: &random)
        for query in text.queries { #expect((60...140).contains(views.count { $0 == query })) }
    }

    @Test func noTitleNoViews() {
        var random = RandomSource(seed: 4)
        #expect(QueryViews.views(of: EncoderText(title: " ", keywords: ["Drama"]), count: 5, using: &random).isEmpty)
    }

    /// A typing error is one Damerau-Levenshtein step, and never none.
    @Test func typosAreOneStepAway() {
        for text in ["the matrix", "amélie", "up", "it 2017", "aa", "x", "schindler's list"] {
            for seed in 0..<200 {
                var random = RandomSource(seed: UInt64(seed))
                let typo = QueryViews.withTypo(text, using: &random)
                #expect(!typo.isEmpty)
                #expect(damerau(Array(text.unicodeScalars), Array(typo.unicodeScalars)) == 1, "\(text) -> \(typo)")
            }
        }
    }

    @Test func nothingToMisspell() {
        var random = RandomSource(seed: 5)
        #expect(QueryViews.withTypo("1984", using: &random) == "1984")
        #expect(QueryViews.withTypo("", using: &random) == "")
    }

    private func damerau(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count {
            for j in 0...b.count {
                if i == 0 || j == 0 {
                    table[i][j] = i + j
                    continue
                }
                var least = min(table[i - 1][j], table[i][j - 1]) + 1
                least = min(least, table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    least = min(least, table[i - 2][j - 2] + 1)
                }
                table[i][j] = least
            }
        }
        return table[a.count][b.count]
    }
}
