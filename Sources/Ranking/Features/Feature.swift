import MagpieArtifacts
import MagpieDomain

/// One idea of what makes a candidate good, as one or a few columns of the ``FeatureMatrix``.
///
/// A feature must survive a refit, because the retrievers that serve are not the retrievers that the ranker was
/// trained behind: ranks, shares of the best, cosines, rates and ages are allowed; raw retriever scores, raw
/// counts and embedding coordinates are not. NaN = not known.
///
/// To add one: a file with a type, and a line in ``FeatureCatalogue``.
public protocol Feature: Sendable {
    /// The names of its columns.
    var columns: [String] { get }

    /// Writes `context.items.count` rows into the columns that start at `column`.
    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int)
}

/// Everything that a feature may read: one request, its candidates and the state as of that moment.
public struct FeatureContext: Sendable {
    /// What one retriever thinks of all candidates.
    public struct Opinion: Sendable {
        public var retriever: String
        /// Aligned with the candidates; NaN where it has no opinion.
        public var scores: [Float]

        public init(retriever: String, scores: [Float]) {
            self.retriever = retriever
            self.scores = scores
        }
    }

    public var items: [ItemIndex]
    public var query: Query
    public var opinions: [Opinion]
    /// Live state of the candidates, aligned.
    public var states: [ItemState?]
    public var totals: FeatureStore.Totals
    public var table: ItemTable
    public var similarities: [any ItemSimilarity]
    public var popularity: any Popularity
    public var now: Timestamp

    public init(
        items: [ItemIndex], query: Query, opinions: [Opinion], states: [ItemState?],
        totals: FeatureStore.Totals, table: ItemTable, similarities: [any ItemSimilarity], popularity: any Popularity,
        now: Timestamp
    ) {
        self.items = items
        self.query = query
        self.opinions = opinions
        self.states = states
        self.totals = totals
        self.table = table
        self.similarities = similarities
        self.popularity = popularity
        self.now = now
    }

    /// The items liked last, newest first.
    func recent(_ count: Int) -> ArraySlice<Interest> { query.history.prefix(count) }
}

/// How popular an item is on a scale from 0 (never) to 1 (the most popular item): log(1 + n) / log(1 + max).
/// Implemented in Retrieval, handed over by Online.
public protocol Popularity: Sendable {
    func share(of item: ItemIndex) -> Float
}

/// The features of a bundle: which ones there are follows from the retrievers and the schema of the items.
public struct FeatureCatalogue: Sendable {
    public let features: [any Feature]
    public let names: [String]

    public init(features: [any Feature]) {
        self.features = features
        names = features.flatMap(\.columns)
    }

    public init(retrievers: [String], similarities: [String], schema: [String: AttributeType]) {
        let attributes = schema.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var features: [any Feature] = []
        features += retrievers.map(RetrieverOpinion.init(retriever:))
        features += similarities.map(SimilarityToRecent.init(similarity:))
        features.append(PopularityTaste())
        features.append(PositiveRate())
        features.append(ItemAge())
        features += attributes.filter { $0.value == .keywords }.map { KeywordAffinity(attribute: $0.key) }
        features += attributes.filter { $0.value == .number && $0.key != ReservedAttribute.price }
            .map { NumberTaste(attribute: $0.key) }
        features.append(TitleMatch())
        self.init(features: features)
    }

    public func matrix(_ context: FeatureContext) -> FeatureMatrix {
        var matrix = FeatureMatrix(names: names, rowCount: context.items.count)
        var column = 0
        for feature in features {
            feature.write(context, to: &matrix, at: column)
            column += feature.columns.count
        }
        return matrix
    }
}
