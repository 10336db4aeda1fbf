import MagpieDomain

/// Reciprocal rank fusion: score = sum over retrievers of 1 / (60 + rank), rank from 1 (Cormack, Clarke and
/// Büttcher, SIGIR 2009). The order of an answer where no ranker is trained, and the yardstick that a ranker
/// must beat.
enum Fusion {
    static let k: Float = 60

    /// - Returns: one score for each of `items`, aligned; 0 for an item that nobody proposed.
    static func scores(of items: [ItemIndex], proposals: [[Scored]]) -> [Float] {
        var scores: [ItemIndex: Float] = [:]
        for list in proposals {
            for (rank, candidate) in list.enumerated() {
                scores[candidate.item, default: 0] += 1 / (k + Float(rank + 1))
            }
        }
        return items.map { scores[$0] ?? 0 }
    }
}
