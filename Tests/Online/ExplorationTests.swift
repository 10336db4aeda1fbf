import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieOnline

/// `scenarios[].explore`: some answers begin in an order of chance, and their ids say so.
@Suite struct ExplorationTests {
    let bundled: BundledWorld
    init() throws { bundled = try BundledWorld.shared.get() }

    private func answers(_ explore: Double, _ change: (inout Request) -> Void = { _ in }) throws -> [Answer] {
        var home = Scenario.home
        home.explore = explore
        let recommender = try bundled.recommender(scenarios: [home])
        return try (0..<120).map { n in
            var request = Request(
                id: RequestID(at: bundled.world.now, random: (UInt64(n), UInt64(n))), scenario: "home",
                user: bundled.world.users[n % 10].key, count: 15)
            request.mayExplore = true
            change(&request)
            return try recommender.answer(request, now: bundled.world.now)
        }
    }

    @Test func theFirstTenStandInAnyOrder() throws {
        let (plain, shuffled) = (try answers(0), try answers(1))
        var firsts = [Int](repeating: 0, count: 10)
        for (before, after) in zip(plain, shuffled) {
            #expect(!before.requestId.isExplored && after.requestId == before.requestId.explored)
            #expect(Set(before.ids.prefix(10)) == Set(after.ids.prefix(10)))
            #expect(before.ids.dropFirst(10) == after.ids.dropFirst(10))
            #expect(Set(before.entries.map(\.score)) == Set(after.entries.map(\.score)), "scores go with their items")
            if let place = before.ids.firstIndex(of: after.ids[0]) { firsts[place] += 1 }
        }
        #expect(firsts.allSatisfy { (3...25).contains($0) }, "\(firsts)")
        // The id alone decides.
        #expect(try answers(1).map(\.ids) == shuffled.map(\.ids))
    }

    @Test func soManyOfThemAsConfigured() throws {
        let (all, some) = (try answers(1), try answers(0.3))
        let explored = some.count { $0.requestId.isExplored }
        #expect((20...52).contains(explored), "\(explored)")
        let plain = try answers(0)
        for place in some.indices {
            #expect(some[place].ids == (some[place].requestId.isExplored ? all : plain)[place].ids)
        }
    }

    /// Nobody looks at a batch, an explanation, or what a caller wants ordered; and nothing is known of who is cold.
    @Test func onlyWhatSomebodyLooksAt() throws {
        let films = bundled.world.films.prefix(12).map(\.id)
        for change: (inout Request) -> Void in [
            { $0.mayExplore = false }, { $0.explain = true }, { $0.candidates = films }, { $0.useRanker = false },
            { $0.user = nil },
        ] {
            #expect(try answers(0, change).map(\.ids) == answers(1, change).map(\.ids))
            #expect(try answers(1, change).allSatisfy { !$0.requestId.isExplored })
        }
    }

    @Test func anIDSaysSo() throws {
        let id = RequestID(at: Timestamp(milliseconds: 1_700_000_000_000), random: (0x123, 0x456))
        #expect(!id.isExplored && id.explored.isExplored && id.explored.explored == id.explored)
        #expect(RequestID(id.explored.description)?.isExplored == true)
        #expect(id.description.replacing("-7", with: "-8") == id.explored.description)
    }
}
