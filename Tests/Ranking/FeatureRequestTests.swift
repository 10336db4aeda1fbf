import Foundation
import MagpieDomain
import Testing

@testable import MagpieRanking

/// Features of the request as a whole: what candidates are beside each other, and who asks when. Computed by hand.
@Suite struct FeatureRequestTests {
    let shelf: Shelf
    static let day: Int64 = 86_400_000

    init() throws { shelf = try Shelf() }

    /// A state with positives so many days before day 100.
    private func liked(_ daysAgo: [Int64], disliked: [Int64] = []) -> ItemState {
        var state = ItemState()
        for (place, (age, isPositive)) in (daysAgo.map { ($0, true) } + disliked.map { ($0, false) }).enumerated() {
            state.fold(
                time: Timestamp(milliseconds: (100 - age) * Self.day + 1), isPositive: isPositive, seq: Int64(place))
        }
        return state
    }
    private let now = Timestamp(milliseconds: 100 * FeatureRequestTests.day)

    @Test func agreement() {
        func list(_ items: [ItemIndex]) -> [Scored] { items.map { Scored(item: $0, score: 1) } }
        let values = columns(
            Agreement(),
            shelf.context(
                items: [2, 0, 5],
                opinions: [
                    .init(retriever: "a", scores: [1, 3, .nan]), .init(retriever: "b", scores: [5, 1, 3]),
                    .init(retriever: "c", scores: [7, 7, 7]),
                ], proposals: [list([0, 2]), list([2, 1]), list([])]))
        #expect(close(values[0], [1, 0.5, 0]))
        #expect(close(values[1], [0, 0, .nan]))
        let fused: [Float] = [1 / 62 + 1 / 61, 1 / 61, 0]
        #expect(close(values[2], fused.map { $0 / fused[0] }))
        #expect(close(values[3], [0, Float(log(2.0)), Float(log(3.0))]))
        // Places 0 and 1 by a, 1 and 0 by b; c says the same of all, which is nothing.
        #expect(close(values[4], [0.5, 0.5, 0.5]))
        #expect(allUnknown(columns(Agreement(), shelf.context(items: [0]))))
    }

    @Test func candidatePopularity() {
        let values = columns(
            CandidatePopularity(), shelf.context(items: [0, 1, 2], popularity: Shares([0.25, 0.5, .nan])))
        #expect(close(values[0], [0.25, 0.5, .nan]) && close(values[1], [0.5, 1, .nan]))
        #expect(close(values[2], [Float(log(2.0)), 0, .nan]))
    }

    @Test func standing() {
        let values = columns(
            Standing(),
            shelf.context(
                items: [0, 1, 2, 3], states: [liked([1, 2, 3, 4]), liked([9]), liked([], disliked: [3]), nil], now: now)
        )
        #expect(close(values[0], [1, 0.25, 0, .nan]))
        #expect(close(values[1], [0, Float(log(0.25)), .nan, .nan]))
        #expect(close(values[2], [0, Float(log(2.0)), Float(log(3.0)), .nan]))
        // Nobody had liked anything yet.
        #expect(allUnknown(columns(Standing(), shelf.context(items: [0], states: [liked([1])]))))
    }

    @Test func lately() {
        let values = columns(
            Lately(),
            shelf.context(
                items: [0, 1, 2], states: [liked([1, 2, 20, 60]), liked([1, 200], disliked: [2]), nil], now: now))
        #expect(close(values[0], [1, 1, .nan]) && close(values[1], [1, 0.5, .nan]))
        #expect(close(values[2], [1, 1.0 / 3, .nan]) && close(values[3], [1, 0.25, .nan]))
        #expect(close(values[4], [0, Float(log(2.0)), .nan]))
        #expect(close(values[5], [0.5, 1, .nan]) && close(values[6], [2.0 / 3, 1, .nan]))
        #expect(close(values[7], [0.75, 1, .nan]) && close(values[8], [1, 0.5, .nan]))
    }

    @Test func qualityLately() {
        // 30 of 30 liked long ago, lately 0 of 10.
        let state = liked([Int64](repeating: 95, count: 30), disliked: [Int64](repeating: 5, count: 10))
        let values = columns(
            PositiveRate(),
            shelf.context(items: [0], states: [state], totals: .init(events: 80, positives: 40), now: now))
        let own = (30 + 5.0) / 50
        let lately = 10 * own / 20
        #expect(close(values[0], [Float(log(own / (1 - own)))]))
        #expect(close(values[1], [Float(log(lately / (1 - lately)) - log(own / (1 - own)))]))
    }

