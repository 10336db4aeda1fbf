import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct EmbeddingTableTests {
    static let d = 5
    static let n = 40

    /// Random vectors; every seventh item is not in the corpus.
    static func model(seed: UInt64) -> EmbeddingModel {
        var random = RandomSource(seed: seed)
        let counts = (0..<n).map { $0 % 7 == 6 ? Int64(0) : Int64(1 + random.below(50)) }
        func rows() -> [Float] {
            (0..<n * d).map { counts[$0 / d] == 0 ? 0 : random.uniform() * 2 - 1 }
        }
        return EmbeddingModel(dimension: d, input: rows(), output: rows(), counts: counts)
    }

    @Test(arguments: UInt64(0)..<8) func aHistoryIsMeanOfInputsAgainstOutputs(seed: UInt64) throws {
        let model = Self.model(seed: seed)
        let popularity = model.counts.map { Int($0) * 2 }
        var options = EmbeddingTableOptions()
        options.popularityWeight = 0.3
        options.recencyDecay = 0.8
        let folder = try TemporaryFolder()
        _ = try EmbeddingTable.build(
            from: model, popularity: popularity, options: options, to: folder.file("embeddings"))
        let retriever = try EmbeddingRetriever(opening: folder.file("embeddings"), itemCount: Self.n)
        let history: [ItemIndex] = [3, 6, 10, 11]
        let query = World.query(history, itemCount: Self.n)
        var mean = [Double](repeating: 0, count: Self.d)
        var total = 0.0
        for (place, item) in history.enumerated() where model.counts[Int(item)] > 0 {
            let weight = pow(0.8, Double(place))
            total += weight
            for i in 0..<Self.d { mean[i] += weight * Double(model.input[Int(item) * Self.d + i]) }
        }
        let all = (0..<ItemIndex(Self.n)).map { $0 }
        for (item, score) in zip(all, retriever.scores(of: all, for: query)) {
            guard model.counts[Int(item)] > 0 else {
                #expect(score.isNaN)
                continue
            }
            var expected = 0.3 * log(1 + Double(popularity[Int(item)]))
            for i in 0..<Self.d { expected += mean[i] / total * Double(model.output[Int(item) * Self.d + i]) }
            #expect(abs(Double(score) - expected) < 1e-5)
        }
    }

    @Test func textIsFilledInAndFound() throws {
        let model = Self.model(seed: 1)
        let folder = try TemporaryFolder()
        let vector: [Float] = [9, 0, 0, 3, 0]
        let report = try EmbeddingTable.build(
            from: model, popularity: model.counts.map { Int($0) },
            filled: [(6, vector), (13, [0, 0, 0, 0, 0]), (1, vector)], options: EmbeddingTableOptions(),
            to: folder.file("embeddings"))
        #expect(report == .init(dimension: 5, learned: 35, filled: 1))
        let table = try EmbeddingTable(opening: folder.file("embeddings"))
        let text = FixedEmbedder(dimension: 5, vectors: ["nine three": [3, 0, 0, 1, 0], "void": [0, 0, 0, 0, 0]])
        let retriever = try EmbeddingRetriever(table, text: text)
        var query = World.query([0, 1], itemCount: Self.n)
        // Known by text alone: found by text and as a neighbour of a seed, never as "what next".
        #expect(retriever.scores(of: [6], for: query)[0].isNaN)
        query.text = "nine three"
        #expect(retriever.candidates(for: query, limit: 1, deadline: .none).map(\.item) == [6])
        #expect(abs(retriever.scores(of: [6], for: query)[0] - 1) < 1e-5)
        #expect(retriever.scores(of: [13], for: query)[0].isNaN)
        for words in ["void", "unheard of"] {
            query.text = words
            #expect(retriever.candidates(for: query, limit: 5, deadline: .none).isEmpty)
            #expect(retriever.scores(of: [0], for: query)[0].isNaN)
        }
        query.text = nil
        query.seed = 6
        #expect(!retriever.candidates(for: query, limit: 50, deadline: .none).map(\.item).contains(6))
        #expect(retriever.candidates(for: query, limit: 50, deadline: .none).count == 35)
    }

    /// Vectors that the model has from texts alone serve histories, too.
    @Test func aTextThatHasAnOutputIsNext() throws {
        var model = Self.model(seed: 2)
        for i in 0..<Self.d { (model.input[6 * Self.d + i], model.output[6 * Self.d + i]) = (1, 2) }
        let folder = try TemporaryFolder()
        let report = try EmbeddingTable.build(
            from: model, popularity: [Int](repeating: 0, count: Self.n), options: EmbeddingTableOptions(),
            to: folder.file("embeddings"))
        #expect(report == .init(dimension: 5, learned: 35, filled: 1))
        let retriever = try EmbeddingRetriever(opening: folder.file("embeddings"))
        #expect(!retriever.scores(of: [6], for: World.query([0], itemCount: Self.n))[0].isNaN)
        #expect(!retriever.scores(of: [0], for: World.query([6], itemCount: Self.n))[0].isNaN)
        #expect(retriever.scores(of: [13], for: World.query([0], itemCount: Self.n))[0].isNaN)
    }

    /// A file of each layout, as some version wrote it: opened and asked for ever.
    @Test(arguments: ["embeddings-1", "embeddings-2", "embeddings-2-als"]) func opensGoldenFiles(name: String) throws {
        let url = try #require(Bundle.module.url(forResource: "Golden/" + name, withExtension: "safetensors"))
        let retriever = try EmbeddingRetriever(opening: url, itemCount: 9)
        #expect((retriever.table.fold == .mean) == (name != "embeddings-2-als"))
        let query = World.query([0, 1], excluding: [0, 1], itemCount: 9)
        let found = retriever.candidates(for: query, limit: 3, deadline: .none)
        #expect(found.map(\.item) == (name == "embeddings-2-als" ? [2, 3, 4] : [3, 2, 4]), "\(found)")
        #expect(retriever.scores(of: [8], for: query)[0].isNaN)
    }

    @Test func anEncoderOfAnotherSpaceIsRefused() throws {
        let folder = try TemporaryFolder()
        let model = Self.model(seed: 1)
        _ = try EmbeddingTable.build(
            from: model, popularity: model.counts.map { Int($0) }, options: EmbeddingTableOptions(),
            to: folder.file("embeddings"))
        #expect(throws: ArtifactError.self) {
            try EmbeddingRetriever(
                opening: folder.file("embeddings"), text: FixedEmbedder(dimension: 6, vectors: [:]))
        }
        #expect(throws: ArtifactError.self) {
            try EmbeddingRetriever(opening: folder.file("embeddings"), itemCount: Self.n + 1)
        }
    }

    @Test(arguments: UInt64(0)..<10) func exactIndexAgreesWithSortingEverything(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let n = [0, 1, 1_023, 1_024, 2_500][random.below(5)]
        let d = 1 + random.below(20)
        let folder = try TemporaryFolder()
        var writer = TensorFileWriter(kind: "rows", layout: 1)
        // Small whole numbers: sums are exact and ties are common.
        let values = (0..<n * d).map { _ in Float(random.below(5)) - 2 }
        writer.add("rows", values, shape: [n, d])
        try writer.write(to: folder.file("rows"))
        var present = ItemSet(itemCount: n)
        var excluded = ItemSet(itemCount: n)
        for item in 0..<n {
            if random.below(10) > 0 { present.insert(ItemIndex(item)) }
            if random.below(10) == 0 { excluded.insert(ItemIndex(item)) }
        }
        let file = try TensorFile(folder.file("rows"), kind: "rows", layouts: 1...1)
        let index = ExactIndex(rows: try file.tensor("rows"), present: present)
        let query = (0..<d).map { _ in Float(random.below(5)) - 2 }
        let k = random.below(50)
        let scores: [Float] = (0..<n).map { row in
            (0..<d).reduce(0) { $0 + query[$1] * values[row * d + $1] }
        }
        let all = (0..<n).filter { present.contains(ItemIndex($0)) && !excluded.contains(ItemIndex($0)) }
            .map { Scored(item: ItemIndex($0), score: scores[$0]) }.sorted()
        #expect(index.search(query, k: k, excluding: excluded, deadline: .none) == Array(all.prefix(k)))
        let items = (0..<ItemIndex(n)).map { $0 } + [ItemIndex(n)]
        for (item, score) in zip(items, index.scores(of: items, query)) {
            #expect(present.contains(item) ? score == scores[Int(item)] : score.isNaN)
        }
    }
}
