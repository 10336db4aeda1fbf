import Foundation
import MagpieArtifacts
import MagpieDomain

/// The cosine between a candidate's keywords and the keywords of what the user liked: over the whole history and
/// over the last five items. A profile counts each liked item's keywords with equal total weight, so that an
/// item with many keywords does not speak louder.
struct KeywordAffinity: Feature {
    let attribute: String

    var columns: [String] { ["\(attribute).affinity", "\(attribute).affinityLast5"] }

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        guard let keywords = context.table.keywords(attribute) else { return }
        write(profile(context.query.history[...], keywords), keywords, context.items, to: &matrix, at: column)
        write(profile(context.recent(5), keywords), keywords, context.items, to: &matrix, at: column + 1)
    }

    private func profile(_ history: ArraySlice<Interest>, _ keywords: KeywordColumn) -> [Float] {
        var profile = [Float](repeating: 0, count: keywords.dictionary.count)
        for interest in history {
            let words = keywords.range(of: Int(interest.item))
            for word in words { profile[Int(keywords.values[word])] += 1 / Float(words.count).squareRoot() }
        }
        return profile
    }

    private func write(
        _ profile: [Float], _ keywords: KeywordColumn, _ items: [ItemIndex], to matrix: inout FeatureMatrix,
        at column: Int
    ) {
        let norm = profile.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        guard norm > 0 else { return }
        for (row, item) in items.enumerated() {
            let words = keywords.range(of: Int(item))
            if words.isEmpty { continue }
            let dot = words.reduce(Float(0)) { $0 + profile[Int(keywords.values[$1])] }
            matrix[row, column] = dot / (norm * Float(words.count).squareRoot())
        }
    }
}
