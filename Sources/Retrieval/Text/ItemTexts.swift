import MagpieDomain

/// The words of an item, for the text index and for the query encoder: its title, its keywords, its other texts.
public enum ItemTexts {
    /// - Parameter schema: types of the attributes, which may name a text's language.
    public static func forIndex(
        _ item: Entry<Item>, schema: [String: AttributeType], _ options: TextOptions
    ) -> ItemText {
        var fields: [ItemText.Field] = []
        func add(_ name: String, _ boost: Float, _ text: String) {
            fields.append(
                .init(
                    name: name, boost: options.boosts[name] ?? boost, text: text,
                    language: options.language(of: name, schema[name])))
        }
        for (name, value) in sorted(item) {
            switch value {
            case .text(let text):
                add(name, name == ReservedAttribute.title ? options.titleBoost : options.textBoost, text)
            case .keyword(let word) where name != ReservedAttribute.groupId && !options.isIdentifier(name):
                add(name, options.keywordBoost, word)
            case .keywords(let words):
                add(name, options.keywordBoost, words.joined(separator: " ; "))
            default: break
            }
        }
        return ItemText(fields: fields)
    }

    public static func forEncoder(_ item: Entry<Item>, _ options: TextOptions) -> EncoderText {
        var text = EncoderText(title: "")
        for (name, value) in sorted(item) {
            switch value {
            case .text(let words) where name == ReservedAttribute.title: text.title = words
            case .text(let words): text.other += (text.other.isEmpty ? "" : " ") + words
            case .keyword(let word) where name != ReservedAttribute.groupId && !options.isIdentifier(name):
                text.keywords.append(word)
            case .keywords(let words): text.keywords += words
            default: break
            }
        }
        return text
    }

    private static func sorted(_ item: Entry<Item>) -> [(key: String, value: AttributeValue)] {
        item.attributes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

/// Which words count how much in the text index, and how they are read.
public struct TextOptions: Sendable, Hashable, Codable {
    public var titleBoost: Float = 3
    public var keywordBoost: Float = 1
    public var textBoost: Float = 1
    /// By attribute, in place of the three above; 0 leaves it out.
    public var boosts: [String: Float] = [:]
    public var k1: Float = 1.2
    public var b: Float = 0.75
    /// ISO 639-1, of every text that nothing else is said of; "" = words are not stemmed.
    public var language = "en"
    /// By attribute.
    public var languages: [String: String] = [:]
    /// In place of the built-in lists, by language.
    public var stopWords: [String: [String]] = [:]
    /// Groups of words or phrases that mean the same.
    public var synonyms: [[String]] = []
    /// How queries are read.
    public var search = TextSearchOptions()

    public init() {}

    /// Keywords that name other databases' rows ("imdbId") are no words that people search for.
    func isIdentifier(_ name: String) -> Bool { name.hasSuffix("Id") || name.hasSuffix("_id") }

    /// What ``languages`` says, else the attribute's type where that is not the default ("text(en)"), else
    /// ``language``. A language without a stemmer is read as one without stemming.
    func language(of attribute: String, _ type: AttributeType?) -> String {
        var language = languages[attribute] ?? self.language
        if languages[attribute] == nil, case .text(let own)? = type, own != "en" { language = own }
        return TextAnalysis.knownLanguages.contains(language) ? language : ""
    }

    /// How the texts of items with these attributes are read.
    public func analysis(_ schema: [String: AttributeType]) -> TextAnalysis {
        var found: Set<String> = []
        for (name, type) in schema {
            switch type {
            case .text, .keyword, .keywords: found.insert(language(of: name, type))
            default: break
            }
        }
        // Sorted there, so the order of the set does not show.
        return TextAnalysis(
            languages: found.isEmpty ? [language(of: "", nil)] : Array(found), stopWords: stopWords,
            synonyms: synonyms)
    }
}
