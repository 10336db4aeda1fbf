import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct TextIndexDamageTests {
    private func withFile<T>(_ body: (URL) throws -> T) throws -> T { try TextWorld.withFile(body) }

    /// Opens and asks everything that a request may ask.
    private func use(_ url: URL) throws {
        let index = try TextIndex(opening: url)
        let retriever = TextRetriever(index)
        for text in ["qba qce qdi qfo", "qbb", "qb", "qcaba qdix", "the"] {
            let query = Query(text: text, excluded: ItemSet(itemCount: 10))
            let found = retriever.candidates(for: query, limit: 5, deadline: .none)
            #expect(found.allSatisfy { Int($0.item) < index.itemCount })
            _ = retriever.scores(of: [0, 9, 10, .max], for: query)
            _ = retriever.matches(query, limit: 3)
        }
    }

    @Test func everyTruncationThrows() throws {
        try withFile { url in
            try TextIndex.build(TextWorld.texts(seed: 2, items: 10, vocabulary: 10), to: url)
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
            try TextIndex.build(TextWorld.texts(seed: 3, items: 10, vocabulary: 10), to: url)
            let bytes = try Data(contentsOf: url)
            for i in 0..<bytes.count where i % 2 == 0 {
                var damaged = bytes
                damaged[i] ^= i % 3 == 0 ? 0xFF : UInt8(1) << UInt8(i % 8)
                try damaged.write(to: url)
                do { try use(url) } catch {
                    #expect(error is ArtifactError)
                    #expect(!"\(error)".contains("\n"))
                }
            }
        }
    }

    /// Numbers that point outside or break the order, in files that are otherwise sound.
    @Test func structuralTensorsAreChecked() throws {
        struct Parts {
            var terms = ["a", "b"]
            var words = ["a", "ab", "b"]
            var wordTerms: [UInt32] = [0, 0, 1]
            var shared: [UInt8] = [0, 1, 0]
            var postings: [Int64] = [0, 1, 3]
            var items: [UInt32] = [0, 0, 1]
            var blocks: [Int64] = [0, 1, 2]
            var maxima: [UInt16] = [9, 9]
            var parameters: [Float] = [1.2, 0.75, 2]
            var count = "2"
            var analysis = #"{"languages":["en"],"stopWords":{},"synonyms":[]}"#

            func write(to url: URL) throws {
                var writer = TensorFileWriter(
                    kind: "text", layout: 2, metadata: ["items": count, "analysis": analysis])
                writer.add("terms", strings: terms)
                writer.add("words", strings: words)
                writer.add("word.terms", wordTerms)
                writer.add("word.shared", shared)
                writer.add("postings", postings)
                writer.add("items", items)
                writer.add("impacts", [UInt16](repeating: 9, count: items.count))
                writer.add("blocks", blocks)
                writer.add("maxima", maxima)
                writer.add("parameters", parameters)
                try writer.write(to: url)
            }
        }
        try withFile { url in
            try Parts().write(to: url)
            #expect(try TextIndex(opening: url).itemCount == 2)
            let damages: [(inout Parts) -> Void] = [
                { $0.items[2] = 2 }, { $0.items = [0, 1, 1] }, { $0.items = [0, 1, 0] }, { $0.count = "1" },
                { $0.count = "many" }, { $0.count = "-1" }, { $0.count = "99999999999" }, { $0.postings = [0, 3, 1] },
                { $0.postings = [0, 1] }, { $0.postings = [0, -1, 3] }, { $0.postings = [0, 1, 2] },
                { $0.blocks = [0, 2, 2] }, { $0.blocks = [0, 0, 2] }, { $0.maxima = [9] }, { $0.wordTerms[1] = 2 },
                { $0.wordTerms.removeLast() }, { $0.shared[1] = 2 }, { $0.shared[0] = 1 }, { $0.shared.removeLast() },
                { $0.parameters = [-1, 0.75, 2] }, { $0.parameters = [1.2, 2, 2] }, { $0.parameters = [1.2, 0.75, 0] },
                { $0.parameters = [.nan, 0.75, 2] }, { $0.analysis = "{" }, { $0.analysis = #"{"languages":3}"# },
            ]
            for (number, damage) in damages.enumerated() {
                var parts = Parts()
                damage(&parts)
                try parts.write(to: url)
                #expect(throws: ArtifactError.self, "damage \(number)") { try TextIndex(opening: url) }
            }
        }
    }

    @Test func anOlderLayoutSaysWhatToDo() throws {
        try withFile { url in
            try TensorFileWriter(kind: "text", layout: 1).write(to: url)
            #expect {
                try TextIndex(opening: url)
            } throws: { error in
                "\(error)".contains("Train again")
            }
        }
    }

    /// An index of layout 2 stays readable. Recorded once by the test itself, with MAGPIE_RECORD_GOLDEN=<folder>.
    @Test func goldenFileStaysReadable() throws {
        let titles = ["Matrix, The (1999)", "Matrix Reloaded, The (2003)", "Amélie (2001)", "東京物語 (1953)", "It (1990)"]
        let name = "text-2.safetensors"
        var golden = try #require(Bundle.module.resourceURL).appendingPathComponent("Golden/" + name)
        if let folder = ProcessInfo.processInfo.environment["MAGPIE_RECORD_GOLDEN"] {
            golden = URL(fileURLWithPath: folder).appendingPathComponent(name)
            if !FileManager.default.fileExists(atPath: golden.path) {
                try TextIndex.build(
                    titles.map {
                        ItemText(fields: [
                            .init(name: "title", boost: 3, text: $0),
                            .init(name: "genres", boost: 1, text: "Drama ; Sci-Fi"),
                        ])
                    }, analysis: TextAnalysis(synonyms: [["sci-fi", "science fiction"]]), to: golden)
            }
        }
        let retriever = TextRetriever(try TextIndex(opening: golden))
        for (text, items) in [
            ("matrix", [0, 1]), ("matirx reloaded", [1, 0]), ("ameli", [2]), ("物語", [3]), ("it", [4]),
            ("science fiction", [4, 0, 2, 1, 3]),
        ] as [(String, [ItemIndex])] {
            let query = Query(text: text, excluded: ItemSet(itemCount: titles.count))
            #expect(retriever.candidates(for: query, limit: 9, deadline: .none).map(\.item) == items, "\(text)")
        }
        let query = Query(text: "matrix reloaded", excluded: ItemSet(itemCount: titles.count))
        #expect(retriever.scores(of: [1, 0], for: query).map(\.bitPattern) == Self.goldenScores)
    }

    private static let goldenScores: [UInt32] = [1_079_913_898, 1_068_932_444]
}
