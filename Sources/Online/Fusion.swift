import MagpieDomain
import MagpieRanking
import MagpieRetrieval

/// The order of an answer where no ranker is trained, and the yardstick that a ranker must beat.
///
/// - *Searches*, where all who proposed answer texts: the weighted sum of their opinions (``SearchFusion``).
/// - *All else*: ``ReciprocalRankFusion``: what co-occurrence counts, cosines and popularity score has no common scale.
///   What was learned from events counts as far as the bundle had seen what is known by now (``FeatureStore/knownShare``): on
///   the first day of a shop, before anything is trained on what its visitors do, the live lists go before the others.
enum Fusion {
    /// - Returns: one score for each of the stage's items, aligned.
    static func scores(of stage: Candidates) -> [Float] {
        let proposals = stage.funnel.retrieved
        // One list by itself has its order already.
        let isSearch =
            stage.query.text != nil && proposals.count > 1
            && proposals.allSatisfy { SearchFusion.weight(of: $0.retriever) != nil }
        guard isSearch else { return scores(of: stage.items, proposals, knownShare: stage.knownShare) }
        let asked = Set(proposals.map(\.retriever))  // never iterated
        let opinions = stage.opinions.filter { asked.contains($0.retriever) }
        return SearchFusion.scores(opinions.map { ($0.retriever, $0.scores) }, count: stage.items.count)
    }

    static func scores(of items: [ItemIndex], _ proposals: [Answer.Funnel.Retrieved], knownShare: Float) -> [Float] {
        ReciprocalRankFusion.scores(
            of: items, lists: proposals.map(\.candidates),
            weights: proposals.map { Snapshot.unlearned.contains($0.retriever) ? 1 : knownShare })
    }
}
