import MagpieArtifacts
import MagpieDomain
import Testing

@testable import MagpieOnline

@Suite struct FilterCacheTests {
    @Test func remembersTheNewest() throws {
        let items = try BundledWorld.shared.get().recommender().snapshot.items
        // Room for three sets.
        let cache = FilterCache(items, bytes: 3 * max(items.count / 8, 64))
        let filters = try ["genres:Action", "NOT genres:Action", "title:*", "year>=1990", "genres:*"].map {
            try FilterPredicate($0)
        }
        for round in 0..<3 {
            for filter in filters {
                #expect(cache.rejected(by: filter) == items.matching(filter).complement, "\(round), \(filter)")
                #expect(cache.rejected(by: filter) == cache.rejected(by: filter))
                #expect(cache.count <= 3)
            }
        }
        #expect(cache.count == 3)
        let small = FilterCache(items, bytes: 0)
        for filter in filters { _ = small.rejected(by: filter) }
        #expect(small.count == 1)
    }
}
