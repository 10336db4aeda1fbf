import MagpieRetrieval

/// How items get their vectors, and how a user's history becomes a query.
public struct EmbeddingOptions: Sendable, Hashable, Codable {
    /// Who says where items stand.
    public enum Source: String, Codable, Sendable, Hashable, CaseIterable {
        /// Skip-gram over walks or histories.
        case item2vec
        /// Factors of the matrix of users and items.
        case als
        /// Vectors that the caller brings.
        case own
    }

    public var source = Source.item2vec
    /// What skip-gram reads: "walks" over the item graph, plain "sessions", or "both".
    public var corpus = Corpus.walks
    public var skipGram = SkipGramOptions()
    public var als = ALSOptions()
    public var own = OwnVectors.Options()
    /// How a user's history becomes a query, and what popularity adds; ALS has numbers of its own.
    public var table = EmbeddingTableOptions()
    /// An item's text counts as so many events of skip-gram (``TextBlend``, docs/adr/0019); ALS has a number of its own.
    /// With a caller's own vectors a text only fills in where there is none.
    public var textWeight = 2.0

    public init() {}

    /// How histories are folded, which the source decides.
    var fold: HistoryFold {
        switch source {
        case .item2vec, .own: .mean
        case .als: .leastSquares(regularization: als.regularization, confidence: als.confidence)
        }
    }

    /// How many events a text is worth, by the source.
    var blendWeight: Double {
        switch source {
        case .item2vec: textWeight
        case .als: als.textWeight
        // A caller's own vectors are not ours to judge by events.
        case .own: 0
        }
    }

    var servingTable: EmbeddingTableOptions {
        guard source == .als else { return table }
        var table = table
        table.popularityWeight = als.popularityWeight
        table.recencyDecay = als.recencyDecay
        return table
    }

    /// Whether the item graph has a reader.
    var needsGraph: Bool { source == .item2vec && corpus != .sessions }
}
