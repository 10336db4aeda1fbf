import Foundation
import MagpieArtifacts
import MagpieDomain

/// The table of RP3beta, see ``NeighbourOptions``. With X the binary user x item table of positives, the weight of j in
/// the row of i is
///
///     popularity(i)^-alpha * popularity(j)^-beta * sum over users u of i and j of length(u)^-alpha
public enum RP3Beta {
    /// Makes `neighbours.safetensors` from the positives. Row i is summed by one thread over the users of item i in
    /// order: the same bytes for any number of threads. Nothing is random.
    public static func build(
        from interactions: Interactions, options: NeighbourOptions, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> NeighbourTable.Report {
        let histories = Histories(of: interactions, limit: options.historyLimit, distinct: true)
        let popularity: [Double] = histories.popularity.map { Double(max($0, 1)) }
        let begin: [Float] = popularity.map { Float(pow($0, -options.alpha)) }
        let end: [Float] = popularity.map { Float(pow($0, -options.beta)) }
        let through: [Float] = (0..<histories.userCount).map { user in
            Float(pow(Double(max(histories.positions(of: user).count, 1)), -options.alpha))
        }
        let rows = SparseRowsBuilder(itemCount: histories.itemCount, threads: threads, progress: progress) {
            item, accumulator in
            histories.addCompany(of: item, weight: { through[$0] }, to: &accumulator)
            return accumulator.take(limit: options.topN) { begin[item] * end[Int($0)] }
        }
        return try NeighbourTable.write(
            rows, method: .rp3beta, options: options,
            whole: HistoryWindow(items: HistoryWindow.everything, recencyDecay: options.recencyDecay),
            recent: options.recent, to: url)
    }
}

extension Histories {
    /// Adds, for each user of the item, the user's weight to all others of their items: a row of XᵀX.
    func addCompany(of item: Int, weight: (Int) -> Float, to row: inout RowAccumulator) {
        items.withUnsafeBufferPointer { items in
            for position in occurrences(of: item) {
                let user = Int(users[position])
                let share = weight(user)
                for other in positions(of: user) where other != position { row.add(items[other], share) }
            }
        }
    }
}
