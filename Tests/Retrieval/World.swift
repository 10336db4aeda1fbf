import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

@testable import MagpieRetrieval

/// Tiny worlds with a known answer.
enum World {
    /// Interactions from histories, oldest first, one minute apart.
    static func interactions(_ histories: [[ItemIndex]], itemCount: Int) -> Interactions {
        var table = Interactions(users: histories.indices.map { UserKey(UInt64($0)) }, itemCount: itemCount)
        var seq: Int64 = 0
        for (user, items) in histories.enumerated() {
            for (place, item) in items.enumerated() {
                seq += 1
                table.append(
                    seq: seq, user: UInt32(user), item: item, time: Int64(place) * 60_000, weight: 1, isPositive: true)
            }
        }
        return table
    }

    /// Communities of items; each user likes a random part of one of them. The last item of the table is liked by
    /// nobody.
    struct Planted {
        let communities = 3
        let size = 12
        let histories: [[ItemIndex]]
        let interactions: Interactions

        init(seed: UInt64 = 1, users: Int = 90, length: Int = 8) {
            var histories: [[ItemIndex]] = []
            for user in 0..<users {
                var random = RandomSource(seed: seed, UInt64(user))
                let first = user % communities * size
                var items = (first..<first + size).map { ItemIndex($0) }
                random.shuffle(&items)
                histories.append(Array(items.prefix(length)))
            }
            self.histories = histories
            interactions = World.interactions(histories, itemCount: communities * size + 1)
        }

        var itemCount: Int { interactions.itemCount }
        var unknown: ItemIndex { ItemIndex(itemCount - 1) }

        func community(of item: ItemIndex) -> Int { Int(item) / size }
    }

    /// Random histories with repeats and holes.
    static func random(seed: UInt64, users: Int, itemCount: Int) -> Interactions {
        var random = RandomSource(seed: seed)
        var table = Interactions(users: (0..<users).map { UserKey(UInt64($0)) }, itemCount: itemCount)
        for seq in 0..<users * 6 {
            // Squaring makes some items popular and leaves some alone.
            let item = random.below(itemCount) * random.below(itemCount) / itemCount
            table.append(
                seq: Int64(seq), user: UInt32(random.below(users)), item: ItemIndex(item),
                time: Int64(random.below(200)) * 60_000, weight: 1, isPositive: random.below(5) > 0)
        }
        return table
    }

    static func query(_ history: [ItemIndex], excluding: [ItemIndex] = [], itemCount: Int) -> Query {
        var excluded = ItemSet(itemCount: itemCount)
        for item in excluding { excluded.insert(item) }
        return Query(
            history: history.map { Interest(item: $0, time: Timestamp(milliseconds: 0)) }, excluded: excluded)
    }
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name + ".safetensors") }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: file(name)) }
}

/// Every behaviour artifact of one world, and what opens on it.
struct BehaviourBundle {
    static let names = [
        "graph", "skipgram", "embeddings", "embeddings-als", "neighbours", "transitions", "ease", "cosine", "sessions",
        "popular",
    ]
    static let tables = ["neighbours", "transitions", "ease", "cosine"]
    static let indexNames = ["index-in", "index-out"]
    let folder: TemporaryFolder
    let itemCount: Int

