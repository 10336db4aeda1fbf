import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieRanking
import MagpieTestSupport
import Testing

@testable import MagpieOffline

/// What was on screen, as examples.
@Suite struct ImpressionTests {
    private let rules = EventRules()

    private func request(_ number: Int) -> RequestID {
        RequestID(at: Timestamp(milliseconds: Int64(number)), random: (1, UInt64(number)))
    }

    private func shown(
        _ item: ItemID, to user: UserID, at minute: Int64, place: Int?, request number: Int, surface: String? = nil,
        query: String? = nil
    ) -> Event {
        var event = Event(
            kind: Event.impressionKind, userId: user, itemId: item, time: Timestamp(milliseconds: minute * 60_000),
            source: "t")
        event.position = place
        event.requestId = request(number)
        event.surface = surface
        event.query = query
        event.eventId = "\(item.string)-\(number)-\(minute)"
        return event
    }

    private func liked(_ item: ItemID, by user: UserID, at minute: Int64, value: Double = 5) -> Event {
        var event = Event(
            kind: "rating", userId: user, itemId: item, value: value, time: Timestamp(milliseconds: minute * 60_000),
            source: "t")
        event.eventId = "\(user.string)-\(item.string)-\(minute)"
        return event
    }

    @Test func listsAndWhatBecameOfThem() {
        var events = (0..<8).map { liked(ItemID("old\($0)"), by: "u", at: Int64($0)) }
        events += [
            shown("a", to: "u", at: 100, place: 1, request: 1), shown("x", to: "v", at: 100, place: 1, request: 2),
            shown("b", to: "u", at: 101, place: 2, request: 1), shown("a", to: "u", at: 102, place: 1, request: 1),
            shown("c", to: "u", at: 102, place: nil, request: 1),
            // Liked, disliked, liked but never shown.
            liked("b", by: "u", at: 103), liked("c", by: "u", at: 104, value: 1), liked("z", by: "u", at: 105),
            // Another surface, a search, and one of which nothing came.
            shown("d", to: "u", at: 110, place: 1, request: 3, surface: "email"), liked("d", by: "u", at: 111),
            shown("e", to: "u", at: 120, place: 4, request: 4, query: "dragon"), liked("e", by: "u", at: 121),
            shown("f", to: "u", at: 130, place: 1, request: 5), shown("g", to: "u", at: 131, place: 1, request: 6),
        ]
        let history = History(events.numbered(), rules: rules)
        #expect(history.rows.count == 13 && history.impressions.lists.count == 6)
        #expect(history.impressions.lists[0].shown.map(\.item) == ["a", "b", "c"].map { ItemID($0).key })
        for kind in [SplitKind.clock, .user] {
            let options = SplitOptions(kind: kind, heldOut: 5.0 / 13)
            let split = Split(history, rows: Array(history.rows.indices), options: options)
            #expect(split.asked == Array(8..<13))
            func asked(_ scenario: String) -> [Question] {
                Questions.viewed(history, split, scenario: scenario, options: options)
            }
            let home = asked("home")
            #expect(home.count == 1)
            #expect(home.first?.relevant == [ItemID("b").key] && home.first?.disliked == [ItemID("c").key])
            #expect(home.first?.shown.map(\.place) == [1, 2, nil] && home.first?.user == UserID("u").key)
            #expect(home.first?.position == (kind == .clock ? 8 : split.end))
            #expect(asked("email").map(\.relevant) == [[ItemID("d").key]])
            #expect(asked("search").map(\.text) == ["dragon"] && asked("similar").isEmpty)
            #expect(home.first?.kinds == ["rating": [ItemID("b").key]])
        }
    }

    @Test func ofADevice() {
        var identify = Event(kind: Event.identifyKind, time: Timestamp(milliseconds: 60_000), source: "t")
        (identify.userId, identify.anonymousId, identify.eventId) = ("u", "cookie", "join")
        func anonymous(_ event: Event) -> Event {
            var event = event
            (event.userId, event.anonymousId) = (nil, "cookie")
            return event
        }
        let events = [
            anonymous(shown("a", to: "u", at: 0, place: 1, request: 1)), identify,
            anonymous(shown("b", to: "u", at: 2, place: 1, request: 2)),
        ]
        let history = History(events.numbered(), rules: rules)
        #expect(history.impressions.lists.map(\.actor) == [Event.anonymousKey("cookie"), UserID("u").key])
    }

    /// Searches with a like are asked as they were.
    @Test func clicksOfSearches() {
        var events = (0..<8).map { liked(ItemID("old\($0)"), by: "u", at: Int64($0)) }
        for (place, (item, query, value)) in [("a", "red", 5), ("b", "red", 5), ("c", "blue", 1), ("d", "green", 5)]
            .enumerated() as EnumeratedSequence<[(ItemID, String, Double)]>
        {
            var event = liked(item, by: "u", at: Int64(100 + place), value: value)
            event.query = query
            events.append(event)
        }
        let history = History(events.numbered(), rules: rules)
        let options = SplitOptions(kind: .clock, heldOut: 0.33)
        let split = Split(history, rows: Array(history.rows.indices), options: options)
        #expect(split.asked == [8, 9, 10, 11])
        let questions = Questions.clicks(history, split, count: 10)
        #expect(questions.map(\.text) == ["red", "green"] && questions.map(\.position) == [8, 11])
        #expect(questions.first?.relevant == [ItemID("a").key, ItemID("b").key])
        #expect(questions.allSatisfy { $0.scenario == "search" })
        #expect(Questions.clicks(history, split, count: 1).map(\.text) == ["green"])
    }

