import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// Made-up texts, and BM25 as in the doc comment, with nothing clever.
enum TextWorld {
    static func withFile<T>(_ body: (URL) throws -> T) throws -> T {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("text-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url)
    }

    /// Words "wa", "wb", ... with few close to each other; squared, so that some are common and most are rare.
    static func word(_ random: inout RandomSource, _ vocabulary: Int) -> String {
        word(Int(random.uniform() * random.uniform() * Float(vocabulary)))
    }

    static func word(_ number: Int) -> String {
        var text = "q"
        var rest = number
        repeat {
            text += ["ba", "ce", "di", "fo", "gu", "ko", "lu", "ma", "ni", "po"][rest % 10]
            rest /= 10
        } while rest > 0
        return text
    }

    static func texts(seed: UInt64, items: Int, vocabulary: Int) -> [ItemText] {
        var random = RandomSource(seed: seed)
        func words(_ n: Int) -> String {
            (0..<n).map { _ in word(&random, vocabulary) }.joined(separator: " ")
        }
        return (0..<items).map { i in
            if i % 7 == 3 { return ItemText(fields: []) }
            return ItemText(fields: [
                .init(name: "title", boost: 3, text: words(1 + random.below(4))),
                .init(name: "keywords", boost: 1, text: words(random.below(3))),
                .init(name: "plot", boost: 0.5, text: words(random.below(8))),
            ])
        }
    }

    static func query(_ random: inout RandomSource, _ vocabulary: Int) -> String {
        // Repeats, and words that no item has.
        (0..<1 + random.below(4)).map { _ in word(&random, vocabulary + vocabulary / 4) }.joined(separator: " ")
    }

    static var plain: TextSearchOptions {
        var options = TextSearchOptions()
        (options.prefix, options.typos) = (false, false)
        return options
    }

    static func scores(_ texts: [ItemText], _ query: String, k1: Double = 1.2, b: Double = 0.75) -> [Double] {
        let analyzer = TermAnalyzer(TextAnalysis(), language: "en")
        func terms(_ text: String) -> [[UInt8]] {
            analyzer.analyze(text)
            return analyzer.pieces.map { analyzer.entries[$0.entry].term }
        }
        let bags: [[[UInt8]: Double]] = texts.map { text in
            var bag: [[UInt8]: Double] = [:]
            for field in text.fields {
                for term in terms(field.text) { bag[term, default: 0] += Double(field.boost) }
            }
            return bag
        }
        let lengths = bags.map { $0.values.reduce(0, +) }
        let average = lengths.reduce(0, +) / Double(texts.count)
        let asked = terms(query)
        return bags.indices.map { i in
            var score = Double.nan
            for term in asked {
                guard let tf = bags[i][term] else { continue }
                let df = Double(bags.count { $0[term] != nil })
                let idf = log(1 + (Double(texts.count) - df + 0.5) / (df + 0.5))
                let part = idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * lengths[i] / average))
                score = score.isNaN ? part : score + part
            }
            return score
        }
    }
}

@Suite struct TextIndexTests {
    private func withFile<T>(_ body: (URL) throws -> T) throws -> T { try TextWorld.withFile(body) }

    @Test(arguments: 0..<6) func agreesWithBM25(seed: UInt64) throws {
        let texts = TextWorld.texts(seed: seed, items: 60, vocabulary: 40)
        try withFile { url in
            let report = try TextIndex.build(texts, to: url)
            #expect(report.items == 60)
            #expect(report.emptyItems == texts.count { $0.fields.isEmpty })
            let retriever = TextRetriever(try TextIndex(opening: url), options: TextWorld.plain)
            var random = RandomSource(seed: seed, 1)
            for _ in 0..<20 {
                let text = TextWorld.query(&random, 40)
                let query = Query(text: text, excluded: ItemSet(itemCount: 60))
                let expected = TextWorld.scores(texts, text)
                let scores = retriever.scores(of: (0..<60).map { ItemIndex($0) }, for: query)
                for i in 0..<60 {
                    if expected[i].isNaN {
                        #expect(scores[i].isNaN)
                    } else {
                        #expect(abs(Double(scores[i]) - expected[i]) < 2e-4 * max(1, expected[i]))
                    }
                }
            }
        }
    }

