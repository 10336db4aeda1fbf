import Foundation
import MagpieArtifacts
import MagpieDomain

/// The features of a bundle: which ones there are follows from its retrievers and the schema of its items.
public struct FeatureCatalogue: Sendable {
    public let features: [any Feature]
    public let names: [String]
    /// Which column each feature begins with.
    private let places: [Int]

    public init(features: [any Feature]) {
        self.features = features
        let columns = features.map(\.columns)
        names = columns.flatMap(\.self)
        places = columns.reduce(into: [0]) { places, own in places.append(places[places.count - 1] + own.count) }
    }

    /// - Parameters:
    ///   - popularity: weighs the items where a feature asks how usual something is.
    ///   - timeZone: of the clock on the wall.
    ///   - outside: tables that were computed elsewhere.
    public init(
        retrievers: [String], similarities: [String], items: ItemTable, popularity: any Popularity,
        timeZone: TimeZone = .gmt, outside: [OutsideTable] = []
    ) {
        var features: [any Feature] = []
        features += retrievers.map(RetrieverOpinion.init(retriever:))
        features.append(Agreement())
        for similarity in similarities {
            features.append(SimilarityToRecent(similarity: similarity))
            features.append(SeedSimilarity(similarity: similarity))
        }
        features += [
            PopularityTaste(), CandidatePopularity(), PositiveRate(), LookRate(), ItemAge(), Standing(), Lately(),
        ]
        features += [UserHabits(), OwnTouches(), PurchaseHabits(), LocalTime(timeZone: timeZone)]
        for (name, type) in items.attributes {
            features += Self.features(of: name, type, items, popularity)
        }
        features += [TitleMatch(), TitleWords()]
        features += outside.map(OutsideColumns.init(table:))
        self.init(features: features)
    }

    private static func features(
        of name: String, _ type: AttributeType, _ items: ItemTable, _ popularity: any Popularity
    ) -> [any Feature] {
        switch (name, type) {
        case (ReservedAttribute.groupId, _), (ReservedAttribute.availableUntil, _): []
        case (ReservedAttribute.price, .number): [PriceTaste()]
        case (_, .keywords), (_, .keyword):
            [
                KeywordAffinity(attribute: name), KeywordTaste(attribute: name, items, popularity),
                SeedKeywords(attribute: name),
            ]
        case (_, .number): [NumberTaste(attribute: name), SeedNumber(attribute: name)]
        case (_, .time): [TimeAge(attribute: name)]
        default: []
        }
    }

    public func matrix(_ context: FeatureContext) -> FeatureMatrix {
        FeatureMatrix(names: names, of: features, at: places, context)
    }
}
