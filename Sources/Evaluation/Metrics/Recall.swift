/// The share of the relevant items that stand in the first k places:
///
///     recall@k = hits in k / number of relevant items
///
/// Below 1 even for a perfect list when more than k items are relevant (some papers divide by min(k, relevant)
/// instead; trec_eval's `recall_k`, and this, do not).
///
/// Source: Manning, Raghavan and Schütze 2008, "Introduction to Information Retrieval", 8.3 and 8.4.
public struct Recall: Metric {
    public static let baseName = "recall"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>) -> Double {
        relevant.isEmpty ? 0 : Double(hits(list, relevant).count) / Double(relevant.count)
    }
}
