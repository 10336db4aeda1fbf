import Testing

@testable import MagpieRetrieval

@Suite struct TermAnalyzerTests {
    private func terms(_ text: String, _ language: String = "en", _ analysis: TextAnalysis = .init()) -> String {
        let analyzer = TermAnalyzer(analysis, language: language)
        analyzer.analyze(text)
        return analyzer.pieces.map { piece in
            let term = String(decoding: analyzer.entries[piece.entry].term, as: UTF8.self)
            return switch piece.kind {
            case .plain: term
            case .stopWord: "(\(term))"
            case .joined: "+\(term)"
            case .character: piece.isCovered ? "-\(term)" : term
            case .bigram: "=\(term)"
            case .synonym: "~" + term.dropFirst()
            }
        }.joined(separator: " ")
    }

    @Test(arguments: [
        ("The Walking Dead", "en", "(the) walk dead"),
        ("Schindler's List", "en", "schindler +schindler list"),
        ("Häuser und Bäume", "de", "haus (und) baum"),
        ("généralement générale", "fr", "general general"),
        ("Москвы красные", "ru", "москв красн"),
        ("東京タワー", "en", "-東 =東京 -京 タワー"),
        ("東", "en", "東"),
        ("映画 film", "en", "-映 =映画 -画 film"),
        ("บุญมี", "en", "-บ =บุ -ุ =ุญ -ญ =ญม -ม =มี -ี"),
        ("walks", "", "walks"),
        ("", "en", ""),
    ])
    func pieces(_ text: String, _ language: String, _ expected: String) {
        #expect(terms(text, language) == expected)
    }

    @Test func synonymsAreTermsOfTheirOwn() {
        let analysis = TextAnalysis(synonyms: [["sci-fi", "Science Fiction"], ["movie", "film"]])
        #expect(terms("a science-fiction film", "en", analysis).contains("~0"))
        #expect(terms("Sci-Fi", "en", analysis) == "sci fi +scifi ~0")
        #expect(terms("films", "en", analysis) == "film ~1")
        #expect(terms("fiction science", "en", analysis) == "fiction scienc")
    }

    @Test func allLanguagesHaveStemmers() {
        for language in Stemmer.languages { #expect(Stemmer(language: language) != nil, "\(language)") }
        for language in ["", "xx", "english", "ja"] { #expect(Stemmer(language: language) == nil) }
        for language in Stemmer.languages {
            for word in ["a", "x", "1999", "wordiness", "éé", "日本", ""] {
                #expect(!terms(word, language).contains("()"))
            }
        }
    }

    @Test func longWordsAreCut() {
        let analyzer = TermAnalyzer(TextAnalysis(), language: "")
        for text in [String(repeating: "a", count: 5_000), String(repeating: "ж", count: 5_000)] {
            analyzer.analyze(text)
            let term = analyzer.entries[analyzer.pieces[0].entry].term
            #expect(term.count <= TermAnalyzer.longestWord && text.utf8.starts(with: term))
            #expect(String(validating: term, as: UTF8.self) != nil)
        }
    }
}
