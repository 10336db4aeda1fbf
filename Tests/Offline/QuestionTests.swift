import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieRetrieval
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct QuestionTests {
    let rules = EventRules()
    let world = PlantedWorld()

    private func split(_ history: History, _ options: SplitOptions) -> Split {
        Split(history, rows: Array(history.rows.indices), options: options)
    }

    @Test(arguments: [SplitKind.clock, .user]) func labelsAreNewAndCome(kind: SplitKind) {
        let history = History(world.events, rules: rules)
        let options = SplitOptions(kind: kind)
        let split = split(history, options)
        let questions = Questions.home(history, split, rules: rules, options: options)
        #expect(!questions.isEmpty)
        for question in questions {
            #expect(question.scenario == "home" && !question.relevant.isEmpty)
            let before = Set(
                history.rows.indices.filter { row in
                    history.rows[row].actor == question.user
                        && (kind == .clock ? row < question.position : split.known.contains(row))
                }.map { history.rows[$0].item })
            #expect(before.isDisjoint(with: question.relevant))
            let after = history.rows.indices.filter { split.asked.contains($0) }.map { history.rows[$0] }
                .filter { $0.actor == question.user && $0.isPositive }
            #expect(question.relevant.isSubset(of: after.map(\.item)))
            // What is known was known before it is asked.
            for row in split.known where history.rows[row].actor == question.user {
                #expect(history.rows[row].time <= question.now)
            }
        }
        #expect(questions.map(\.position) == questions.map(\.position).sorted())
        if kind == .user { #expect(Set(questions.map(\.user)).count == questions.count) }
    }

    /// By clock: one question a session, with the labels of its horizon.
    @Test func sessionsAndHorizons() {
        let day: Int64 = 24 * 60
        let history = SplitTests.history([
            ("u", "old", 0), ("x", "a", 1), ("x", "b", 2), ("x", "c", 3),
            // The first session of u: the pause is less than half an hour. Then one ten days later, and a far one.
            ("u", "a", 100), ("u", "b", 120), ("u", "old", 10 * day), ("u", "c", 10 * day + 1), ("u", "d", 60 * day),
        ])
        let options = SplitOptions(kind: .clock, heldOut: 0.5, horizonDays: 30)
        let split = split(history, options)
        #expect(split.asked == [4, 5, 6, 7, 8])
        let questions = Questions.home(history, split, rules: rules, options: options)
        func keys(_ ids: [String]) -> Set<ItemKey> { Set(ids.map { ItemID($0).key }) }
        #expect(questions.map(\.position) == [4, 6, 8])
        #expect(questions.map(\.relevant) == [keys(["a", "b", "c"]), keys(["c"]), keys(["d"])])
        #expect(questions.allSatisfy { $0.user == UserID("u").key })
        let short = Questions.home(
            history, split, rules: rules, options: SplitOptions(kind: .clock, heldOut: 0.5, horizonDays: 0))
        #expect(short.first?.relevant == keys(["a"]))
    }

    @Test func theEndsOfTime() {
        let first = Timestamp(milliseconds: .min)
        let last = Timestamp(milliseconds: .max)
        #expect(rules.startsSession(last, after: first) && !rules.startsSession(first, after: last))
        #expect(first.day == Int64.min / 86_400_000 - 1 && Timestamp(milliseconds: -1).day == -1)
        #expect(Timestamp(milliseconds: -86_400_000).day == -1 && Timestamp(milliseconds: 86_399_999).day == 0)
        var events: [Event] = []
        for (place, time) in [first, Timestamp(milliseconds: -5), Timestamp(milliseconds: -4), last].enumerated() {
            var event = Event(
                kind: "rating", userId: "u", itemId: ItemID("i\(place)"), value: 5, time: time, source: "t")
            event.eventId = "\(place)"
            events.append(event)
        }
        let history = History(events.numbered(), rules: rules)
        let options = SplitOptions(kind: .clock, heldOut: 0.75)
        let questions = Questions.home(history, split(history, options), rules: rules, options: options)
        #expect(questions.map(\.relevant.count) == [2, 1])
    }

    @Test func dislikesAreNoLabels() {
        let history = SplitTests.history((0..<20).map { ("u", "i\($0)", Int64($0)) }, value: 2)
        for kind in [SplitKind.clock, .user] {
            let options = SplitOptions(kind: kind)
            #expect(Questions.home(history, split(history, options), rules: rules, options: options).isEmpty)
        }
    }

    /// What was disliked after the cut is known of a request that has something liked, and what a like was worth.
    @Test func dislikesAndGains() throws {
        var rules = rules
        rules.gains = ["purchase": 5]
        var events: [Event] = []
        for (place, (item, kind, value)) in [
            ("a", "rating", 5), ("b", "rating", 5), ("c", "rating", 5), ("d", "rating", 5), ("e", "rating", 1),
            ("f", "rating", 5), ("g", "purchase", nil), ("f", "purchase", nil), ("g", "dislike", nil),
            ("h", "hide", nil),
            ("a", "dislike", nil),
        ].enumerated() as EnumeratedSequence<[(String, String, Double?)]> {
            var event = Event(
                kind: kind, userId: "u", itemId: ItemID(item), value: value,
                time: Timestamp(milliseconds: Int64(place) * 60_000), source: "t")
            event.eventId = "\(place)"
            events.append(event)
        }
        let history = History(events.numbered(), rules: rules)
        for kind in [SplitKind.clock, .user] {
            let options = SplitOptions(kind: kind, heldOut: 0.6)
            let split = split(history, options)
            #expect(split.asked == Array(4..<11))
            let question = try #require(
                Questions.home(history, split, rules: rules, options: options).first)
            func keys(_ ids: [String]) -> Set<ItemKey> { Set(ids.map { ItemID($0).key }) }
            #expect(question.relevant == keys(["f", "g"]))
            // Liked and then disliked is liked: it was worth impression.
            #expect(question.disliked == keys(["e", "h"]))
            #expect(question.kinds == ["rating": keys(["f"]), "purchase": keys(["f", "g"])])
            let gains = ["a", "e", "f", "g"].map { question.gain(of: ItemID($0).key, rules) }
            let second: Float = 5 / log2(3)
            #expect(gains == [0, 0, 5, second])
        }
    }

    /// What comes next counts most; what comes in one moment comes in one turn, and of a list on screen nothing comes first.
    @Test(arguments: [SplitKind.clock, .user]) func whatComesNext(kind: SplitKind) throws {
        let history = SplitTests.history([
            ("u", "a", 0), ("u", "b", 1), ("u", "c", 2), ("u", "d", 3), ("u", "e", 4), ("u", "f", 5), ("u", "g", 5),
            ("u", "e", 6), ("u", "h", 7),
        ])
        let options = SplitOptions(kind: kind, heldOut: 0.55)
        let split = split(history, options)
        #expect(split.asked == Array(4..<9))
        var question = try #require(Questions.home(history, split, rules: rules, options: options).first)
        func gains() -> [Float] { ["a", "e", "f", "g", "h"].map { question.gain(of: ItemID($0).key, rules) } }
        let (second, fourth): (Float, Float) = (1 / log2(3), 1 / log2(5))
        #expect(gains() == [0, 1, second, second, fourth])
        question.shown = [.init(item: ItemID("h").key, place: 1)]
        #expect(gains() == [0, 1, 1, 1, 1])
    }

    @Test func similarAsksWithTheLastLikeAndForgetsWho() {
        let history = History(world.events, rules: rules)
        let options = SplitOptions(kind: .user)
        let split = split(history, options)
        let home = Questions.home(history, split, rules: rules, options: options)
        let similar = Questions.similar(home, history, split)
        #expect(similar.count == home.count)
        for (asked, of) in zip(similar, home) {
            #expect(asked.user == nil && asked.scenario == "similar" && asked.relevant == of.relevant)
            let liked = split.known.map { history.rows[$0] }.filter { $0.actor == of.user && $0.isPositive }
            #expect(asked.seed?.key == liked.last?.item)
        }
    }

    @Test func searchAsksForKnownItems() {
        let history = History(world.events, rules: rules)
        let catalogue =
            world.films.map {
                Entry<Item>(id: $0.id, attributes: ["title": .text($0.title), "genres": .keywords(["x"])])
            } + [Entry(id: "untitled"), Entry(id: "void", attributes: ["title": .text("")])]
        let data = Dataset(
            history, rows: Array(history.rows.indices), catalogue: catalogue, deleted: [],
            schema: ["title": .text(language: "en"), "genres": .keywords])
        func ask(_ seed: UInt64, _ stream: UInt64) -> [Question] {
            Questions.search(
                data, TextOptions(), count: 200, now: world.now, position: 0, seed: seed, stream: stream)
        }
        let questions = ask(1, 0)
        #expect((180...200).contains(questions.count))
        let ids = Set(world.films.map(\.id.key))
        for question in questions {
            #expect(question.user == nil && question.relevant.count == 1 && question.relevant.isSubset(of: ids))
            #expect(question.text?.contains { !$0.isWhitespace } == true)
        }
        #expect(questions.map(\.text) == ask(1, 0).map(\.text))
        #expect(questions.map(\.text) != ask(1, 1).map(\.text) && questions.map(\.text) != ask(2, 0).map(\.text))
    }
}
