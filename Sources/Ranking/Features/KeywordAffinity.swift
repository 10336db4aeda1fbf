import MagpieArtifacts
import MagpieDomain

/// The cosine between a candidate's keywords and the keywords of what the user liked: over the whole history and
/// over the last five items. A profile counts each liked item's keywords with equal total weight, so that an
/// item with many keywords does not speak louder.
struct KeywordAffinity: Feature {
    let attribute: String

    var columns: [String] { ["\(attribute).affinity", "\(attribute).affinityLast5"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let keywords = context.table.keywords(attribute) else { return }
        for (place, history) in [context.query.history[...], context.recent(5)].enumerated() {
            let profile = WordWeights(history, keywords) { 1 / Float($1).squareRoot() }
            guard profile.norm > 0 else { continue }
            for (row, item) in context.items.enumerated() {
                matrix[row, place] = profile.cosine(item, keywords)
            }
        }
    }
}
