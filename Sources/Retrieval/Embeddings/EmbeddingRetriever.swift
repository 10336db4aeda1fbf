import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Nearest items in the space of skip-gram. What is asked decides the space, the first of:
///
/// 1. `query.vector`: the inner product of the caller's own vector with the output vectors (popularity left out);
/// 2. `query.text`: cosine of the text's vector (``TextEmbedder``) with the items' input vectors;
/// 3. `query.seed`: cosine of the seed's input vector with them, the seed left out;
/// 4. `query.history`: the mean of its input vectors, newer ones weighing more, against the output vectors.
///
/// No opinion (NaN) on an item without a vector there, and on all when the text has no known word, the seed no
/// vector, the history no known item.
///
/// A space is searched through its index where there is one (``EmbeddingIndexes``), else row by row. Scores are the
/// same, and so is what is found, but for the share of the best that an index misses.
public struct EmbeddingRetriever: Retriever {
    public let name = "embedding"
    public let table: EmbeddingTable
    private let text: (any TextEmbedder)?
    /// Input vectors, for texts and seeds.
    private let alike: any VectorIndex
    /// Output vectors, for histories.
    private let next: any VectorIndex
    /// Input vectors that came after the table, searched together with it; their rows may lie past its end.
    public private(set) var live: LiveVectorIndex?

    /// Throws ``ArtifactError`` when the text encoder was trained for another space, or an index made of other rows.
    public init(
        _ table: EmbeddingTable, text: (any TextEmbedder)? = nil, indexes: EmbeddingIndexes = .init()
    ) throws {
        if let text, text.dimension != table.dimension {
            throw table.file.wrongTensor(
                "in", got: "\(table.dimension) dimensions", expected: "the \(text.dimension) of the query encoder")
        }
        self.table = table
        self.text = text
        alike = try indexes.over(indexes.input, rows: table.input, present: table.withInput)
        next = try indexes.over(indexes.output, rows: table.output, present: table.withOutput)
    }

    /// Opens the table; see ``EmbeddingTable/init(opening:itemCount:)``.
    public init(opening url: URL, itemCount: Int? = nil, text: (any TextEmbedder)? = nil) throws {
        try self.init(EmbeddingTable(opening: url, itemCount: itemCount), text: text)
    }

    /// The same, with a side that changes: see ``live``.
    public func searchingLive() -> EmbeddingRetriever {
        var copy = self
        copy.live = LiveVectorIndex(over: alike)
        return copy
    }

    /// How each space is searched.
    public var states: [VectorIndexState] {
        [
            VectorIndexState(name: "in", vectors: table.withInput.count, index: alike),
            VectorIndexState(name: "out", vectors: table.withOutput.count, index: next),
        ]
    }

    public func asked(_ query: Query) -> any AskedRetriever {
        guard let target = target(of: query) else { return NoOpinion() }
        var excluded = query.excluded
        if query.vector == nil, query.text == nil, let seed = query.seed, Int(seed) < excluded.itemCount {
            excluded.insert(seed)
        }
        // What is past the table has no row in any other stage.
        return AskedVector(
            vector: target.vector, index: target.index, excluded: excluded, rows: live == nil ? .max : table.itemCount)
    }

    /// The vector that a query is answered with, for `explain`; nil when the query has nothing to embed.
    public func vector(for query: Query) -> [Float]? { target(of: query)?.vector }

    private func target(of query: Query) -> (vector: [Float], index: any VectorIndex)? {
        if let vector = query.vector { return vector.count == table.dimension ? (vector + [0], next) : nil }
        if let words = query.text {
            guard var vector = text?.embed(words), vector.count == table.dimension else { return nil }
            VectorKernels.normalise(&vector)
            return vector.contains { $0 != 0 } ? (vector, live ?? alike) : nil
        }
        if let seed = query.seed { return table.unitInput(of: seed).map { ($0, live ?? alike) } }
        return table.query(for: query.history).map { ($0, next) }
    }
}

/// The cosine of two items' input vectors, -1 ... 1; NaN where one of them has none.
public struct EmbeddingSimilarity: ItemSimilarity {
    public let name = "embedding"
    private let table: EmbeddingTable
    private let index: ExactIndex

    public init(_ table: EmbeddingTable) {
        self.table = table
        index = ExactIndex(rows: table.input, present: table.withInput)
    }

    public func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float] {
        guard let vector = table.unitInput(of: other) else { return [Float](repeating: .nan, count: items.count) }
        return index.scores(of: items, vector)
    }

    /// Each item's row is read once, and compared with all others while it is near.
    public func similarities(of items: [ItemIndex], to others: [ItemIndex]) -> [[Float]] {
        let vectors = others.map(table.unitInput)
        let known = vectors.compactMap(\.self)
        var lists = index.scores(of: items, known).makeIterator()
        return vectors.map { vector in
            vector.flatMap { _ in lists.next() } ?? [Float](repeating: .nan, count: items.count)
        }
    }
}
