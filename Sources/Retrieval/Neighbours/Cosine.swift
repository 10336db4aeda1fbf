import Foundation
import MagpieDomain

public struct CosineOptions: Codable, Sendable, Hashable {
    /// Added to the product of the lengths: what few people share counts for less.
    public var shrinkage = 10.0
    /// Neighbours kept of each item.
    public var topN = 200
    /// Of each history only so many of the newest.
    public var historyLimit = 10_000
    /// At serving, as ``NeighbourOptions/recencyDecay``.
    public var recencyDecay = 1.0
    /// At serving: the window of the retriever "cosine-recent".
    public var recent = HistoryWindow.lastFive

    public init() {}
}

/// The table of cosines between the columns of the binary user x item table (Sarwar et al. 2001, "Item-Based
/// Collaborative Filtering Recommendation Algorithms", section 3.1.1), with the shrinkage of Bell and Koren 2007
/// ("Scalable Collaborative Filtering with Jointly Derived Neighborhood Interpolation Weights", section 3.1):
///
///     users of i and j / (sqrt(users of i * users of j) + shrinkage)
public enum Cosine {
    /// Makes `cosine.safetensors` from the positives; bytes as for ``RP3Beta``.
    public static func build(
        from interactions: Interactions, options: CosineOptions, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> NeighbourTable.Report {
        let histories = Histories(of: interactions, limit: options.historyLimit, distinct: true)
        let length: [Float] = histories.popularity.map { Float(Double($0).squareRoot()) }
        let shrinkage = Float(options.shrinkage)
        let rows = SparseRowsBuilder(itemCount: histories.itemCount, threads: threads, progress: progress) {
            item, accumulator in
            histories.addCompany(of: item, weight: { _ in 1 }, to: &accumulator)
            return accumulator.take(limit: options.topN) { 1 / (length[item] * length[Int($0)] + shrinkage) }
        }
        return try NeighbourTable.write(
            rows, method: .cosine, options: options,
            whole: HistoryWindow(items: HistoryWindow.everything, recencyDecay: options.recencyDecay),
            recent: options.recent, to: url)
    }
}
