import MagpieDomain

/// The share of the catalogue that stands in the first k places of at least one list. From 0 to 1.
///
/// Source: Ge, Delgado-Battenfeld and Jannach 2010, "Beyond accuracy: evaluating recommender systems by coverage and
/// serendipity", 3.1 (catalogue coverage).
public struct Coverage: ListsMetric {
    public static let baseName = "coverage"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value(_ lists: [[ItemIndex]], of catalogue: CatalogueCounts) -> Double {
        guard catalogue.itemCount > 0 else { return 0 }
        let shown = exposures(lists, catalogue).reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        return Double(shown) / Double(catalogue.itemCount)
    }
}
