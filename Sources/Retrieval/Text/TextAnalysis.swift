/// How texts become terms. It is written into the index, so that what is asked is read as what was indexed.
public struct TextAnalysis: Sendable, Hashable, Codable {
    /// ISO 639-1 codes of the fields' languages, ascending; "" = no stemming.
    public var languages: [String]
    /// In place of a language's built-in list, by its code.
    public var stopWords: [String: [String]]
    /// Groups of words or phrases that mean the same: `[["sci-fi", "science fiction"], ["tv", "television"]]`.
    public var synonyms: [[String]]

    public init(languages: [String] = ["en"], stopWords: [String: [String]] = [:], synonyms: [[String]] = []) {
        self.languages = languages.isEmpty ? [""] : Array(Set(languages)).sorted()
        self.stopWords = stopWords
        self.synonyms = synonyms
    }

    /// Codes that ``languages`` may hold: those with a stemmer, and "" for none.
    public static var knownLanguages: [String] { [""] + Stemmer.languages }

    func stopWords(of language: String) -> [String] { stopWords[language] ?? StopWords.builtIn(language) }
}
