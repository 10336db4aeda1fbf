import MagpieDomain

/// How unlike the items of a list are: the mean distance of all pairs among its first k, and the mean of that over the
/// lists that have a pair. The distance is that of the items' keywords (Jaccard),
///
///     d(a, b) = 1 - |words(a) ∩ words(b)| / |words(a) ∪ words(b)|
///
/// 0 = all have the same keywords, 1 = no two have one in common. Pairs in which an item has no keywords are left out:
/// nothing is known of them. By what people say of the items and not by what a model learned, so that a list cannot be
/// made diverse by training.
///
/// Source: Ziegler and others 2005, "Improving recommendation lists through topic diversification", 3.3 (intra-list
/// similarity); as mean distance Zhang and Hurley 2008, "Avoiding monotony: improving the diversity of recommendation lists".
public struct IntraListDiversity: ListsMetric {
    public static let baseName = "ild"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value(_ lists: [[ItemIndex]], of catalogue: CatalogueCounts) -> Double {
        var sum = 0.0
        var counted = 0
        for list in lists {
            let words = list.prefix(depth).map { catalogue.keywords(of: $0) }.filter { !$0.isEmpty }
            guard words.count > 1 else { continue }
            var own = 0.0
            for (i, a) in words.enumerated() {
                for b in words[(i + 1)...] {
                    let common = a.intersection(b).count
                    own += 1 - Double(common) / Double(a.count + b.count - common)
                }
            }
            sum += own / Double(words.count * (words.count - 1) / 2)
            counted += 1
        }
        return counted == 0 ? 0 : sum / Double(counted)
    }
}
