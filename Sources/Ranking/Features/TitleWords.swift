import MagpieArtifacts
import MagpieDomain

/// The words of the query in the candidate's title: the share of them that stand there (the last one counts from its
/// beginning on: it may still be typed), the share of the title's words that were asked for, whether the two are the
/// same words in any order ("the matrix" is "Matrix, The (1999)"), and whether the title begins with the query.
/// What is in parentheses at the end of a title may be asked for and need not. NaN without a query text.
struct TitleWords: Feature {
    var columns: [String] { ["title.wordsFound", "title.wordsAsked", "title.isQuery", "title.beginsWith"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let text = context.query.text, let titles = context.table.text(ReservedAttribute.title) else { return }
        let query = FoldedText(text)
        guard !query.words.isEmpty else { return }
        var title = FoldedText()
        for (row, item) in context.items.enumerated() where titles.present[Int(item)] != 0 {
            titles.texts.withBytes(Int(item)) { title.read($0) }
            if title.words.isEmpty { continue }
            let match = Self.match(query, title)
            matrix[row, 0] = Float(match.found) / Float(query.words.count)
            matrix[row, 1] = Float(match.asked) / Float(title.mainWords)
            matrix[row, 2] = match.isQuery ? 1 : 0
            matrix[row, 3] = title.bytes.starts(with: query.bytes) ? 1 : 0
        }
    }

    /// - Returns: how many words of the query are in the title, how many main words of the title in the query, and
    ///   whether all of both are.
    static func match(_ query: FoldedText, _ title: FoldedText) -> (found: Int, asked: Int, isQuery: Bool) {
        var found = 0
        var whole = 0
        var asked = 0
        query.bytes.withUnsafeBufferPointer { q in
            title.bytes.withUnsafeBufferPointer { t in
                func isSame(_ a: Range<Int>, _ b: Range<Int>, prefix: Bool) -> Bool {
                    guard prefix ? a.count <= b.count : a.count == b.count else { return false }
                    for i in 0..<a.count where q[a.lowerBound + i] != t[b.lowerBound + i] { return false }
                    return true
                }
                for (place, word) in query.words.enumerated() {
                    let isWhole = title.words.contains { isSame(word, $0, prefix: false) }
                    whole += isWhole ? 1 : 0
                    let isTyped = place == query.words.count - 1 && word.count > 1
                    if isWhole || (isTyped && title.words.contains { isSame(word, $0, prefix: true) }) { found += 1 }
                }
                for word in title.words.prefix(title.mainWords) {
                    asked += query.words.contains { isSame($0, word, prefix: false) } ? 1 : 0
                }
            }
        }
        return (found, asked, whole == query.words.count && asked == title.mainWords)
    }
}
