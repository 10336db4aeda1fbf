import Foundation
import MagpieArtifacts
import MagpieDomain

/// How much of the query's spelling is in the candidate's title and the reverse: the shares of character
/// trigrams that they have in common (letters and digits, lower case, words padded). A misspelt word still
/// shares some of its trigrams. NaN without a query text.
struct TitleMatch: Feature {
    var columns: [String] { ["title.queryCovered", "title.titleCovered"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let text = context.query.text, let titles = context.table.text(ReservedAttribute.title) else { return }
        let query = Self.trigrams(text)
        guard !query.isEmpty else { return }
        // Most trigrams of most titles are not in the query, and most of those are told by nine bits of a hash.
        var mask = [UInt64](repeating: 0, count: 8)
        for gram in query { mask[Self.slot(gram).word] |= Self.slot(gram).bit }
        var title = FoldedText()
        var grams: [UInt64] = []
        for (row, item) in context.items.enumerated() where titles.present[Int(item)] != 0 {
            titles.texts.withBytes(Int(item)) { title.read($0) }
            let (common, count) = title.isASCII ? Self.common(query, mask, title, &grams) : common(query, titles, item)
            if count == 0 { continue }
            matrix[row, 0] = Float(common) / Float(query.count)
            matrix[row, 1] = Float(common) / Float(count)
        }
    }

    private func common(_ query: Set<UInt64>, _ titles: TextColumn, _ item: ItemIndex) -> (common: Int, count: Int) {
        let grams = Self.trigrams(titles.texts[Int(item)])
        return (query.intersection(grams).count, grams.count)
    }

    private static func slot(_ gram: UInt64) -> (word: Int, bit: UInt64) {
        let hash = gram &* 0x9E37_79B9_7F4A_7C15
        return (Int(hash >> 61), 1 << (hash >> 55 & 63))
    }

    /// The same for a title of ASCII, whose folded bytes are its scalars: no set, no String.
    private static func common(
        _ query: Set<UInt64>, _ mask: [UInt64], _ title: FoldedText, _ grams: inout [UInt64]
    ) -> (common: Int, count: Int) {
        grams.removeAll(keepingCapacity: true)
        var common = 0
        for word in title.words {
            var window: UInt64 = 32
            for at in word.lowerBound...word.upperBound {
                let letter = at < word.upperBound ? UInt64(title.bytes[at]) : 32
                window = (window << 21 | letter) & (1 << 63 - 1)
                // Titles are short: looking through what there is takes less than keeping it in order.
                if window >> 42 == 0 || grams.contains(window) { continue }
                grams.append(window)
                let slot = slot(window)
                if mask[slot.word] & slot.bit != 0, query.contains(window) { common += 1 }
            }
        }
        return (common, grams.count)
    }

    /// Trigrams of " word " for each word, packed into an integer of three 21-bit scalars; of as much of the text as
    /// ``FoldedText`` reads.
    static func trigrams(_ text: String) -> Set<UInt64> {
        let text = String(decoding: text.utf8.prefix(FoldedText.most), as: UTF8.self)
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
