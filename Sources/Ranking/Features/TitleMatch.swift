import Foundation
import MagpieArtifacts
import MagpieDomain

/// How much of the query's spelling is in the candidate's title and the reverse: the shares of character
/// trigrams that they have in common (letters and digits, lower case, words padded). A misspelt word still
/// shares some of its trigrams. NaN without a query text.
struct TitleMatch: Feature {
    var columns: [String] { ["title.queryCovered", "title.titleCovered"] }

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        guard let text = context.query.text else { return }
        let query = Self.trigrams(text)
        guard !query.isEmpty else { return }
        for (row, item) in context.items.enumerated() {
            guard let title = context.table.title(of: item) else { continue }
            let grams = Self.trigrams(title)
            if grams.isEmpty { continue }
            let common = Float(query.intersection(grams).count)
            matrix[row, column] = common / Float(query.count)
            matrix[row, column + 1] = common / Float(grams.count)
        }
    }

    /// Trigrams of " word " for each word, packed into an integer of three 21-bit scalars.
    static func trigrams(_ text: String) -> Set<UInt64> {
        var grams = Set<UInt64>()
        var window: UInt64 = 32
        var inWord = false
        func push(_ scalar: UInt32) {
            window = (window << 21 | UInt64(scalar)) & (1 << 63 - 1)
            if window >> 42 != 0 { grams.insert(window) }
        }
        for scalar in text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil).unicodeScalars {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                push(scalar.value)
                inWord = true
            } else if inWord {
                push(32)
                window = 32
                inWord = false
            }
        }
        if inWord { push(32) }
        return grams
    }
}
