import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// A ``PartitionedIndex`` that finds, and the rows it was built from that score: search without a look at every row,
/// with the scores of exact search.
///
/// The k that were found are scored again by their rows, so that ``search(_:k:excluding:deadline:)`` and
/// ``scores(of:_:)`` agree to the bit, and one retriever has one opinion of an item. What is approximate is only which
/// items are found: about ``recall`` of the true k best, on average. ``sample`` watches whether that holds for what
/// is really asked.
///
/// Where the index found fewer than k though there are more, exact search answers: a list is as long as it would be
/// without an index.
public struct ApproximateIndex: VectorIndex {
    public let recall: Double
    public let sample: RecallSample
    private let exact: any ExhaustiveIndex
    private let index: PartitionedIndex

    public var count: Int { exact.count }
    public var dimension: Int { exact.dimension }
    /// Vectors.
    public var vectors: Int { index.count }

    /// - Parameters:
    ///   - index: built from these rows by inner product. Throws ``ArtifactError`` when it was not, as far as shapes
    ///     tell: two files of different bundles.
    ///   - rows: n x d.
    ///   - present: of n items those that have a vector.
    ///   - recall: the share of the true best to aim at.
    public init(
        _ index: PartitionedIndex, rows: Tensor<Float>, present: ItemSet,
        recall: Double = PartitionedIndex.defaultRecall, sample: RecallSample = RecallSample()
    ) throws {
        let exact = ExactIndex(rows: rows, present: present)
        try self.init(
            index, exact: exact, vectors: VectorSet(name: "rows of \(index.file.url.lastPathComponent)", rows),
            recall: recall, sample: sample)
    }

    /// - Parameters:
    ///   - exact: over the vectors that the index was built from.
    ///   - vectors: they themselves, where they lie somewhere as 32-bit floats: see
    ///     ``PartitionedIndex/init(opening:itemCount:vectors:)``.
    init(
        _ index: PartitionedIndex, exact: any ExhaustiveIndex, vectors: VectorSet? = nil,
        recall: Double = PartitionedIndex.defaultRecall, sample: RecallSample = RecallSample()
    ) throws {
        let file = index.file
        guard index.itemCount == exact.count else {
            throw file.wrongTensor("positions", got: "\(index.itemCount) items", expected: "\(exact.count)")
        }
        guard index.dimension == exact.dimension else {
            throw file.wrongTensor("axes", got: "\(index.dimension) dimensions", expected: "\(exact.dimension)")
        }
        self.exact = exact
        self.index = try vectors.map { try index.with(vectors: $0) } ?? index
        self.recall = recall
        self.sample = sample
        guard index.count == exact.present.count else {
            throw file.wrongTensor("items", got: "\(index.count) vectors", expected: "\(exact.present.count)")
        }
        guard index.metric == .innerProduct else {
            throw file.wrongTensor(
                "codes", got: "metric \(index.metric.rawValue)", expected: VectorMetric.innerProduct.rawValue)
        }
    }

    public func search(_ query: [Float], k: Int, excluding: ItemSet, deadline: Deadline) -> [Scored] {
        guard k > 0, !deadline.hasPassed else { return [] }
        let proposed = index.search(query, k: k, excluding: excluding, recall: recall, deadline: deadline).map(\.item)
        if deadline.hasPassed { return [] }
        // A damaged index may propose an item without a vector: it has no score.
        let found = zip(proposed, exact.scores(of: proposed, query)).filter { !$0.1.isNaN }
            .map { Scored(item: $0, score: $1) }.sorted()
        if found.count < k, found.count < exact.present.count(without: excluding) {
            return exact.search(query, k: k, excluding: excluding, deadline: deadline)
        }
        if sample.isDue() { check(found, query, k: k, excluding: excluding) }
        return found
    }

    public func scores(of items: [ItemIndex], _ query: [Float]) -> [Float] { exact.scores(of: items, query) }

    private func check(_ found: [Scored], _ query: [Float], k: Int, excluding: ItemSet) {
        sample.measure { [exact] in
            let truth = exact.search(query, k: k, excluding: excluding, deadline: .none)
            guard let last = truth.last else { return (0, 0) }
            // Of items that score like the last one any will do.
            return (truth.count, found.count { $0.score >= last.score })
        }
    }
}
