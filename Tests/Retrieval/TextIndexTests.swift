import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieRetrieval
import Testing

@Suite struct TextIndexTests {
    private func withFile<T>(_ body: (URL) throws -> T) throws -> T {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("text-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url)
    }

    private func randomTexts(seed: UInt64, items: Int, vocabulary: Int) -> [ItemText] {
        var random = RandomSource(seed: seed)
        func words(_ n: Int) -> String {
            // Squared, so that some words are common and most are rare.
            (0..<n).map { _ in "w" + String(Int(random.uniform() * random.uniform() * Float(vocabulary))) }
                .joined(separator: " ")
        }
        return (0..<items).map { i in
            if i % 7 == 3 { return ItemText(fields: []) }
            return ItemText(fields: [
                .init(name: "title", boost: 3, text: words(1 + random.below(4))),
                .init(name: "keywords", boost: 1, text: words(random.below(3))),
                .init(name: "plot", boost: 0.5, text: words(random.below(20))),
            ])
        }
    }

    /// BM25 as in the doc comment, in double, with nothing clever.
    private func oracle(_ texts: [ItemText], _ query: String, k1: Double = 1.2, b: Double = 0.75) -> [Double] {
        let analyzer = TextAnalyzer()
        let bags: [[String: Double]] = texts.map { text in
            var bag: [String: Double] = [:]
            for field in text.fields {
                for token in analyzer.tokens(in: field.text) { bag[token, default: 0] += Double(field.boost) }
            }
            return bag
        }
        let lengths = bags.map { $0.values.reduce(0, +) }
        let average = lengths.reduce(0, +) / Double(texts.count)
        return bags.indices.map { i in
            var score = Double.nan
            for term in analyzer.tokens(in: query) {
                guard let tf = bags[i][term] else { continue }
                let df = Double(bags.count { $0[term] != nil })
                let idf = log(1 + (Double(texts.count) - df + 0.5) / (df + 0.5))
                let part = idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * lengths[i] / average))
                score = score.isNaN ? part : score + part
            }
            return score
        }
    }

    @Test(arguments: 0..<8) func agreesWithNaiveOracle(seed: UInt64) throws {
        let texts = randomTexts(seed: seed, items: 60, vocabulary: 40)
        try withFile { url in
            let report = try TextIndex.build(texts, to: url)
            #expect(report.items == 60)
            #expect(report.emptyItems == texts.count { $0.fields.isEmpty })
            let retriever = TextRetriever(try TextIndex(opening: url))
            var random = RandomSource(seed: seed, 1)
            for _ in 0..<20 {
                // Repeats, and words that no item has.
                let text = (0..<1 + random.below(4)).map { _ in "w\(random.below(50))" }.joined(separator: " ")
                var excluded = ItemSet(itemCount: 60)
                for _ in 0..<5 { excluded.insert(ItemIndex(random.below(60))) }
                let query = Query(text: text, excluded: excluded)
                let expected = oracle(texts, text)
                let scores = retriever.scores(of: (0..<60).map { ItemIndex($0) }, for: query)
                for i in 0..<60 {
                    if expected[i].isNaN {
                        #expect(scores[i].isNaN)
                    } else {
                        #expect(abs(Double(scores[i]) - expected[i]) < 1e-4 * max(1, expected[i]))
                    }
                }
                for limit in [0, 1, 7, 100] {
                    let candidates = retriever.candidates(for: query, limit: limit, deadline: .none)
                    let best = (0..<60).map { Scored(item: ItemIndex($0), score: scores[$0]) }
                        .filter { !$0.score.isNaN && !excluded.contains($0.item) }.sorted()
                    #expect(candidates == Array(best.prefix(limit)))
                }
            }
        }
    }

    @Test func nothingToAnswer() throws {
        try withFile { url in
            try TextIndex.build(randomTexts(seed: 9, items: 20, vocabulary: 10), to: url)
            let retriever = TextRetriever(try TextIndex(opening: url))
            let all = ItemSet(itemCount: 20)
            for text in [nil, "", "  ", "unheard of"] {
                let query = Query(text: text, excluded: all)
                #expect(retriever.candidates(for: query, limit: 10, deadline: .none).isEmpty)
                let scores = retriever.scores(of: [0, 1, 4_000_000_000], for: query)
                #expect(scores.count == 3 && scores.allSatisfy(\.isNaN))
            }
            let late = Query(text: "w0 w1", excluded: all)
            #expect(!retriever.candidates(for: late, limit: 10, deadline: .none).isEmpty)
            #expect(retriever.candidates(for: late, limit: 10, deadline: .after(.zero)).isEmpty)
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
        ]
        try withFile { url in
            try TextIndex.build(
                titles.map { ItemText(fields: [.init(name: "title", boost: 3, text: $0)]) }, to: url)
            let retriever = TextRetriever(try TextIndex(opening: url))
            let queries = [("the matrix", 0), ("schindlers list", 1), ("xmen", 2), ("x men", 2), ("AMELIE", 3)]
            for (text, expected) in queries {
                let query = Query(text: text, excluded: ItemSet(itemCount: titles.count))
                let first = retriever.candidates(for: query, limit: 1, deadline: .none).first
                #expect(first?.item == ItemIndex(expected), "\(text)")
            }
        }
    }

    @Test func everyTruncationThrows() throws {
        try withFile { url in
            try TextIndex.build(randomTexts(seed: 2, items: 10, vocabulary: 10), to: url)
            let bytes = try Data(contentsOf: url)
            for length in stride(from: 0, to: bytes.count, by: 37) {
                try bytes.prefix(length).write(to: url)
                #expect(throws: ArtifactError.self) { try TextIndex(opening: url) }
            }
        }
    }

    /// A flipped bit is an error or an answer, never a trap.
    @Test func everyFlippedByteIsErrorOrAnswer() throws {
        try withFile { url in
            try TextIndex.build(randomTexts(seed: 3, items: 10, vocabulary: 10), to: url)
            let bytes = try Data(contentsOf: url)
            let query = Query(text: "w0 w1 w2 w3 w4 w5", excluded: ItemSet(itemCount: 10))
            for i in stride(from: 0, to: bytes.count, by: 3) {
                var damaged = bytes
                damaged[i] ^= UInt8(1) << UInt8(i % 8)
                try damaged.write(to: url)
                guard let index = try? TextIndex(opening: url) else { continue }
                let candidates = TextRetriever(index).candidates(for: query, limit: 5, deadline: .none)
                #expect(candidates.allSatisfy { Int($0.item) < index.itemCount })
                _ = TextRetriever(index).scores(of: [0, 9, 10], for: query)
            }
        }
    }

    @Test func structuralTensorsAreChecked() throws {
        func write(items: [UInt32], postings: [Int64], quantities: [Float] = [1, 1], to url: URL) throws {
            var writer = TensorFileWriter(kind: "text", layout: 1)
            writer.add("terms", strings: ["a", "b"])
            writer.add("postings", postings)
            writer.add("items", items)
            writer.add("quantities", quantities)
            writer.add("lengths", [1, 1] as [Float])
            writer.add("parameters", [1.2, 0.75] as [Float])
            try writer.write(to: url)
        }
        try withFile { url in
            try write(items: [0, 1], postings: [0, 1, 2], to: url)
            #expect(try TextIndex(opening: url).itemCount == 2)
            try write(items: [0, 2], postings: [0, 1, 2], to: url)
            #expect(throws: ArtifactError.self) { try TextIndex(opening: url) }
            for postings: [Int64] in [[0, 3, 2], [0, 1], [0, -1, 2], [1, 1, 2], [0, 1, 1]] {
                try write(items: [0, 1], postings: postings, to: url)
                #expect(throws: ArtifactError.self) { try TextIndex(opening: url) }
            }
            for quantity: Float in [0, -1, .nan, .infinity] {
                try write(items: [0, 1], postings: [0, 1, 2], quantities: [1, quantity], to: url)
                #expect(throws: ArtifactError.self) { try TextIndex(opening: url) }
            }
        }
    }
}
