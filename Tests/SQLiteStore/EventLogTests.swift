import Foundation
import MagpieDomain
import MagpieSQLiteStore
import MagpieTestSupport
import Testing

@Suite struct EventLogTests {
    @Test func everyFieldComesBackAsItWent() throws {
        let home = try TemporaryStore()
        var full = Event(
            kind: "purchase", userId: "u1", anonymousId: "cookie", itemId: "é\u{0}e\u{301}", value: -0.25, time: -5,
            receivedAt: 9_000_000_000_000_000, source: "api")
        full.eventId = "e1"
        full.sessionId = ""
        full.quantity = 3
        full.unitPrice = 1e300
        full.currency = "EUR"
        full.requestId = RequestID(at: 1)
        full.position = 7
        full.surface = "search \"page\""
        full.query = "the\nmatrix \u{1F3AC}"
        full.context = [
            "k": .keyword("a\\b"), "ks": .keywords(["", "x"]), "t": .text("tab\t"), "n": .number(0.1 + 0.2),
            "b": .bool(false), "when": .time(.distantPast), "g": .geo(latitude: -12.5, longitude: 180),
            "v": .vector([0.1, -0, .leastNonzeroMagnitude, 3.4e38]),
        ]
        full.properties = ["neg": .number(-0.0), "big": .number(1e22), "": .number(9_007_199_254_740_992)]
        let bare = rating("u2", "i", 4, at: 10, id: "e2")
        let report = try home.store.append([full, bare])
        #expect(report.appended == 2)
        full.seq = 1
        let back = try home.store.all()
        #expect(back[0] == full)
        #expect(back[0].itemId?.string.utf8.count == full.itemId?.string.utf8.count)
        #expect(back[1].context.isEmpty && back[1].sessionId == nil && back[1].seq == 2)
    }

    @Test func firstOneWithAnIdWins() throws {
        let home = try TemporaryStore()
        let first = rating("u", "i", 4, at: 1, id: "a")
        var again = first
        again.source = "another road"
        again.receivedAt = 77
        let other = rating("u", "i", 5, at: 1, id: "a")
        let report = try home.store.append([first, again, other])
        #expect((report.appended, report.duplicates, report.conflicts) == (1, 1, 1))
        #expect(report.conflictExamples == ["a"])
        #expect(try home.store.all().map(\.value) == [4])
    }

    @Test func aFileImportedTwiceChangesNothingAndHonestRepeatsStay() throws {
        let home = try TemporaryStore()
        let rows = [
            rating("u", "i", 4, at: 1), rating("u", "i", 4, at: 1), rating("u", "i", 4, at: 2),
            rating("u", "i", 4, at: 1),
        ]
        #expect(try home.store.load(rows).events.appended == 4)
        let before = try home.store.all()
        #expect(Set(before.map(\.eventId)).count == 4)
        let again = try home.store.load(rows).events
        #expect((again.appended, again.duplicates, again.conflicts) == (0, 4, 0))
        // One repeat more is one event more.
        #expect(try home.store.load(rows + [rows[0]]).events.appended == 1)
        #expect(Array(try home.store.all().prefix(4)) == before)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func bulkLoadAgreesWithADictionary(seed: UInt64) throws {
        let home = try TemporaryStore()
        var numbers = SeededNumbers(seed)
        var truth: [String: Event] = [:]
        var order: [String] = []
        for size in [500, 30_000, 1_000, 25_000] {
            var expected = AppendReport()
            var rows: [Event] = []
            for _ in 0..<size {
                let id = "e\(Int.random(in: 0..<30_000, using: &numbers))"
                let row = rating("u", "i", Double.random(in: 0..<3, using: &numbers).rounded(), at: 1, id: id)
                rows.append(row)
                if let known = truth[id] {
                    if known == row { expected.duplicates += 1 } else { expected.conflicts += 1 }
                } else {
                    truth[id] = row
                    order.append(id)
                    expected.appended += 1
                }
            }
            var report = try home.store.load(rows).events
            report.conflictExamples = []
            #expect(report == expected)
        }
        let back = try home.store.all()
        #expect(back.map(\.eventId) == order)
        #expect(back.allSatisfy { truth[$0.eventId]?.value == $0.value })
        #expect(back.map(\.seq) == Array(1...Int64(order.count)))
    }

    struct Stop: Error {}

