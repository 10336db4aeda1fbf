import Foundation
import MagpieDomain

public struct TransitionOptions: Codable, Sendable, Hashable {
    /// Items after an item that it leads to.
    public var window = 20
    /// The weight of the item g places later is g^-this.
    public var gapExponent = 1.0
    /// The share of a transition that its reverse gets.
    public var backward = 0.1
    /// The sum is divided by popularity^this of where it starts.
    public var alpha = 0.5
    /// The sum is divided by popularity^this of where it leads.
    public var beta = 0.0
    /// Neighbours kept of each item.
    public var topN = 200
    /// Of each history only so many of the newest.
    public var historyLimit = 10_000
    /// At serving: so many of the newest items of a history, the weight of each this to the power of its place.
    public var items = 20
    public var recencyDecay = 0.8
    /// At serving: the window of the retriever "transitions-recent", whose last item counts most.
    public var recent = HistoryWindow(items: 5, recencyDecay: 0.6, halfLifeDays: 7)

    public init() {}
}

/// The table of what came after what: a directed count of transitions within the histories. The weight of j in the row
/// of i is
///
///     popularity(i)^-alpha * popularity(j)^-beta * sum over i at place p and j at place q > p, q - p <= window,
///                                                       of (q - p)^-gapExponent
///
/// and `backward` times the same for q < p. Events of one moment have no order: a pair of them counts half each way.
/// Counting transitions beats published deep models of sequences (Ludewig and Jannach 2018, "Evaluation of
/// Session-based Recommendation Algorithms", section 6, on sequential rules with weights 1 / gap).
public enum Transitions {
    /// Makes `transitions.safetensors` from the positives; bytes as for ``RP3Beta``.
    public static func build(
        from interactions: Interactions, options: TransitionOptions, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> NeighbourTable.Report {
        let histories = Histories(of: interactions, limit: options.historyLimit, distinct: false)
        let popularity: [Double] = histories.popularity.map { Double(max($0, 1)) }
        let begin: [Float] = popularity.map { Float(pow($0, -options.alpha)) }
        let end: [Float] = popularity.map { Float(pow($0, -options.beta)) }
        let gaps = Gaps(options)
        let rows = SparseRowsBuilder(itemCount: histories.itemCount, threads: threads, progress: progress) {
            item, accumulator in
            for position in histories.occurrences(of: item) { gaps.add(position, histories, to: &accumulator) }
            return accumulator.take(limit: options.topN) { begin[item] * end[Int($0)] }
        }
        return try NeighbourTable.write(
            rows, method: .transitions, options: options,
            whole: HistoryWindow(items: options.items, recencyDecay: options.recencyDecay), recent: options.recent,
            to: url)
    }
}

/// Weights by gap, 0 ... window.
private struct Gaps: Sendable {
    let forward: [Float]
    let backward: [Float]
    /// Of one moment: the mean of both.
    let level: [Float]

    init(_ options: TransitionOptions) {
        let weights: [Double] = (0...max(options.window, 0)).map { $0 == 0 ? 0 : pow(Double($0), -options.gapExponent) }
        forward = weights.map { Float($0) }
        backward = weights.map { Float($0 * options.backward) }
        level = weights.map { Float($0 * (1 + options.backward) / 2) }
    }

    /// Adds what the occurrence at `position` of an item says about its neighbours in time.
    func add(_ position: Int, _ histories: Histories, to row: inout RowAccumulator) {
        let item = histories.items[position]
        let time = histories.times[position]
        let range = histories.positions(of: Int(histories.users[position]))
        let window = forward.count - 1
        for other in max(range.lowerBound, position - window)..<min(range.upperBound, position + window + 1) {
            let neighbour = histories.items[other]
            guard neighbour != item else { continue }
            let weights = histories.times[other] == time ? level : other > position ? forward : backward
            let weight = weights[abs(other - position)]
            if weight > 0 { row.add(neighbour, weight) }
        }
    }
}
