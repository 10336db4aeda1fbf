import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieRanking

/// Features of what a candidate says and what the user likes or asks for. Computed by hand.
@Suite struct FeatureTasteTests {
    let shelf: Shelf
    static let day: Int64 = 86_400_000

    init() throws { shelf = try Shelf() }

    @Test func keywordTaste() {
        let feature = KeywordTaste(attribute: "genres", shelf.table, Shares([]))
        // Of seven items x has two, y two, z two. The user liked b (x) twice and c (y, z) once.
        let base: Float = 2.0 / 7
        func rate(_ count: Float) -> Float { (count + 5 * base) / 8 }
        let values = columns(feature, shelf.context(items: [0, 1, 3, 4], history: [1, 2, 1]))
        #expect(close(values[2], [(rate(2) + rate(1)) / 2, rate(2), rate(1), .nan]))
        #expect(close(values[3], [rate(2), rate(2), rate(1), .nan]))
        #expect(
            close(
                values[4],
                [(log(rate(2) / base) + log(rate(1) / base)) / 2, log(rate(2) / base), log(rate(1) / base), .nan]))
        #expect(close(values[5], [Float(log(3.0)), Float(log(2.0)), Float(log(2.0)), .nan]))
        // All at one moment, so that nothing has decayed and every hour is the same.
        let plain = columns(
            KeywordAffinity(attribute: "genres"), shelf.context(items: [0, 1, 3, 4], history: [1, 2, 1]))
        #expect(close(values[0], plain[0]) && close(values[1], plain[0]))
        // Without a history only the candidate's own words are known.
        let nobody = columns(feature, shelf.context(items: [0], history: []))
        #expect(nobody[5] == [Float(log1p(2.0))] && allUnknown(Array(nobody.dropLast())))
        #expect(
            allUnknown(columns(KeywordTaste(attribute: "none", shelf.table, Shares([])), shelf.context(items: [0]))))
    }

    /// Popular items say more about what is usual.
    @Test func whatIsUsualIsWeighed() {
        let feature = KeywordTaste(attribute: "genres", shelf.table, Shares([0, 0.75, 0.25, .nan, .nan, 0, 0]))
        let values = columns(feature, shelf.context(items: [1, 3], history: [1]))
        #expect(close(values[4], [Float(log((1 + 5 * 0.75) / 6 / 0.75)), Float(log((5 * 0.25) / 6 / 0.25))]))
    }

    @Test func tasteDecaysAndHasHours() {
        let now = Timestamp(milliseconds: 1_000 * Self.day + 20 * 3_600_000)
        var context = shelf.context(items: [1, 3], now: now)
        // b (x) 60 days before d (z), at the other end of the day.
        context.query.history = [
            Interest(item: 3, time: Timestamp(milliseconds: 990 * Self.day + 8 * 3_600_000)),
            Interest(item: 1, time: Timestamp(milliseconds: 930 * Self.day + 8 * 3_600_000)),
        ]
        let feature = KeywordTaste(attribute: "genres", shelf.table, Shares([]))
        let values = columns(feature, context)
        let length = Float(1 + 0.25 * 0.25).squareRoot()
        #expect(close(values[0], [0.25 / length, 1 / length]) && unknown(values[1]))
        context.query.history[1].time = Timestamp(milliseconds: 930 * Self.day + 22 * 3_600_000)
        #expect(close(columns(feature, context)[1], [1, 0]))
        // Across midnight.
        context.now = Timestamp(milliseconds: 1_000 * Self.day + 1_800_000)
        #expect(close(columns(feature, context)[1], [1, 0]))
    }

    /// A dictionary too large for one number a word gives the same numbers.
    @Test func largeDictionaries() throws {
        let folder = try TemporaryFolder()
        let entries = (0..<9_000).map { n in
            Entry<Item>(
                id: ItemID("i\(String(10_000 + n))"),
                attributes: ["tags": .keywords(["t\(n)", "t\((n * 7) % 9_000)", "t\(n % 10)"])])
        }
        try ItemTable.write(entries, schema: ["tags": .keywords], to: folder.file("items.safetensors"))
        let table = try ItemTable(folder.file("items.safetensors"))
        let keywords = try #require(table.keywords("tags"))
        #expect(keywords.dictionary.count > 8_192)
        let history = [12, 5, 8_999, 12, 22].map { Interest(item: $0, time: Timestamp(milliseconds: 0)) }
        let weights = WordWeights(history, keywords) { _, words in Float(words) }
        var naive: [UInt32: Float] = [:]
        for interest in history {
            let range = keywords.range(of: Int(interest.item))
            for at in range { naive[keywords.values[at], default: 0] += Float(range.count) }
        }
        for word in 0..<UInt32(keywords.dictionary.count) { #expect(weights[word] == naive[word] ?? 0) }
        #expect(abs(weights.norm * weights.norm - naive.values.reduce(0) { $0 + $1 * $1 }) < 1e-2)
        #expect(weights.itemCount == 5)
    }

    private func shop() throws -> (ItemTable, TemporaryFolder) {
        let folder = try TemporaryFolder()
        let entries = [("a", 10.0), ("b", 20), ("c", 40), ("d", 0), ("e", -3)].map { id, price in
            Entry<Item>(id: ItemID(id), attributes: ["price": .number(price)])
        }
        try ItemTable.write(entries, schema: ["price": .number], to: folder.file("items.safetensors"))
        return (try ItemTable(folder.file("items.safetensors")), folder)
    }

    @Test func priceTaste() throws {
        let (table, folder) = try shop()
        defer { withExtendedLifetime(folder) {} }
        var context = shelf.context(items: [0, 1, 2, 3, 4])
        context.table = table
        // Liked a and c: usually 20.
        context.query.history = [0, 2].map { Interest(item: $0, time: context.now) }
        let two = Float(log(2.0))
        let liked = columns(PriceTaste(), context)
        #expect(close(liked[0], [-two, 0, two, .nan, .nan]) && close(liked[1], [two, 0, two, .nan, .nan]))
        #expect(close(liked[2], [-1, 0, 1, .nan, .nan]))
        #expect(close(liked[3], [-two, 0, two, .nan, .nan]))
        #expect(close(liked[4], [Float(log(3.0)), two, 0, .nan, .nan]))
        // What was paid goes before what was liked.
        context.userState = shelf.user([shelf.touch(0, at: 0, purchase: Purchase(price: 4_000, quantity: 100))])
        let paid = columns(PriceTaste(), context)
        #expect(close(paid[0], [-2 * two, -two, 0, .nan, .nan]))
        #expect(close(paid[2], [-2 * two / 0.1, -two / 0.1, 0, .nan, .nan], tolerance: 1e-4))
    }

    @Test func seedMatch() {
        let likeness = Likeness(name: "embedding", values: [[1, 0.5, .nan], [], []])
        let context = shelf.context(items: [0, 1, 2], seed: 0, similarities: [likeness])
        #expect(same(columns(SeedSimilarity(similarity: "embedding"), context)[0], [1, 0.5, .nan]))
        // a is x, y; b is x; c is y, z.
        #expect(close(columns(SeedKeywords(attribute: "genres"), context)[0], [1, 1 / Float(2).squareRoot(), 0.5]))
        #expect(close(columns(SeedNumber(attribute: "year"), context)[0], [0, 10, 20]))
        let none = shelf.context(items: [0, 1, 2], similarities: [likeness])
        for feature: any Feature in [
            SeedSimilarity(similarity: "embedding"), SeedKeywords(attribute: "genres"), SeedNumber(attribute: "year"),
        ] { #expect(allUnknown(columns(feature, none))) }
        // Nothing is the number of this one.
        #expect(allUnknown(columns(SeedNumber(attribute: "year"), shelf.context(items: [0, 5], seed: 3))))
    }

    @Test func timeAge() throws {
        let folder = try TemporaryFolder()
        let entries = [("a", Int64(1)), ("b", 5)].map { id, day in
            Entry<Item>(id: ItemID(id), attributes: ["createdAt": .time(Timestamp(milliseconds: day * Self.day))])
        }
        try ItemTable.write(
            entries + [Entry(id: "c")], schema: ["createdAt": .time], to: folder.file("items.safetensors"))
        var context = shelf.context(items: [0, 1, 2], now: Timestamp(milliseconds: 4 * Self.day))
        context.table = try ItemTable(folder.file("items.safetensors"))
        #expect(close(columns(TimeAge(attribute: "createdAt"), context)[0], [Float(log(4.0)), .nan, .nan]))
    }

    @Test func foldedText() {
        func words(_ text: String) -> [String] {
            let folded = FoldedText(text)
            return folded.words.map { String(decoding: folded.bytes[$0], as: UTF8.self) }
        }
        #expect(words("Matrix, The (1999)") == ["matrix", "the", "1999"])
        #expect(words("  Élan 7!") == ["elan", "7"] && words("") == [] && words("?! (") == [])
        #expect(FoldedText("Matrix, The (1999)").mainWords == 2 && FoldedText("(500) Days").mainWords == 2)
        #expect(FoldedText("Élan (7)").mainWords == 1)
    }

    /// A book is read as far as a title goes, also where that ends within a letter.
    @Test func longTexts() {
        for text in [String(repeating: "ab ", count: 50_000), "x" + String(repeating: "é", count: 50_000)] {
            let folded = FoldedText(text)
            #expect(folded.bytes.count <= FoldedText.most && folded.words.count <= FoldedText.most / 3 + 1)
            #expect(TitleWords.match(folded, FoldedText(text + " and more")).isQuery)
            #expect(TitleMatch.trigrams(text) == TitleMatch.trigrams(text + " and more"))
        }
    }

    @Test func titleWords() {
        // "Red Dragon", "Dragon", "Élan 7", none.
        let dragon = columns(TitleWords(), shelf.context(items: [0, 1, 2, 3], text: "Dragon"))
        #expect(same(dragon[0], [1, 1, 0, .nan]) && same(dragon[1], [0.5, 1, 0, .nan]))
        #expect(same(dragon[2], [0, 1, 0, .nan]) && same(dragon[3], [0, 1, 0, .nan]))
        let turned = columns(TitleWords(), shelf.context(items: [0, 1], text: "dragon RED"))
        #expect(turned == [[1, 0.5], [1, 1], [1, 0], [0, 0]])
        // Still typing: the last word counts from its beginning on, a word before it does not.
        let typed = columns(TitleWords(), shelf.context(items: [0, 2], text: "red dra"))
        #expect(typed == [[1, 0], [0.5, 0], [0, 0], [1, 0]])
        #expect(columns(TitleWords(), shelf.context(items: [0], text: "dra red"))[0] == [0.5])
        #expect(columns(TitleWords(), shelf.context(items: [2], text: "elan 7")) == [[1], [1], [1], [1]])
        for text in [nil, "", " ? "] {
            #expect(allUnknown(columns(TitleWords(), shelf.context(items: [0], text: text))))
        }
    }

    @Test func titleWordsNeedNotNameTheYear() {
        let title = FoldedText("Matrix, The (1999)")
        for (query, isQuery) in [
            ("the matrix", true), ("The Matrix 1999", true), ("matrix", false), ("the matrix reloaded", false),
        ] {
            #expect(TitleWords.match(FoldedText(query), title).isQuery == isQuery, "\(query)")
        }
    }

    /// Bytes of an ASCII title and scalars of any other count the same trigrams.
    @Test func trigramsOfBytesAndOfScalars() throws {
        let folder = try TemporaryFolder()
        let titles = ["Red Dragon", "a", "ab", "Aa aa aa", "The 39 Steps (1935)", "x-y z's", "Élan", ""]
        let entries = titles.enumerated().map {
            Entry<Item>(id: ItemID("\($0.offset)"), attributes: ["title": .text($0.element)])
        }
        try ItemTable.write(
            entries, schema: ["title": .text(language: "en")], to: folder.file("items.safetensors"))
        for query in ["aa", "the thirty steps", "red", "z", "elan 39"] {
            var context = shelf.context(items: titles.indices.map { ItemIndex($0) }, text: query)
            context.table = try ItemTable(folder.file("items.safetensors"))
            let values = columns(TitleMatch(), context)
            let asked = TitleMatch.trigrams(query)
            for (row, title) in titles.enumerated() {
                let grams = TitleMatch.trigrams(title)
                let common = Float(asked.intersection(grams).count)
                let expected =
                    grams.isEmpty ? [.nan, .nan] : [common / Float(asked.count), common / Float(grams.count)]
                #expect(same([values[0][row], values[1][row]], expected), "\(query) in \(title)")
            }
        }
    }
}
