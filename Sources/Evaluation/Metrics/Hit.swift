/// Whether any relevant item stands in the first k places: 1 or 0. trec_eval's `success_k`. With one relevant item a
/// request (leave-one-out, known-item search) it is recall@k.
///
/// Source: Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms", 6.1 (hit rate).
public struct Hit: Metric {
    public static let baseName = "hit"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>) -> Double {
        hits(list, relevant).isEmpty ? 0 : 1
    }
}
