import MagpieDomain
import MagpieRetrieval

/// The words of an item, for the text index and for the query encoder: its title, its keywords, its other texts.
enum ItemTexts {
    static func forIndex(_ item: Entry<Item>, _ options: TextOptions) -> ItemText {
        var fields: [ItemText.Field] = []
        for (name, value) in sorted(item) {
            switch value {
            case .text(let text):
                let boost = name == ReservedAttribute.title ? options.titleBoost : options.textBoost
                fields.append(.init(name: name, boost: boost, text: text))
            case .keyword(let word) where name != ReservedAttribute.groupId && !options.isIdentifier(name):
                fields.append(.init(name: name, boost: options.keywordBoost, text: word))
            case .keywords(let words):
                fields.append(.init(name: name, boost: options.keywordBoost, text: words.joined(separator: " ")))
            default: break
            }
        }
        return ItemText(fields: fields)
    }

    static func forEncoder(_ item: Entry<Item>, _ options: TextOptions) -> EncoderText {
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

/// Which words count how much in the text index.
public struct TextOptions: Sendable, Hashable, Codable {
    public var titleBoost: Float = 3
    public var keywordBoost: Float = 1
    public var textBoost: Float = 1
    public var k1: Float = 1.2
    public var b: Float = 0.75

    public init() {}

    /// Keywords that name other databases' rows ("imdbId") are no words that people search for.
    func isIdentifier(_ name: String) -> Bool { name.hasSuffix("Id") || name.hasSuffix("_id") }
}
