import MagpieDomain
import Testing

@Suite struct EventRulesTests {
    @Test(
        arguments: [
            ("rating>=4", "rating", 4, true), ("rating>=4", "rating", 3.5, false), ("rating>=4", "rating", nil, false),
            ("rating<=2, dislike", "rating", 2, true), ("rating<=2, dislike", "rating", 2.5, false),
            ("rating<=2, dislike", "dislike", nil, true), ("rating<=2, dislike", "view", nil, nil),
            ("view>=30, view<=5", "view", 3, true), ("view>=30, view<=5", "view", 10, false),
        ] as [(String, String, Double?, Bool?)])
    func conditions(_ notation: String, _ kind: String, _ value: Double?, _ expected: Bool?) throws {
        let condition = try #require(EventCondition(notation))
        #expect(condition.holds(kind: kind, value: value) == expected && condition.notation == notation)
    }

    @Test(arguments: ["", ",", ">=4", "rating>=", "rating>=x", "rating=4", "rating<4", "<=2", "a!"])
    func refused(_ notation: String) { #expect(EventCondition(notation) == nil) }

    @Test func opinions() throws {
        let rules = EventRules(
            weights: ["look": 0], positive: try #require(EventCondition("rating>=4")), gains: ["purchase": 5])
        func event(_ kind: String, _ value: Double? = nil) -> Event {
            Event(kind: kind, userId: "u", itemId: "i", value: value, time: Timestamp(milliseconds: 0), source: "t")
        }
        #expect(rules.isPositive(event("rating", 4)) && !rules.isNegative(event("rating", 4)))
        #expect(!rules.isPositive(event("rating", 3)) && !rules.isNegative(event("rating", 3)))
        #expect(!rules.isPositive(event("rating", 2)) && rules.isNegative(event("rating", 2)))
        // A kind that no condition names is positive, but for what says that it was disliked or only shown.
        #expect(rules.isPositive(event("purchase")) && rules.gain(of: "purchase") == 5 && rules.gain(of: "view") == 1)
        #expect(!rules.isPositive(event("dislike")) && rules.isNegative(event("hide")))
        for kind in ["look", Event.impressionKind, Event.identifyKind] { #expect(!rules.isPositive(event(kind))) }
    }
}