    /// Enough items for several windows and blocks: whatever is passed over, the answer is the same to the bit.
    @Test(arguments: 0..<4) func prunedIsExhaustive(seed: UInt64) throws {
        let count = 14_000
        let texts = TextWorld.texts(seed: seed, items: count, vocabulary: seed % 2 == 0 ? 400 : 3_000)
        try withFile { url in
            try TextIndex.build(texts, to: url)
            let index = try TextIndex(opening: url)
            let everything = (0..<count).map { ItemIndex($0) }
            var random = RandomSource(seed: seed, 1)
            for round in 0..<24 {
                let retriever = TextRetriever(
                    index, options: round % 2 == 0 ? TextWorld.plain : TextSearchOptions())
                var text = TextWorld.query(&random, 400)
                if round % 4 == 1 { text.removeLast(random.below(3)) }
                let rate = [0, 3, 50][random.below(3)]
                let excluded = ItemSet(itemCount: count) { _ in rate > 0 && random.below(rate) == 0 }
                let query = Query(text: text, excluded: excluded)
                let scores = retriever.scores(of: everything, for: query)
                let best = everything.map { Scored(item: $0, score: scores[Int($0)]) }
                    .filter { !$0.score.isNaN && !excluded.contains($0.item) }.sorted()
                for limit in [1, 10, 200, count] {
                    let found = retriever.candidates(for: query, limit: limit, deadline: .none)
                    #expect(found == Array(best.prefix(limit)), "\(text), \(limit)")
                }
            }
        }
    }

    @Test func nothingToAnswer() throws {
        try withFile { url in
            try TextIndex.build(TextWorld.texts(seed: 9, items: 20, vocabulary: 10), to: url)
            let retriever = TextRetriever(try TextIndex(opening: url))
            let none = ItemSet(itemCount: 20)
            for text in [nil, "", "  ", "12345 67890", "!?…", "\u{0}"] {
                let query = Query(text: text, excluded: none)
                #expect(retriever.candidates(for: query, limit: 10, deadline: .none).isEmpty)
                let scores = retriever.scores(of: [0, 1, 4_000_000_000], for: query)
                #expect(scores.count == 3 && scores.allSatisfy(\.isNaN))
            }
            let late = Query(text: TextWorld.word(0) + " " + TextWorld.word(1), excluded: none)
            #expect(!retriever.candidates(for: late, limit: 10, deadline: .none).isEmpty)
            #expect(retriever.candidates(for: late, limit: 10, deadline: .after(.zero)).isEmpty)
            #expect(retriever.candidates(for: late, limit: 0, deadline: .none).isEmpty)
        }
    }

    @Test func noItemsAtAll() throws {
        try withFile { url in
            try TextIndex.build([], to: url)
            let index = try TextIndex(opening: url)
            #expect(index.itemCount == 0 && index.termCount == 0)
            let query = Query(text: "matrix", excluded: ItemSet(itemCount: 0))
            #expect(TextRetriever(index).candidates(for: query, limit: 10, deadline: .none).isEmpty)
        }
    }

