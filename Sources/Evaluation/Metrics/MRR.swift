/// One over the place of the first relevant item; 0 when none stands in the first k places. Its mean over requests is
/// the mean reciprocal rank. trec_eval's `recip_rank` on a list cut at k.
///
/// Source: Voorhees 1999, "The TREC-8 Question Answering Track Report", 3.
public struct MRR: Metric {
    public static let baseName = "mrr"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>) -> Double {
        hits(list, relevant).first.map { 1 / Double($0) } ?? 0
    }
}
