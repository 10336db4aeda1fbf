import MagpieDomain

/// Reciprocal rank fusion: score = sum over lists of 1 / (60 + rank), rank from 1 (Cormack, Clarke and Büttcher, SIGIR
/// 2009). The order where no ranker is trained, and a feature where one is.
public enum ReciprocalRankFusion {
    static let k: Float = 60

    /// - Parameter weights: of the lists; nil: each counts alike.
    /// - Returns: one score for each of `items`, aligned; 0 for an item that is in no list.
    public static func scores(of items: [ItemIndex], lists: [[Scored]], weights: [Float]? = nil) -> [Float] {
        scores(in: KeyRows(items), lists: lists, weights: weights)
    }

    static func scores(in rows: KeyRows<ItemIndex>, lists: [[Scored]], weights: [Float]? = nil) -> [Float] {
        precondition(weights.map { $0.count == lists.count } ?? true)
        var scores = [Float](repeating: 0, count: rows.count)
        for (place, list) in lists.enumerated() {
            let weight = weights?[place] ?? 1
            for (rank, candidate) in list.enumerated() {
                guard let row = rows.row(of: candidate.item) else { continue }
                scores[row] += weight / (k + Float(rank + 1))
            }
        }
        return scores
    }
}