    @Test func findsTitlesWrittenOtherwise() throws {
        let titles = [
            "Matrix, The (1999)", "Schindler's List (1993)", "X-Men (2000)", "Amélie (2001)", "The Who (1999)",
            "It (1990)", "東京物語 (1953)", "Москва слезам не верит", "ลุงบุญมีระลึกชาติ", "🎬 Cut!", "Terminator, The (1984)",
        ]
        try withFile { url in
            try TextIndex.build(
                titles.map { ItemText(fields: [.init(name: "title", boost: 3, text: $0)]) }, to: url)
            let retriever = TextRetriever(try TextIndex(opening: url))
            let queries = [
                ("the matrix", 0), ("schindlers list", 1), ("xmen", 2), ("x men", 2), ("AMELIE", 3), ("the who", 4),
                ("it", 5), ("東京", 6), ("物", 6), ("москва", 7), ("บุญมี", 8), ("🎬", 9), ("matirx", 0), ("termina", 10),
                ("trminator", 10), ("schnidlers lsit", 1), ("terminators", 10), ("масква", 7),
            ]
            for (text, expected) in queries {
                let query = Query(text: text, excluded: ItemSet(itemCount: titles.count))
                let first = retriever.candidates(for: query, limit: 1, deadline: .none).first
                #expect(first?.item == ItemIndex(expected), "\(text)")
            }
        }
    }

    @Test func everythingThatPeopleSend() throws {
        let long = String(repeating: "a", count: 100_000)
        let texts = [
            "", " ", "a", long, String(repeating: "word ", count: 20_000), String(repeating: "-", count: 100_000),
            String(repeating: "e\u{301}", count: 30_000), String(repeating: "漢", count: 30_000), "\u{0}\u{1}\u{7F}",
            String(repeating: "👨‍👩‍👧‍👦", count: 3_000), "مرحبا بالعالم", "שלום", "नमस्ते दुनिया", "\u{202E}abc", "a\u{FFFD}b",
            (0..<5_000).map { "n\($0)" }.joined(separator: " "), "'''''", "x'x'x'x'x'x'x'x'x'x", "１２３ ＡＢＣ",
        ]
        try withFile { url in
            try TextIndex.build(texts.map { ItemText(fields: [.init(name: "t", boost: 1, text: $0)]) }, to: url)
            let retriever = TextRetriever(try TextIndex(opening: url))
            for (place, text) in texts.enumerated() {
                let query = Query(text: text, excluded: ItemSet(itemCount: texts.count))
                let found = retriever.candidates(for: query, limit: 20, deadline: .none)
                let scores = retriever.scores(of: found.map(\.item), for: query)
                #expect(scores == found.map(\.score))
                let isFindable = !TextAnalyzer().tokens(in: text).isEmpty
                #expect(found.contains { $0.item == ItemIndex(place) } == isFindable, "\(text.prefix(20))")
            }
        }
    }

    @Test func theSameTextEverywhere() throws {
        try withFile { url in
            let text = ItemText(fields: [.init(name: "t", boost: 1, text: "same old story")])
            try TextIndex.build([ItemText](repeating: text, count: 10_000), to: url)
            let query = Query(text: "same story", excluded: ItemSet(itemCount: 10_000))
            let found = TextRetriever(try TextIndex(opening: url)).candidates(for: query, limit: 5, deadline: .none)
            #expect(found.map(\.item) == [0, 1, 2, 3, 4])
        }
    }

    @Test func fieldsWeighWhatTheyAreSaidTo() throws {
        try withFile { url in
            let fields = [("title", Float(3)), ("plot", 1), ("notes", 0)]
            try TextIndex.build(
                fields.map { name, boost in
                    ItemText(fields: [
                        .init(name: name, boost: boost, text: "comet"), .init(name: "x", boost: 1, text: "a b c d e f"),
                    ])
                }, to: url)
            let query = Query(text: "comet", excluded: ItemSet(itemCount: 3))
            let found = TextRetriever(try TextIndex(opening: url)).candidates(for: query, limit: 5, deadline: .none)
            #expect(found.map(\.item) == [0, 1])
        }
    }

