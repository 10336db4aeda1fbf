import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct SemanticDamageTests {
    /// Opens and asks everything that a request may ask.
    private func use(_ url: URL, _ text: TextIndex) throws {
        let model = try LatentSemantics(opening: url, text: text)
        let retriever = try SemanticRetriever(model).searchingLive()
        for words in ["qba qce qdi qfo", "qbb", "qb", "qcaba qdix", "the"] {
            let query = Query(text: words, excluded: ItemSet(itemCount: 10))
            let found = retriever.candidates(for: query, limit: 5, deadline: .none)
            #expect(found.allSatisfy { Int($0.item) < text.itemCount })
            _ = retriever.scores(of: [0, 9, 10, .max], for: query)
        }
        _ = model.vector(of: TextWorld.texts(seed: 3, items: 1, vocabulary: 10)[0])
    }

    private func withFiles(_ body: (URL, TextIndex) throws -> Void) throws {
        try TopicWorld.withModel(TextWorld.texts(seed: 2, items: 10, vocabulary: 10), dimensions: 4) { model, url in
            try body(url, model.text)
        }
    }

    @Test func everyTruncationThrows() throws {
        try withFiles { url, text in
            let bytes = try Data(contentsOf: url)
            for length in 0..<bytes.count {
                try bytes.prefix(length).write(to: url)
                #expect(throws: ArtifactError.self) { try LatentSemantics(opening: url, text: text) }
            }
        }
    }

    /// A flipped byte is an error or an answer, never a trap.
    @Test func everyFlippedByteIsErrorOrAnswer() throws {
        try withFiles { url, text in
            let bytes = try Data(contentsOf: url)
            for i in 0..<bytes.count {
                var damaged = bytes
                damaged[i] ^= i % 3 == 0 ? 0xFF : UInt8(1) << UInt8(i % 8)
                try damaged.write(to: url)
                do { try use(url, text) } catch {
                    #expect(error is ArtifactError)
                    #expect(!"\(error)".contains("\n"))
                }
            }
            try bytes.write(to: url)
            try use(url, text)
        }
    }

    /// Tensors of other shapes, and scales that are none.
    @Test func tensorsAreChecked() throws {
        try withFiles { url, text in
            func write(terms: Int, items: Int, d: (Int, Int) = (4, 4), scale: Float = 0.01, checksum: String? = nil)
                throws
            {
                var writer = TensorFileWriter(
                    kind: "semantic", layout: 1,
                    metadata: ["options": "{}", "terms": checksum ?? LatentSemantics.checksum(of: text)])
                writer.add("terms", [Int8](repeating: 1, count: terms * d.0), shape: [terms, d.0])
                writer.add("terms.scales", [Float](repeating: 0.01, count: terms))
                writer.add("items", [Int8](repeating: 1, count: items * d.1), shape: [items, d.1])
                writer.add("items.scales", [Float](repeating: scale, count: items))
                try writer.write(to: url)
            }
            let (v, n) = (text.termCount, text.itemCount)
            try write(terms: v, items: n)
            try use(url, text)
            for scale in [-1, .nan, .infinity] as [Float] {
                try write(terms: v, items: n, scale: scale)
                #expect(throws: ArtifactError.self) { try LatentSemantics(opening: url, text: text) }
            }
            for (terms, items, d) in [(v + 1, n, (4, 4)), (v, n - 1, (4, 4)), (v, n, (4, 5)), (v, n, (0, 0))] {
                try write(terms: terms, items: items, d: d)
                #expect(throws: ArtifactError.self) { try LatentSemantics(opening: url, text: text) }
            }
            try write(terms: v, items: n, checksum: "0")
            #expect(throws: ArtifactError.self) { try LatentSemantics(opening: url, text: text) }
        }
    }

    /// The numbers of one training mean nothing beside the words of another.
    @Test func anotherTextIndex() throws {
        try withFiles { url, _ in
            try TextWorld.withFile { other in
                try TextIndex.build(TextWorld.texts(seed: 9, items: 10, vocabulary: 10), to: other)
                let text = try TextIndex(opening: other)
                #expect(throws: ArtifactError.self) { try LatentSemantics(opening: url, text: text) }
            }
        }
    }

    /// An index of other vectors.
    @Test func anotherIndex() throws {
        try TopicWorld.withModel(TopicWorld.texts(seed: 1, items: 30), dimensions: 4) { model, _ in
            try TextWorld.withFile { file in
                let vectors = model.vectors(threads: 1)
                func open(_ vectors: VectorSet, _ present: ItemSet, _ metric: VectorMetric = .innerProduct) throws {
                    _ = try PartitionedIndex.build(
                        vectors, present: present, metric: metric, seed: 1, threads: 1, to: file)
                    _ = try SemanticRetriever(model, index: PartitionedIndex(opening: file))
                }
                try open(vectors, model.present)
                var fewer = model.present
                fewer.remove(0)
                #expect(throws: ArtifactError.self) { try open(vectors, fewer) }
                #expect(throws: ArtifactError.self) { try open(vectors, model.present, .euclidean) }
                let three = VectorSet(name: "three", dimension: 3, values: [Float](repeating: 1, count: 90))
                #expect(throws: ArtifactError.self) { try open(three, ItemSet(itemCount: 30).complement) }
            }
        }
    }

    /// A file of layout 1 stays readable. Made of the golden text index, recorded once by the test itself, with
    /// MAGPIE_RECORD_GOLDEN=<folder>.
    @Test func goldenFileStaysReadable() throws {
        let name = "semantic-1.safetensors"
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Golden")
        let text = try TextIndex(opening: folder.appendingPathComponent("text-2.safetensors"))
        var golden = folder.appendingPathComponent(name)
        if let folder = ProcessInfo.processInfo.environment["MAGPIE_RECORD_GOLDEN"] {
            golden = URL(fileURLWithPath: folder).appendingPathComponent(name)
            if !FileManager.default.fileExists(atPath: golden.path) {
                var options = SemanticOptions()
                options.dimensions = 3
                try LatentSemantics.build(of: text, options: options, seed: 1, threads: 1, to: golden)
            }
        }
        let model = try LatentSemantics(opening: golden, text: text)
        #expect(model.dimension == 3 && model.present.count == 5)
        let retriever = try SemanticRetriever(model)
        for (words, first) in [("matrix", [0, 1]), ("ameli", [2]), ("物語", [3])] as [(String, [ItemIndex])] {
            let query = Query(text: words, excluded: ItemSet(itemCount: 5))
            let found = retriever.candidates(for: query, limit: first.count, deadline: .none)
            #expect(found.map(\.item).sorted() == first, "\(words): \(found)")
        }
    }
}