    @Test(arguments: [10, 60_000])
    func aLoadThatFailsLeavesNothing(rows: Int) throws {
        let home = try TemporaryStore()
        _ = try home.store.append([rating("u", "i", 1, at: 1, id: "old")])
        #expect(throws: Stop.self) {
            try home.store.bulkLoad { load in
                for row in 0..<rows { try load.append(rating("u", "i", 1, at: 1, id: "n\(row)")) }
                try load.append(
                    Revision<Item>(id: "i", validFrom: 1, receivedAt: 1, change: .patch(["title": .text("x")])))
                throw Stop()
            }
        }
        #expect(try home.store.all().map(\.eventId) == ["old"])
        #expect(try home.store.items(asOf: .distantFuture).isEmpty)
        #expect(try home.store.itemSchema().isEmpty)
        // The index stands again: a known id is still known.
        #expect(try home.store.append([rating("u", "i", 1, at: 1, id: "old")]).duplicates == 1)
    }

    @Test func eventsThatSayNothingAreRefusedAndNoneIsKept() throws {
        let home = try TemporaryStore()
        var noItem = rating("u", "i", 1, at: 1, id: "x")
        noItem.itemId = nil
        var nobody = rating("u", "i", 1, at: 1, id: "x")
        nobody.userId = nil
        for bad in [rating("u", "i", 1, at: 1), rating("u", "i", .nan, at: 1, id: "x"), noItem, nobody] {
            #expect(throws: StoreError.self) {
                try home.store.append([rating("u", "i", 1, at: 1, id: "good"), bad])
            }
        }
        #expect(try home.store.all().isEmpty)
    }

    @Test func readsARangeAndMayReadWhileReading() throws {
        let home = try TemporaryStore()
        _ = try home.store.append((1...9).map { rating("u", "i", Double($0), at: 1, id: "e\($0)") })
        var seen: [Int64] = []
        try home.store.read(after: 2, through: 5) { event in
            seen.append(event.seq)
            let last = try home.store.lastSeq()
            #expect(last == 9)
        }
        #expect(seen == [3, 4, 5])
    }

    @Test func aSecondReaderSeesAppendsFromAnotherThread() async throws {
        let home = try TemporaryStore()
        let store = home.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for n in 0..<50 {
                        _ = try store.append([rating("u\(writer)", "i", 1, at: 1, id: "\(writer)-\(n)")])
                    }
                }
                group.addTask {
                    for _ in 0..<20 {
                        var last: Int64 = 0
                        try store.read(after: 0, through: .max) { event in
                            #expect(event.seq == last + 1)
                            last = event.seq
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.lastSeq() == 200)
        withExtendedLifetime(home) {}
    }

    @Test func whatIsTooOldIsForgotten() throws {
        let home = try TemporaryStore()
        try home.store.load((0..<2_000).map { rating("u\($0 % 7)", "i\($0)", 1, at: Int64($0) * 10) })
        let size = { try FileManager.default.attributesOfItem(atPath: home.file.path)[.size] as? Int ?? 0 }
        let before = try size()
        #expect(try home.store.count(before: 15_000) == 1_500)
        #expect(try home.store.forget(before: 15_000) == 1_500)
        #expect(try home.store.forget(before: 15_000) == 0 && home.store.count(before: 15_000) == 0)
        #expect(try home.store.all().map(\.time) == (1_500..<2_000).map { Timestamp(milliseconds: $0 * 10) })
        #expect(try home.store.lastSeq() == 2_000 && size() < before / 2)
        try home.store.load([rating("u", "new", 1, at: 1)])
        #expect(try home.store.lastSeq() == 2_001)
    }

    /// Several senders in one commit: each all or nothing, in their order, as if they had come one after another.
    @Test func groupsAreEachAllOrNothing() throws {
        let (home, other) = (try TemporaryStore(), try TemporaryStore())
        var bad = rating("u", "a", 1, at: 3, id: "bad")
        bad.kind = ""
        let groups: [[Event]] = [
            [rating("u", "a", 1, at: 1, id: "1"), rating("u", "b", 1, at: 2, id: "2")],
            [rating("v", "a", 1, at: 3, id: "3"), bad], [], [rating("w", "c", 1, at: 4, id: "1")],
            [rating("v", "a", 1, at: 3, id: "3")],
        ]
        let results = try home.store.append(groups: groups)
        for (group, result) in zip(groups, results) {
            let single = Result { try other.store.append(group) }
            switch (result, single) {
            case (.success(let a), .success(let b)): #expect(a == b)
            case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)")
            default: Issue.record("\(result) and \(single)")
            }
        }
        #expect(results.map { (try? $0.get())?.appended } == [2, nil, 0, 0, 1])
        #expect(try home.store.all().map(\.eventId) == ["1", "2", "3"])
        #expect(try home.store.all().map(\.eventId) == other.store.all().map(\.eventId))
        #expect(try home.store.append(groups: []).isEmpty)
    }
}
