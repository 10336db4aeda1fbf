import Foundation
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct SpellingTests {
    /// Optimal string alignment, row by row, over scalars.
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { rows[i][0] = i }
        for j in 0...b.count { rows[0][j] = j }
        for i in 0..<a.count {
            for j in 0..<b.count {
                var least = min(rows[i][j + 1], rows[i + 1][j]) + 1
                least = min(least, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
                rows[i + 1][j + 1] = least
            }
        }
        return rows[a.count][b.count]
    }

    private func words(_ random: inout RandomSource, _ count: Int, _ letters: [String]) -> [String] {
        (0..<count).map { _ in (0..<1 + random.below(7)).map { _ in letters[random.below(letters.count)] }.joined() }
    }

    @Test(arguments: [["a", "b", "c"], ["a", "é", "ж", "漢", "😀"]]) func automatonCountsErrors(_ letters: [String])
        throws
    {
        var random = RandomSource(seed: 5)
        for pattern in words(&random, 60, letters) {
            for word in words(&random, 60, letters) {
                for limit in 0...2 {
                    let automaton = try #require(SpellingAutomaton(Array(pattern.utf8), limit: limit))
                    var state = automaton.start
                    var best = 3
                    for byte in word.utf8 { state = automaton.next(state, byte) }
                    for end in word.indices { best = min(best, Self.distance(pattern, String(word[...end]))) }
                    let exact = Self.distance(pattern, word)
                    #expect(automaton.errors(of: state) == (exact <= limit ? exact : 3), "\(pattern) \(word) \(limit)")
                    #expect(state.prefixErrors == (best <= limit ? best : 3), "\(pattern) \(word) \(limit)")
                }
            }
        }
        #expect(SpellingAutomaton([], limit: 1) == nil)
        #expect(SpellingAutomaton(Array(String(repeating: "a", count: 64).utf8), limit: 1) == nil)
    }

    /// The walk over the sorted dictionary finds what looking at each word finds.
    @Test(arguments: 0..<4) func walkFindsAllWords(seed: UInt64) throws {
        var random = RandomSource(seed: seed, 4)
        let letters = seed == 0 ? ["a", "b"] : ["a", "b", "c", "d", "é", "ж"]
        let dictionary = Array(Set(words(&random, 600, letters))).sorted()
        try TextWorld.withFile { url in
            try TextIndex.build(
                [ItemText(fields: [.init(name: "t", boost: 1, text: dictionary.joined(separator: " "), language: "")])],
                analysis: TextAnalysis(languages: [""]), to: url)
            let index = try TextIndex(opening: url)
            let all = index.words.strings
            for pattern in words(&random, 40, letters) {
                let folded = TermAnalyzer.fold(pattern)
                let text = String(decoding: folded, as: UTF8.self)
                for limit in 1...2 {
                    let automaton = try #require(SpellingAutomaton(folded, limit: limit))
                    for prefixes in [false, true] {
                        let found = index.words(like: automaton, prefixes: prefixes, most: .max)
                        let expected = all.indices.filter { word in
                            let whole = Self.distance(text, all[word]) <= limit
                            let isPrefix = all[word].indices.contains {
                                Self.distance(text, String(all[word][...$0])) <= limit
                            }
                            return whole || (prefixes && isPrefix)
                        }
                        #expect(found.map(\.word) == expected, "\(text) \(limit) \(prefixes)")
                        for one in found where one.errors < 3 {
                            #expect(one.errors == Self.distance(text, all[one.word]))
                        }
                    }
                    if folded.count > 1 {
                        let range = index.words.range(ofPrefix: folded)
                        #expect(Array(range) == all.indices.filter { all[$0].utf8.starts(with: folded) })
                    }
                }
            }
        }
    }
}
