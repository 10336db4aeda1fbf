/// The texts of one item by which it can be found. The place in the array is the item's index.
public struct ItemText: Sendable, Equatable {
    public struct Field: Sendable, Equatable {
        public var name: String
        /// How much one occurrence of a term here counts: 3 in a title is three in a plot. Positive.
        public var boost: Float
        public var text: String
        /// An ISO 639-1 code: by whose rules words are stemmed. One of ``TextAnalysis/languages``, else the first of
        /// them is taken.
        public var language: String

        public init(name: String, boost: Float, text: String, language: String = "en") {
            self.name = name
            self.boost = boost
            self.text = text
            self.language = language
        }
    }

    public var fields: [Field]

    public init(fields: [Field]) { self.fields = fields }
}
