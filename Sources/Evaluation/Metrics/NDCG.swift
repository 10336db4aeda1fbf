import Foundation

/// Normalised discounted cumulative gain with binary gains:
///
///     ndcg@k = sum over hits at place r <= k of 1 / log2(r + 1)
///              / sum over r = 1 ... min(k, number of relevant items) of 1 / log2(r + 1)
///
/// So 1 is reached when the first places are all relevant, also with more relevant items than places.
/// trec_eval's `ndcg_cut_k` on 0/1 judgements.
///
/// Source: Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques"; the discount from
/// place 1 on is that of Burges and others 2005, as in trec_eval.
public struct NDCG: Metric {
    public static let baseName = "ndcg"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>) -> Double {
        guard !relevant.isEmpty, depth > 0 else { return 0 }
        var ideal = 0.0
        for place in 1...min(depth, relevant.count) { ideal += Self.discount(place) }
        return hits(list, relevant).reduce(0.0) { $0 + Self.discount($1) } / ideal
    }

    private static func discount(_ place: Int) -> Double { 1 / log2(Double(place + 1)) }
}
