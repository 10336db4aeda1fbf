import MagpieArtifacts
import MagpieDomain

/// Items whose text is about what the query is about, whether they share its words or not: cosines in the space of
/// ``LatentSemantics``. Answers only queries with a text; no opinion (NaN) on an item of which nothing is said, and on
/// all when no word of the query is known.
///
/// The items are searched through an index where there is one, else one by one; scores are the same.
public struct SemanticRetriever: Retriever {
    public let name = "semantic"
    public let model: LatentSemantics
    public let options: TextSearchOptions
    private let index: any VectorIndex
    private let vectors: Int
    /// Items that came after the model or changed since, searched together with it; their rows may lie past its end.
    public private(set) var live: LiveVectorIndex?

    /// - Parameters:
    ///   - index: over the items' vectors; nil: exact search. Throws ``ArtifactError`` when it was made of others.
    ///   - recall: the share of the true best that searches through the index aim at.
    ///   - checkEvery: one search in so many is checked by exact search, see ``RecallSample``; 0 = none.
    public init(
        _ model: LatentSemantics, options: TextSearchOptions = TextSearchOptions(), index: PartitionedIndex? = nil,
        recall: Double = PartitionedIndex.defaultRecall, checkEvery: Int = RecallSample.defaultEvery
    ) throws {
        self.model = model
        self.options = options
        let exact = CodedIndex(model.items)
        vectors = exact.present.count
        if let index {
            self.index = try ApproximateIndex(
                index, exact: exact, recall: recall, sample: RecallSample(every: checkEvery))
        } else {
            self.index = exact
        }
    }

    /// The same, with a side that changes: see ``live``.
    public func searchingLive() -> SemanticRetriever {
        var copy = self
        copy.live = LiveVectorIndex(over: index)
        return copy
    }

    /// How the items are searched.
    public var state: VectorIndexState { VectorIndexState(name: name, vectors: vectors, index: index) }

    public func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed, let vector = vector(for: query) else { return [] }
        let found = searched.search(vector, k: limit, excluding: query.excluded, deadline: deadline)
        // What is past the model has no row in any other stage.
        return live == nil ? found : found.filter { Int($0.item) < model.text.itemCount }
    }

    public func scores(of items: [ItemIndex], for query: Query) -> [Float] {
        guard let vector = vector(for: query) else { return [Float](repeating: .nan, count: items.count) }
        return searched.scores(of: items, vector)
    }

    /// The vector that a query is answered with; nil without a text of which a word is known.
    public func vector(for query: Query) -> [Float]? {
        query.text.flatMap { model.vector(of: $0, options: options) }
    }

    private var searched: any VectorIndex { live ?? index }
}

extension LatentSemantics {
    /// The items that have a vector.
    public var present: ItemSet { CodedIndex(items).present }

    /// All items' vectors as 32-bit floats, n x d: what an index is built from.
    public func vectors(threads: Int) -> VectorSet {
        VectorSet(name: Self.fileName, dimension: dimension, values: items.decoded(threads: threads))
    }
}
