import MagpieDomain
import Testing

@testable import MagpieRanking

@Suite struct LeftOutTests {
    let shelf: Shelf
    init() throws { shelf = try Shelf() }

    @Test func names() {
        let all = shelf.catalogue
        #expect(all.without([]).names == all.names)
        let without = all.without(["text.", "age.sinceFirst", "no such"])
        #expect(without.names == all.names.filter { !$0.hasPrefix("text.") && $0 != "age.sinceFirst" })
        #expect(without.names.count < all.names.count - 1 && without.names.contains("age.sinceLast"))
        #expect(all.without([""]).names.isEmpty && all.has("embedding.") && !all.has("bm25"))
    }

    /// What is kept is what it would have been.
    @Test func valuesStay() throws {
        let all = shelf.catalogue
        let context = shelf.context(
            items: [0, 1, 2, 4], history: [3, 1], text: "red dragon",
            opinions: [.init(retriever: "text", scores: [3, 1, .nan, 2])],
            similarities: [Likeness(name: "embedding", values: (0..<7).map { i in (0..<7).map { Float(i * $0) / 36 } })]
        )
        let whole = all.matrix(context)
        #expect(whole.values.contains { !$0.isNaN })
        for beginnings in [
            ["text.share"], ["text."], ["embedding.toLast", "age.sinceLast"], ["quality", "popularity"],
        ] {
            let part = all.without(beginnings).matrix(context)
            #expect(part.rowCount == whole.rowCount && part.names.count < whole.names.count)
            for (column, name) in part.names.enumerated() {
                let from = try #require(whole.names.firstIndex(of: name))
                for row in 0..<whole.rowCount {
                    #expect(part[row, column].bitPattern == whole[row, from].bitPattern, "\(name)")
                }
            }
        }
    }
}
