import Foundation
import MagpieArtifacts
import MagpieDomain

extension ItemGraph {
    /// What was built, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        /// Items with at least one edge.
        public var nodes: Int
        public var edges: Int
    }

    /// Makes `graph.safetensors` from the positives. Row i is summed by one thread over the occurrences of item i
    /// in user order: the same bytes for any number of threads.
    public static func build(
        from interactions: Interactions, options: ItemGraphOptions, seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> Report {
        let histories = Histories(of: interactions, limit: options.historyLimit, distinct: false)
        let votes = Votes(of: histories, options)
        let popularity = histories.popularity
        let discount: [Float] = popularity.map { Float(pow(Double(max($0, 1)), -options.popularityDiscount)) }
        let rows = SparseRowsBuilder(itemCount: histories.itemCount, threads: threads, progress: progress) {
            item, accumulator in
            for position in histories.occurrences(of: item) { votes.vote(at: position, into: &accumulator) }
            return accumulator.take(limit: options.edgesPerNode) { discount[Int($0)] }
        }
        var writer = TensorFileWriter(
            kind: kind, layout: layouts.upperBound, metadata: ["options": try canonicalJSON(options)])
        rows.add(to: &writer)
        writer.add("popularity", popularity.map { UInt32(clamping: $0) })
        try writer.write(to: url)
        let nodes = zip(rows.offsets, rows.offsets.dropFirst()).reduce(0) { $0 + ($1.0 < $1.1 ? 1 : 0) }
        return Report(nodes: nodes, edges: rows.items.count)
    }
}

/// Options as they stand in an artifact's metadata: keys sorted, so that equal options are equal bytes.
func canonicalJSON(_ options: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(options), as: UTF8.self)
}

/// The votes of one position of a history for edges from its item.
private struct Votes: Sendable {
    let histories: Histories
    let window: Int
    /// By gap, 0 ... window.
    let forward: [Float]
    let backward: [Float]
    let sequenceScale: [Float]
    let coRating: [Float]
    /// By position: the number of its session, so that neighbours are those of one session.
    let session: [UInt32]

    init(of histories: Histories, _ options: ItemGraphOptions) {
        self.histories = histories
        window = max(options.window, 0)
        let byGap: [Double] = (0...window).map {
            $0 == 0 ? 0 : options.sequenceWeight * pow(Double($0), -options.gapExponent)
        }
        forward = byGap.map { Float($0) }
        backward = byGap.map { Float($0 * options.backward) }
        let lengths = (0..<histories.userCount).map { Double(max(histories.positions(of: $0).count - 1, 1)) }
        sequenceScale = lengths.map { Float(pow($0, -options.sequenceLengthExponent)) }
        coRating = lengths.map { Float(options.coRatingWeight * pow($0, -options.coRatingLengthExponent)) }
        var session: [UInt32] = []
        session.reserveCapacity(histories.items.count)
        for user in 0..<histories.userCount {
            var number: UInt32 = 0
            for position in histories.positions(of: user) {
                if let minutes = options.sessionGapMinutes, position > histories.offsets[user] {
                    let pause = histories.times[position] &- histories.times[position - 1]
                    if pause > Int64(minutes) * 60_000 { number += 1 }
                }
                session.append(number)
            }
        }
        self.session = session
    }

    func vote(at position: Int, into row: inout RowAccumulator) {
        let item = histories.items[position]
        let user = Int(histories.users[position])
        let range = histories.positions(of: user)
        let scale = sequenceScale[user]
        for other in max(range.lowerBound, position - window)..<min(range.upperBound, position + window + 1) {
            let neighbour = histories.items[other]
            guard neighbour != item, session[other] == session[position] else { continue }
            let weight = (other < position ? backward[position - other] : forward[other - position]) * scale
            if weight > 0 { row.add(neighbour, weight) }
        }
        let weight = coRating[user]
        guard weight > 0 else { return }
        for other in range where histories.items[other] != item { row.add(histories.items[other], weight) }
    }
}
