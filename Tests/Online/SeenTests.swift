import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieOnline

/// What a user has done with an item, or passed over, keeps it out of answers for as long as the scenario says.
@Suite struct SeenTests {
    let bundled: BundledWorld
    var world: PlantedWorld { bundled.world }

    init() throws { bundled = try BundledWorld.shared.get() }

    private func ids(_ recommender: Recommender, _ count: Int, now: Timestamp? = nil) throws -> [ItemID] {
        let request = Request(id: BundledWorld.id, scenario: "home", user: world.users[0].key, count: count)
        return try recommender.answer(request, now: now ?? world.now).ids
    }

    /// What was bought comes back after its time; what was only looked at never left.
    @Test func whatCountsAsSeen() throws {
        var home = Scenario.home
        home.seen = [SeenRule(.bought, days: 30)]
        let recommender = try bundled.recommender(scenarios: [home])
        let before = try ids(recommender, 200)
        let touched = try Set(ids(bundled.recommender(), 200))
        #expect(touched.isStrictSubset(of: Set(before)), "what was touched only is shown")
        let bought = try #require(before.first)
        var event = Event(
            kind: Event.purchaseKind, userId: world.users[0], itemId: bought, value: 9, time: world.now, source: "live")
        event.seq = recommender.state.appliedSeq + 1
        recommender.state.apply(event)
        func shown(days: Int64) throws -> Bool {
            let now = Timestamp(milliseconds: world.now.milliseconds + days * BundledWorld.day)
            return try ids(recommender, 200, now: now).contains(bought)
        }
        #expect(try !shown(days: 0) && !shown(days: 29) && shown(days: 30))
    }

    /// Three times on screen and nothing done: somebody else's turn, for a week.
    @Test func whatIsPassedOverIsNotShown() throws {
        var home = Scenario.home
        home.seen = [SeenRule(.touched), SeenRule(.shown(3), days: 7)]
        let recommender = try bundled.recommender(scenarios: [home])
        let first = try #require(try ids(recommender, 10).first)
        for time in 1...3 {
            #expect(try ids(recommender, 10).first == first, "shown \(time - 1) times")
            var event = Event(
                kind: Event.impressionKind, userId: world.users[0], itemId: first, time: world.now, source: "live")
            (event.seq, event.eventId) = (recommender.state.appliedSeq + 1, "shown-\(time)")
            recommender.state.apply(event)
        }
        func isThere(days: Int64) throws -> Bool {
            let now = Timestamp(milliseconds: world.now.milliseconds + days * BundledWorld.day)
            return try ids(recommender, 200, now: now).contains(first)
        }
        #expect(try !isThere(days: 0) && !isThere(days: 6) && isThere(days: 7))
    }

    @Test(arguments: ["touched", "liked<7d", "bought<30d", "bought<0.5d", "shown>=3", "shown>=1<7d"]) func seenRules(
        text: String
    ) {
        #expect(SeenRule(text)?.notation == text)
    }

    @Test(arguments: [
        "", "seen", "bought<", "bought<30", "bought<-1d", "bought<xd", "bought<1d<2d", "bought <1d", "shown", "shown>=",
        "shown>=0", "shown>=1001", "shown>=3x", "shown>=-1",
    ])
    func noSeenRules(text: String) { #expect(SeenRule(text) == nil) }
}