    init(
        _ interactions: Interactions, corpus: Corpus = .walks, seed: UInt64 = 1, threads: Int = 2, epochs: Int = 8,
        filled: [(item: ItemIndex, vector: [Float])] = []
    ) throws {
        folder = try TemporaryFolder()
        itemCount = interactions.itemCount
        var skipGram = SkipGramOptions()
        skipGram.dimensions = 8
        skipGram.epochs = epochs
        skipGram.negatives = 3
        skipGram.learningRate = 0.05
        skipGram.pairsPerChunk = 2_000
        _ = try ItemGraph.build(
            from: interactions, options: ItemGraphOptions(), seed: seed, threads: threads, to: folder.file("graph"))
        let graph = try ItemGraph(opening: folder.file("graph"), itemCount: itemCount)
        let sentences = corpus.sentences(
            graph: graph, interactions: interactions, walks: RandomWalkOptions(), seed: seed, threads: threads)
        let model = SkipGramTrainer.train(
            on: sentences, itemCount: itemCount, options: skipGram, seed: seed, threads: threads
        ).model
        try model.write(to: folder.file("skipgram"))
        _ = try EmbeddingTable.build(
            from: EmbeddingModel(opening: folder.file("skipgram")), popularity: interactions.positivesPerItem(),
            filled: filled, options: EmbeddingTableOptions(), to: folder.file("embeddings"))
        var als = ALSOptions()
        (als.dimensions, als.regularization) = (8, 30)
        var plain = EmbeddingTableOptions()
        plain.popularityWeight = 0
        _ = try EmbeddingTable.build(
            from: ALSTrainer.train(on: interactions, options: als, seed: seed, threads: threads).model,
            popularity: interactions.positivesPerItem(),
            fold: .leastSquares(regularization: als.regularization, confidence: als.confidence), options: plain,
            to: folder.file("embeddings-als"))
        try Self.tables(of: interactions, threads: threads, in: folder)
        _ = try PopularRetriever.build(from: interactions, to: folder.file("popular"))
        let table = try EmbeddingTable(opening: folder.file("embeddings"))
        for (name, rows, present) in [
            ("index-in", table.input, table.withInput), ("index-out", table.output, table.withOutput),
        ] where present.count > 0 {
            _ = try PartitionedIndex.build(
                VectorSet(name: name, rows), present: present, metric: .innerProduct, seed: seed, threads: threads,
                to: folder.file(name))
        }
    }

    /// The tables of neighbours, and the sessions.
    static func tables(of interactions: Interactions, threads: Int, in folder: TemporaryFolder) throws {
        _ = try RP3Beta.build(
            from: interactions, options: NeighbourOptions(), threads: threads, to: folder.file("neighbours"))
        _ = try Transitions.build(
            from: interactions, options: TransitionOptions(), threads: threads, to: folder.file("transitions"))
        _ = try EASE.build(from: interactions, options: EASEOptions(), threads: threads, to: folder.file("ease"))
        _ = try Cosine.build(from: interactions, options: CosineOptions(), threads: threads, to: folder.file("cosine"))
        _ = try SessionIndex.build(from: interactions, options: SessionOptions(), to: folder.file("sessions"))
    }

    /// The catalogue of behaviour retrievers: the contract runs over all of it.
    func retrievers(text: (any TextEmbedder)? = nil) throws -> [any Retriever] {
        try exactRetrievers(text: text) + [try partitioned(text: text)]
    }

    func exactRetrievers(text: (any TextEmbedder)? = nil) throws -> [any Retriever] {
        [
            try EmbeddingRetriever(opening: folder.file("embeddings"), itemCount: itemCount, text: text),
            try EmbeddingRetriever(opening: folder.file("embeddings-als"), itemCount: itemCount, text: text),
        ]
            + (try Self.tables.flatMap {
                NeighbourRetriever.all(try NeighbourTable(opening: folder.file($0), itemCount: itemCount))
            })
            + [
                try SessionRetriever(opening: folder.file("sessions"), itemCount: itemCount),
                try PopularRetriever(opening: folder.file("popular"), itemCount: itemCount),
            ]
    }

    /// The embedding retriever by its indexes. Without live checks: some tests write over files that are open.
    func partitioned(text: (any TextEmbedder)? = nil) throws -> EmbeddingRetriever {
        func index(_ name: String) throws -> PartitionedIndex? {
            guard FileManager.default.fileExists(atPath: folder.file(name).path) else { return nil }
            return try PartitionedIndex(opening: folder.file(name), itemCount: itemCount)
        }
        return try EmbeddingRetriever(
            EmbeddingTable(opening: folder.file("embeddings"), itemCount: itemCount), text: text,
            indexes: EmbeddingIndexes(
                input: try index("index-in"), output: try index("index-out"), recall: 0.998, checkEvery: 0))
    }

    func similarities() throws -> [any ItemSimilarity] {
        [
            EmbeddingSimilarity(try EmbeddingTable(opening: folder.file("embeddings"), itemCount: itemCount)),
            NeighbourSimilarity(try NeighbourTable(opening: folder.file("neighbours"), itemCount: itemCount)),
        ]
    }
}

/// "3" lands on item 3's own vector.
struct FixedEmbedder: TextEmbedder {
    let dimension: Int
    let vectors: [String: [Float]]

    func embed(_ text: String) -> [Float]? { vectors[text] }
}
