import Foundation
import MagpieDomain

/// How little known the recommended items are: the mean, over all places up to k of all lists, of
///
///     -log2(users of the item / all users)      bits
///
/// 0 = everybody knows all of them, log2(users) = nobody any. An item without users counts as if it had one, so that
/// the value stays finite.
///
/// Source: Zhou and others 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems"
/// (self-information, there "surprisal").
public struct Novelty: ListsMetric {
    public static let baseName = "novelty"
    public let depth: Int

    public init(_ depth: Int) { self.depth = depth }

    public func value(_ lists: [[ItemIndex]], of catalogue: CatalogueCounts) -> Double {
        // By item, in the items' order: the sum does not depend on the order of the lists.
        var sum = 0.0
        var places = 0
        for (item, exposure) in exposures(lists, catalogue).enumerated() where exposure > 0 {
            let users = Double(max(catalogue.usersPerItem[item], 1))
            sum += Double(exposure) * -log2(min(1, users / Double(max(catalogue.userCount, 1))))
            places += exposure
        }
        return places == 0 ? 0 : sum / Double(places)
    }
}