    /// Lists of chance alone say how often places are looked at.
    @Test func placesOfListsOfChance() throws {
        let likes = [120, 60, 30, 15]
        func propensities(of lists: Int, scenario: String = "home") -> PlacePropensities? {
            var events = (0..<40).map { liked(ItemID("old\($0)"), by: "u", at: Int64($0)) }
            for number in 0..<lists {
                for isExplored in [true, false] {
                    let minute = Int64(100 + number * 10 + (isExplored ? 0 : 5))
                    for place in 1...4 {
                        var event = shown(
                            ItemID("\(isExplored)-\(number)-\(place)"), to: "u", at: minute, place: place,
                            request: number)
                        if isExplored { event.requestId = event.requestId?.explored }
                        events.append(event)
                    }
                    // In lists as ranked the last is always liked, which is its own doing.
                    let place = isExplored ? number % 4 : 3
                    guard !isExplored || number / 4 < likes[place] else { continue }
                    events.append(liked(ItemID("\(isExplored)-\(number)-\(place + 1)"), by: "u", at: minute + 1))
                }
            }
            let history = History(events.numbered(), rules: rules)
            let options = SplitOptions(kind: .clock, heldOut: 0.95)
            let split = Split(history, rows: Array(history.rows.indices), options: options)
            return Questions.propensities(history, split, scenario: scenario, options: options)
        }
        let found = try #require(propensities(of: 480))
        for (value, expected) in zip(found.values, [1, 0.5, 0.25, 0.125]) { #expect(abs(value - expected) < 0.02) }
        #expect(found.values.count == 4)
        #expect(propensities(of: 100) == nil, "100 likes are too few")
        #expect(propensities(of: 480, scenario: "search") == nil)
    }

    /// A home whose clients say what was on screen: the ranker learns from that, and recommends as well.
    @Test func aRankerOfImpressions() throws {
        let world = PlantedWorld()
        var events: [Event] = []
        var lists = 0
        for event in world.events {
            guard let user = event.userId, let item = event.itemId, let genre = world.genre(of: item) else { continue }
            lists += 1
            let others = world.films.filter { $0.genre != genre }
            for place in 0..<5 {
                // The one that is then liked (or not) stands anywhere; the others are of other genres.
                let id = place == lists % 5 ? item : others[(lists * 7 + place * 11) % others.count].id
                var seen = shown(id, to: user, at: 0, place: place + 1, request: lists)
                seen.time = event.time
                seen.receivedAt = event.time
                events.append(seen)
            }
            events.append(event)
        }
        let home = try TrainedWorld(world, events: events.numbered())
        var configuration = TrainedWorld.configuration
        configuration.ranker.kind = .linear
        configuration.ranker.examples = .impressions
        let report = try home.train(configuration)
        let ranker = try #require(report.rankers["home"])
        #expect(ranker.source == .impressions && ranker.summary.contains("lists on screen"))
        #expect(ranker.linear?.placeSlope != nil && ranker.examples <= 5 * ranker.requests)
        #expect(try home.precision(of: report.bundle, in: world) >= 0.75)

        // More on screen, and nothing else that happened: only rankers learn anew.
        #expect(try home.train(configuration).stages.allSatisfy { $0.reused || !$0.stage.hasPrefix("rank") })
        var late = shown(world.films[0].id, to: world.users[0], at: 0, place: 1, request: 1_000_000)
        late.time = world.now
        late.receivedAt = world.now
        _ = try home.store.append([late])
        let again = try home.train(configuration).stages
        #expect(again.contains { $0.stage == "rank home" && !$0.reused })
        #expect(again.allSatisfy { $0.reused || $0.stage != "embed" })

        // Lists of chance tell what places do: nothing, here, as the liked one stands anywhere.
        let explored = events.flatMap { event in
            guard let id = event.requestId else { return [event] }
            // Each list twice, so that there are likes enough.
            return [id, RequestID(at: Timestamp(milliseconds: 1), random: (1, StableHash.xxh64(id.description)))].map {
                id in
                var own = event
                own.requestId = id.explored
                own.eventId = "\(id)-\(event.eventId)"
                return own
            }
        }
        let chance = try TrainedWorld(world, events: explored.numbered())
        let told = try #require(try chance.train(configuration).rankers["home"])
        let propensities = try #require(told.placePropensities)
        #expect(propensities.values.count == 5 && propensities.values.allSatisfy { $0 > 0.6 }, "\(propensities)")
        #expect(told.linear?.placeSlope == nil && ranker.placePropensities == nil)

        // Too few of them: as without.
        configuration.ranker.examples = .auto
        configuration.ranker.automaticRequests = 1_000_000
        #expect(try home.train(configuration).rankers["home"]?.source == .split)
    }
}
