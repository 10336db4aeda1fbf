/// Average precision of the first k places; its mean over requests is the mean average precision:
///
///     map@k = sum over hits at place r <= k of (hits in r / r) / number of relevant items
///
/// Divided by all relevant items, as trec_eval's `map_cut_k` does, so below 1 even for a perfect list when more than
/// k items are relevant (some papers divide by min(k, relevant)).
///
/// Source: Buckley and Voorhees 2000, "Evaluating evaluation measure stability", 2.
public struct MAP: Metric {
    public static let baseName = "map"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>) -> Double {
        guard !relevant.isEmpty else { return 0 }
        var sum = 0.0
        for (i, place) in hits(list, relevant).enumerated() { sum += Double(i + 1) / Double(place) }
        return sum / Double(relevant.count)
    }
}
