import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Items whose text is about what the query is about, whether they share its words or not: cosines in the space of
/// ``LatentSemantics``. A query without a text is about the item that it asks for, or else about what its user liked last: so
/// that an item which nobody touched yet can be proposed. No opinion (NaN) on an item of which nothing is said, and on all
/// when nothing of the query is known.
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

    public func asked(_ query: Query) -> any AskedRetriever {
        guard let vector = vector(for: query) else { return NoOpinion() }
        // What is past the model has no row in any other stage.
        return AskedVector(
            vector: vector, index: searched, excluded: query.excluded, rows: live == nil ? .max : model.text.itemCount)
    }

    /// The vector that a query is answered with; nil where nothing of it is known.
    public func vector(for query: Query) -> [Float]? {
        if let text = query.text { return model.vector(of: text, options: options) }
        if let seed = query.seed { return model.mean(of: CollectionOfOne((seed, 1))) }
        var weight: Float = 1
        return model.mean(
            of: query.history.prefix(Self.historyItems).map { interest in
                defer { weight *= Self.recencyDecay }
                return (interest.item, weight)
            })
    }

    /// Of a history the newest items say what it is about, each next older one less.
    private static let historyItems = 20
    private static let recencyDecay: Float = 0.8

    private var searched: any VectorIndex { live ?? index }
}

extension LatentSemantics {
    /// The direction of a weighted sum of items; nil where nothing is said of any.
    func mean(of weighted: some Collection<(ItemIndex, Float)>) -> [Float]? {
        var sum = [Float](repeating: 0, count: dimension)
        for (item, weight) in weighted where Int(item) < items.count && items.isPresent(Int(item)) {
            items.add(Int(item), times: weight, to: &sum)
        }
        let length = VectorKernels.dot(sum, sum, count: dimension).squareRoot()
        guard length > 0, length.isFinite else { return nil }
        return sum.map { $0 / length }
    }

    /// The items that have a vector.
    public var present: ItemSet { CodedIndex(items).present }

    /// All items' vectors as 32-bit floats, n x d: what an index is built from.
    public func vectors(threads: Int) -> VectorSet {
        VectorSet(name: Self.fileName, dimension: dimension, values: items.decoded(threads: threads))
    }
}
