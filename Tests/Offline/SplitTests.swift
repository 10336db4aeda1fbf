import Foundation
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct SplitTests {
    /// One event an entry: who, what, at which minute, liked or not.
    static func history(_ rows: [(user: String, item: String, minute: Int64)], value: Double = 5) -> History {
        var events: [Event] = []
        for (place, row) in rows.enumerated() {
            var event = Event(
                kind: "rating", userId: UserID(row.user), itemId: ItemID(row.item), value: value,
                time: Timestamp(milliseconds: row.minute * PlantedWorld.minute), source: "t")
            event.eventId = "\(place)"
            events.append(event)
        }
        return History(events.numbered(), rules: EventRules())
    }

    private func isPartition(_ split: Split, of rows: [Int]) -> Bool {
        split.known == split.known.sorted() && split.asked == split.asked.sorted()
            && (split.known + split.asked).sorted() == rows
    }

    @Test func byClockIsOneMomentForAll() {
        let history = Self.history((0..<10).map { ("u\($0 % 3)", "i", Int64($0)) })
        let split = Split(history, rows: Array(0..<10), options: SplitOptions(kind: .clock, heldOut: 0.3))
        #expect(split.known == Array(0..<7) && split.asked == [7, 8, 9] && split.kind == .clock)
        #expect(split.catalogueAsOf == history.rows[7].time)
    }

    @Test func aMomentIsNotCutInTwo() {
        let history = Self.history([1, 2, 3, 3, 3, 3, 3, 3, 3, 4].map { ("u", "i", $0) })
        let split = Split(history, rows: Array(0..<10), options: SplitOptions(kind: .clock, heldOut: 0.2))
        #expect(split.known == [0, 1] && split.asked == Array(2..<10))
        let allAtOnce = Self.history((0..<5).map { _ in ("u", "i", 1) })
        let empty = Split(allAtOnce, rows: Array(0..<5), options: SplitOptions(kind: .clock))
        #expect(empty.known.isEmpty && empty.asked.count == 5)
    }

    @Test func byUserIsTheLastShareOfEach() {
        // u has ten events, v five, w four (too few to be asked); all in one stream.
        var rows: [(user: String, item: String, minute: Int64)] = []
        for minute in 0..<10 {
            rows.append((user: "u", item: "i\(minute)", minute: Int64(minute)))
            if minute < 5 { rows.append((user: "v", item: "i\(minute)", minute: Int64(minute))) }
            if minute < 4 { rows.append((user: "w", item: "i\(minute)", minute: Int64(minute))) }
        }
        let history = Self.history(rows)
        let all = Array(history.rows.indices)
        let split = Split(history, rows: all, options: SplitOptions(kind: .user, heldOut: 0.2))
        let asked = split.asked.map { history.rows[$0] }
        #expect(asked.count { $0.actor == UserID("u").key } == 2)
        #expect(asked.count { $0.actor == UserID("v").key } == 1)
        #expect(asked.count { $0.actor == UserID("w").key } == 0)
        #expect(isPartition(split, of: all) && split.kind == .user)
        for row in asked {
            for other in split.known where history.rows[other].actor == row.actor {
                #expect(history.rows[other].time < row.time)
            }
        }
    }

    @Test func tiesOfTimeFollowTheLog() {
        let history = Self.history((0..<10).map { ("u", "i\($0)", 7) })
        let split = Split(history, rows: Array(0..<10), options: SplitOptions(kind: .user, heldOut: 0.2))
        #expect(split.known == Array(0..<8) && split.asked == [8, 9])
    }

    @Test func autoTakesTheClockWhereItCan() {
        let world = PlantedWorld()
        let history = History(world.events, rules: EventRules())
        let all = Array(history.rows.indices)
        // The last days of the planted world: all users are there, with a history.
        let clock = Split(history, rows: all, options: SplitOptions(minimumUsers: 50))
        #expect(clock.kind == .clock && clock.reason.hasPrefix("60 users"))
        let user = Split(history, rows: all, options: SplitOptions(minimumUsers: 61))
        #expect(user.kind == .user && user.reason.contains("60 users") && user.reason.contains("61"))
        let long = Split(history, rows: all, options: SplitOptions(minimumUsers: 1, minimumHistory: 12))
        #expect(long.kind == .user)
        #expect(isPartition(clock, of: all) && isPartition(user, of: all))
    }

    @Test func edges() {
        for kind in SplitKind.allCases {
            for heldOut in [-1, 0, 0.5, 1, 7] {
                let options = SplitOptions(kind: kind, heldOut: heldOut, minimumHistory: 0)
                let none = Split(Self.history([]), rows: [], options: options)
                #expect(none.known.isEmpty && none.asked.isEmpty)
                let one = Split(Self.history([("u", "i", 1)]), rows: [0], options: options)
                #expect(isPartition(one, of: [0]))
            }
        }
    }

    @Test func theCutWithinACutKeepsToItsRows() {
        let history = History(PlantedWorld().events, rules: EventRules())
        for kind in [SplitKind.clock, .user] {
            let options = SplitOptions(kind: kind)
            let outer = Split(history, rows: Array(history.rows.indices), options: options)
            let inner = Split(history, rows: outer.known, options: options)
            #expect(isPartition(inner, of: outer.known) && !inner.asked.isEmpty)
        }
    }

    @Test func fingerprintsTellWhatIsAsked() {
        let history = History(PlantedWorld().events, rules: EventRules())
        let all = Array(history.rows.indices)
        let prints = [0.1, 0.2, 0.3].map {
            Split(history, rows: all, options: SplitOptions(kind: .clock, heldOut: $0)).fingerprint(history)
        }
        #expect(Set(prints).count == 3)
        #expect(prints[1] == Split(history, rows: all, options: SplitOptions(kind: .clock)).fingerprint(history))
    }

    /// By user a ranker learns from less than is asked about, where that is enough; by clock from as much.
    @Test func whatARankerLearnsFrom() {
        let history = Self.history((0..<400).map { ("u\($0 % 20)", "i\($0)", Int64($0)) })
        let rows = Array(history.rows.indices)
        var configuration = Configuration()
        func asked(_ kind: SplitKind? = nil) -> Int {
            let split = Split.ofExamples(history, rows: rows, configuration, kind: kind)
            #expect(isPartition(split, of: rows))
            return split.asked.count
        }
        #expect(asked() == 80 && asked(.clock) == 80)
        configuration.ranker.automaticRequests = 40
        #expect(asked() == 40 && asked(.user) == 40 && asked(.clock) == 80)
        configuration.ranker.heldOut = 0.01
        configuration.ranker.automaticRequests = 0
        #expect(asked() == 20)
    }
}
