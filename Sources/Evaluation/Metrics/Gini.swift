import MagpieDomain

/// How unequally the places are dealt out among ALL items of the catalogue, those never shown included:
///
///     G = sum over i = 1 ... n of (2 i - n - 1) x_i / (n sum of x),   x ascending = places of each item
///
/// 0 = every item equally often; 1 - 1/n = one item has all places. Smaller is fairer.
///
/// Source: Gini 1912; for recommendations Fleder and Hosanagar 2009, "Blockbuster culture's next rise or fall", 4.
public struct Gini: ListsMetric {
    public static let baseName = "gini"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value(_ lists: [[ItemIndex]], of catalogue: CatalogueCounts) -> Double {
        let counts = exposures(lists, catalogue).sorted()
        let n = counts.count
        let total = counts.reduce(0, +)
        guard total > 0 else { return 0 }
        var sum = 0.0
        for (i, count) in counts.enumerated() { sum += Double(2 * (i + 1) - n - 1) * Double(count) }
        return sum / (Double(n) * Double(total))
    }
}
