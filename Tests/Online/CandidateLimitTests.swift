import MagpieDomain
import MagpieRanking
import Testing

@testable import MagpieOnline

/// `scenarios[].candidates`: how many of what was proposed is ranked.
@Suite struct CandidateLimitTests {
    let bundled: BundledWorld
    init() throws { bundled = try BundledWorld.shared.get() }

    @Test(arguments: [1, 7, 20, 10_000]) func theFirstByFusionGoOn(limit: Int) throws {
        var home = Scenario.home
        let request = Request(id: BundledWorld.id, scenario: "home", user: bundled.world.users[0].key, count: 5)
        let all = try bundled.recommender(scenarios: [home]).candidates(for: request, now: bundled.world.now)
        #expect(all.items.count > 20)
        home.candidates = limit
        let some = try bundled.recommender(scenarios: [home]).candidates(for: request, now: bundled.world.now)
        // Never fewer than an answer needs.
        let count = min(max(limit, request.count), all.items.count)
        let fused = ReciprocalRankFusion.scores(of: all.items, lists: all.funnel.retrieved.map(\.candidates))
        let first = zip(all.items, fused).map { Scored(item: $0, score: $1) }.sorted().prefix(count).map(\.item)
        #expect(some.items == first.sorted())
        #expect(some.opinions.allSatisfy { $0.scores.count == count })
        #expect(some.funnel.retrieved.map(\.candidates) == all.funnel.retrieved.map(\.candidates))
        // What the caller asks about is all looked at.
        var given = request
        given.candidates = bundled.world.films.prefix(12).map(\.id)
        let asked = try bundled.recommender(scenarios: [home]).candidates(for: given, now: bundled.world.now)
        #expect(asked.items.count == 12)
    }
}
