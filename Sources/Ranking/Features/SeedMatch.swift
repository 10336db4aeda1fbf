import Foundation
import MagpieArtifacts
import MagpieDomain

/// How alike a candidate is to the item that others should be similar to. NaN where no such item was named.
struct SeedSimilarity: Feature {
    let similarity: String

    var columns: [String] { ["\(similarity).toSeed"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let seed = context.query.seed,
            let similarity = context.similarities.first(where: { $0.name == similarity })
        else { return }
        for (row, value) in similarity.similarities(of: context.items, to: seed).enumerated() {
            matrix[row, 0] = value
        }
    }
}

/// The cosine between a candidate's keywords and those of the item that others should be similar to.
struct SeedKeywords: Feature {
    let attribute: String

    var columns: [String] { ["\(attribute).toSeed"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let seed = context.query.seed, let keywords = context.table.keywords(attribute) else { return }
        let words = WordWeights([Interest(item: seed, time: context.now)], keywords) { _, _ in 1 }
        for (row, item) in context.items.enumerated() { matrix[row, 0] = words.cosine(item, keywords) }
    }
}

/// How far a number of a candidate is from that of the item that others should be similar to.
struct SeedNumber: Feature {
    let attribute: String

    var columns: [String] { ["\(attribute).toSeed"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let seed = context.query.seed, let numbers = context.table.number(attribute) else { return }
        let own = numbers[Int(seed)]
        for (row, item) in context.items.enumerated() {
            let gap = Float(abs(numbers[Int(item)] - own))
            if gap.isFinite { matrix[row, 0] = gap }
        }
    }
}
