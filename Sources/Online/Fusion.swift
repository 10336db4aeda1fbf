import MagpieDomain
import MagpieRanking
import MagpieRetrieval

/// The order of an answer where no ranker is trained, and the yardstick that a ranker must beat.
///
/// - *Searches*, where all who proposed answer texts: the weighted sum of their opinions (``SearchFusion``).
/// - *All else*: reciprocal rank fusion, score = sum over retrievers of 1 / (60 + rank), rank from 1 (Cormack, Clarke and
///   Büttcher, SIGIR 2009): what co-occurrence counts, cosines and popularity score has no common scale.
enum Fusion {
    static let k: Float = 60

    /// - Returns: one score for each of the stage's items, aligned.
    static func scores(of stage: Candidates) -> [Float] {
        let proposals = stage.funnel.retrieved
        // One list by itself has its order already.
        let isSearch =
            stage.query.text != nil && proposals.count > 1
            && proposals.allSatisfy { SearchFusion.weight(of: $0.retriever) != nil }
        guard isSearch else { return scores(of: stage.items, proposals: proposals.map(\.candidates)) }
        let asked = Set(proposals.map(\.retriever))  // never iterated
        let opinions = stage.opinions.filter { asked.contains($0.retriever) }
        return SearchFusion.scores(opinions.map { ($0.retriever, $0.scores) }, count: stage.items.count)
    }

    /// Reciprocal ranks.
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