    @Test func userHabits() {
        let user = shelf.user([
            shelf.touch(0, at: 40 * Self.day), shelf.touch(1, at: 80 * Self.day, isPositive: false),
            shelf.touch(0, at: 100 * Self.day - 1), shelf.touch(2, at: 101 * Self.day),
        ])
        let values = columns(
            UserHabits(),
            shelf.context(
                items: [5, 6], history: [0, 1], user: user, popularity: Shares([0.25, 0.75]), now: now))
        for column in values { #expect(column[0] == column[1]) }
        let own = values.map { $0[0] }
        #expect(close([own[0], own[1]], [Float(log(3.0)), Float(log(4.0))]))
        #expect(close([own[2], own[3]], [Float(log(61.0)), 0]))
        #expect(close([own[4], own[5]], [1.0 / 3, 2.0 / 3]) && close([own[6]], [3.0 / 5]))
        #expect(close([own[7], own[8]], [0.5, 0.25]) && close([own[9]], [0.5]))
    }

    @Test func ownTouches() {
        let bought = Purchase(price: 100, quantity: 100)
        let user = shelf.user([
            shelf.touch(0, at: 60 * Self.day, purchase: bought), shelf.touch(0, at: 70 * Self.day, purchase: bought),
            shelf.touch(0, at: 80 * Self.day, purchase: bought), shelf.touch(1, at: 90 * Self.day, isPositive: false),
            shelf.touch(2, at: 101 * Self.day),
        ])
        let values = columns(OwnTouches(), shelf.context(items: [0, 1, 2], user: user, now: now))
        #expect(close(values[0], [Float(log(4.0)), Float(log(2.0)), .nan]))
        #expect(close(values[1], [1, 0, .nan]))
        #expect(close(values[2], [Float(log(21.0)), Float(log(11.0)), .nan]))
        #expect(close(values[3], [Float(log(4.0)), 0, .nan]))
        #expect(close(values[4], [Float(log(11.0)), .nan, .nan]) && close(values[5], [Float(log(2.0)), .nan, .nan]))
    }

    @Test func purchaseHabits() {
        // Two baskets: two things within ten minutes on day 40 (3 pieces, 40), one on day 80 (1 piece, 10).
        let user = shelf.user([
            shelf.touch(0, at: 40 * Self.day, purchase: Purchase(price: 1_000, quantity: 200)),
            shelf.touch(1, at: 40 * Self.day + 600_000, purchase: Purchase(price: 2_000, quantity: 100)),
            shelf.touch(2, at: 60 * Self.day),
            shelf.touch(2, at: 80 * Self.day, purchase: Purchase(price: 1_000, quantity: 100)),
        ])
        let own = columns(PurchaseHabits(), shelf.context(items: [5], user: user, now: now)).map { $0[0] }
        #expect(close([own[0], own[1]], [Float(log(21.0)), Float(log(41.0))]))
        #expect(close([own[2]], [Float(log(0.5))]) && close([own[3]], [Float(log(2.0))]))
        #expect(close([own[4]], [Float((log(4.0) + log(2.0)) / 2)]))
        #expect(close([own[5]], [Float((log(41.0) + log(11.0)) / 2)]))
        #expect(allUnknown(columns(PurchaseHabits(), shelf.context(items: [5], user: shelf.user([]), now: now))))
    }

    @Test func purchaseOfAnEvent() {
        var event = Event(kind: "purchase", userId: "u", itemId: "i", time: now, source: "t")
        #expect(Purchase(event) == Purchase(price: 0, quantity: 100))
        (event.quantity, event.value) = (4, 10)
        #expect(Purchase(event) == Purchase(price: 250, quantity: 400))
        event.unitPrice = 9.99
        #expect(Purchase(event) == Purchase(price: 999, quantity: 400))
        for (quantity, price) in [(Double.infinity, Double.infinity), (1e300, 1e300)] {
            (event.quantity, event.unitPrice) = (quantity, price)
            #expect(Purchase(event) == Purchase(price: .max, quantity: .max))
        }
        (event.quantity, event.unitPrice) = (-1, -.infinity)
        #expect(Purchase(event) == Purchase(price: 0, quantity: 100))
        (event.quantity, event.unitPrice) = (.nan, .nan)
        #expect(Purchase(event) == Purchase(price: 0, quantity: 100))
        event.kind = "view"
        #expect(Purchase(event) == .none)
    }

    @Test func localTime() throws {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let feature = LocalTime(timeZone: berlin)
        // A Wednesday, 22:30 in UTC: half past midnight on Thursday in the summer of Berlin.
        let summer = try #require(Timestamp(iso8601: "2026-07-01T22:30:00Z"))
        #expect(columns(feature, shelf.context(items: [0], now: summer)) == [[0.5], [3]])
        let winter = try #require(Timestamp(iso8601: "2026-11-25T22:30:00Z"))
        #expect(columns(feature, shelf.context(items: [0], now: winter)) == [[23.5], [2]])
        for moment in [Timestamp.distantPast, .distantFuture, Timestamp(milliseconds: -1)] {
            let values = columns(feature, shelf.context(items: [0], now: moment))
            #expect((0..<24).contains(values[0][0]) && (0...6).contains(values[1][0]))
        }
        #expect(
            columns(LocalTime(timeZone: .gmt), shelf.context(items: [0], now: Timestamp(milliseconds: -1)))[1] == [2])
    }
}
