import MagpieArtifacts
import MagpieDomain

/// The partitioned indexes over an ``EmbeddingTable``, where it is large enough to have some.
public struct EmbeddingIndexes: Sendable {
    /// Over `in`, which texts and seeds ask; nil: exact search.
    public var input: PartitionedIndex?
    /// Over `out`, which histories ask; nil: exact search.
    public var output: PartitionedIndex?
    /// The share of the true best that searches aim at.
    public var recall: Double
    /// One search in so many is checked by exact search, see ``RecallSample``; 0 = none.
    public var checkEvery: Int

    public init(
        input: PartitionedIndex? = nil, output: PartitionedIndex? = nil,
        recall: Double = PartitionedIndex.defaultRecall, checkEvery: Int = RecallSample.defaultEvery
    ) {
        self.input = input
        self.output = output
        self.recall = recall
        self.checkEvery = checkEvery
    }

    func over(_ index: PartitionedIndex?, rows: Tensor<Float>, present: ItemSet) throws -> any VectorIndex {
        guard let index else { return ExactIndex(rows: rows, present: present) }
        return try ApproximateIndex(
            index, rows: rows, present: present, recall: recall, sample: RecallSample(every: checkEvery))
    }
}

/// How one space of vectors is searched, for whoever watches a server.
public struct VectorIndexState: Sendable, Hashable {
    /// "in" or "out", as in the table.
    public var name: String
    public var vectors: Int
    /// What live searches found of the true best; nil where search is exact.
    public var recall: RecallSample.Counts?

    init(name: String, vectors: Int, index: any VectorIndex) {
        self.name = name
        self.vectors = vectors
        recall = (index as? ApproximateIndex)?.sample.counts
    }
}