    @Test func languagesAndSynonyms() throws {
        let analysis = TextAnalysis(
            languages: ["en", "de", ""], stopWords: ["en": ["of"]],
            synonyms: [["sci-fi", "science fiction"], ["film", "movie"]])
        func field(_ text: String, _ language: String) -> ItemText {
            ItemText(fields: [.init(name: "title", boost: 1, text: text, language: language)])
        }
        let texts = [
            field("Die Häuser am Meer", "de"), field("Walking the dogs", "en"), field("Running", ""),
            field("History of science fiction", "en"), field("Science and fiction of space", "en"),
            field("The best movies", "en"), field("Sci-Fi stories", "en"),
        ]
        try withFile { url in
            try TextIndex.build(texts, analysis: analysis, to: url)
            let retriever = TextRetriever(try TextIndex(opening: url), options: TextWorld.plain)
            func found(_ text: String) -> [ItemIndex] {
                let query = Query(text: text, excluded: ItemSet(itemCount: texts.count))
                return retriever.candidates(for: query, limit: 10, deadline: .none).map(\.item)
            }
            #expect(found("haus") == [0])  // Häuser, by German rules
            #expect(found("walked dog") == [1])
            #expect(found("run").isEmpty)  // not stemmed
            #expect(found("running") == [2])
            #expect(found("scifi") == [6])
            #expect(found("sci-fi").prefix(2) == [6, 3])
            #expect(found("science fiction").first == 3)
            #expect(found("science fiction").contains(6))
            #expect(!found("sci-fi").contains(4))
            #expect(found("film") == [5])
        }
    }

    @Test func matchesAllWordsElseAny() throws {
        let titles = ["red fox", "red hen", "fox and hen", "blue fox red", "the red"]
        try withFile { url in
            try TextIndex.build(titles.map { ItemText(fields: [.init(name: "t", boost: 1, text: $0)]) }, to: url)
            let retriever = TextRetriever(try TextIndex(opening: url))
            func matches(_ text: String, excluding: [ItemIndex] = [], limit: Int = 10) -> TextMatches {
                var excluded = ItemSet(itemCount: titles.count)
                for item in excluding { excluded.insert(item) }
                return retriever.matches(Query(text: text, excluded: excluded), limit: limit)
            }
            #expect(matches("red fox").items.items == [0, 3] && matches("red fox").words == .all)
            #expect(matches("the fox").items.items == [0, 2, 3])
            #expect(matches("red foxx").items.items == [0, 3])
            #expect(matches("red fox", excluding: [0]).items.items == [3])
            #expect(matches("blue hen").words == .any && matches("blue hen").count == 3)
            #expect(matches("nothing known 77").count == 0)
            let some = matches("red", limit: 2)
            #expect(some.count == 2 && !some.isExact)
            #expect(matches("red", limit: 4).isExact)
        }
    }

    /// Counting by windows against looking at every item.
    @Test(arguments: 0..<3) func matchesAreThoseOfEveryItem(seed: UInt64) throws {
        let count = 9_000
        let texts = TextWorld.texts(seed: seed, items: count, vocabulary: 300)
        try withFile { url in
            try TextIndex.build(texts, to: url)
            let retriever = TextRetriever(try TextIndex(opening: url), options: TextWorld.plain)
            var random = RandomSource(seed: seed, 3)
            for _ in 0..<10 {
                let words = (0..<1 + random.below(3)).map { _ in TextWorld.word(&random, 300) }
                let each = words.map { word in
                    let query = Query(text: word, excluded: ItemSet(itemCount: count))
                    let scores = retriever.scores(of: (0..<count).map { ItemIndex($0) }, for: query)
                    return ItemSet(itemCount: count) { !scores[$0].isNaN }
                }.filter { $0.count > 0 }
                var all = each.first ?? ItemSet(itemCount: count)
                var any = all
                for set in each {
                    all.formIntersection(set)
                    any.formUnion(set)
                }
                let query = Query(text: words.joined(separator: " "), excluded: ItemSet(itemCount: count))
                let found = retriever.matches(query, limit: count)
                #expect(found.isExact && found.items == (all.count > 0 ? all : any))
            }
        }
    }
}
