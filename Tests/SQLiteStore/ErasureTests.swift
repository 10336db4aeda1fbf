import Foundation
import MagpieDomain
import MagpieSQLiteStore
import Testing

@Suite struct ErasureTests {
    func anonymous(_ id: String, _ item: String, _ eventId: String, user: String? = nil) -> Event {
        var event = Event(
            kind: "view", userId: user.map { UserID($0) }, anonymousId: UserID(id), itemId: ItemID(item), time: 5,
            source: "api")
        event.eventId = eventId
        return event
    }

    func identify(_ id: String, _ user: String, _ eventId: String) -> Event {
        var event = Event(
            kind: Event.identifyKind, userId: UserID(user), anonymousId: UserID(id), time: 6, source: "api")
        event.eventId = eventId
        return event
    }

    @Test func aPersonGoesWithTheirAnonymousPast() throws {
        let home = try TemporaryStore()
        _ = try home.store.append([
            rating("u", "secretitem", 5, at: 1, id: "1"), anonymous("cookie", "a", "2"), identify("cookie", "u", "3"),
            anonymous("cookie", "b", "4", user: "other"), anonymous("stranger", "c", "5"),
            rating("other", "d", 1, at: 1, id: "6"), rating("u", "e", 1, at: 9, id: "7"),
        ])
        _ = try home.store.append([
            Revision<User>(id: "u", validFrom: 0, receivedAt: 0, change: .patch(["city": .keyword("Ulm")])),
            Revision<User>(id: "other", validFrom: 0, receivedAt: 0, change: .patch(["city": .keyword("Rom")])),
        ])
        var removed: [String] = []
        #expect(try home.store.erase(user: "u", at: 100) { removed.append($0.eventId) } == 4)
        #expect(removed == ["1", "2", "3", "7"])
        #expect(try home.store.all().map(\.eventId) == ["4", "5", "6"])
        #expect(try home.store.users(asOf: .distantFuture).map(\.id) == ["other"])
        #expect(try home.store.erasures(after: 0) == [UserID("u").key, Event.anonymousKey("cookie")])
        #expect(try home.store.erasures(after: 7).count == 2)
        #expect(try home.store.erasures(after: 8).isEmpty)
        // Numbers are not given again, though the newest row is gone.
        #expect(try home.store.lastSeq() == 7)
        _ = try home.store.append([rating("new", "x", 1, at: 1, id: "8")])
        #expect(try home.store.all().last?.seq == 8)
    }

    @Test func anImportBringsNobodyBackButAReturnIsWelcome() throws {
        let home = try TemporaryStore()
        let rows = [rating("u", "i", 5, at: 1), rating("v", "i", 5, at: 1)]
        try home.store.load(rows)
        _ = try home.store.erase(user: "u", at: 100) { _ in }
        let report = try home.store.load(rows + [rating("u", "i", 5, at: 101)]).events
        #expect((report.appended, report.duplicates, report.erased) == (1, 1, 1))
    }

    @Test func theFileForgetsTheText() throws {
        let home = try TemporaryStore()
        try home.store.load((0..<500).map { rating("u", "unforgettable-\($0)", 5, at: $0) })
        _ = try home.store.erase(user: "u", at: 1000) { _ in }
        for name in ["log.sqlite", "log.sqlite-wal"] {
            let bytes = (try? Data(contentsOf: home.folder.appendingPathComponent(name))) ?? Data()
            #expect(bytes.range(of: Data("unforgettable".utf8)) == nil, "\(name)")
        }
    }

    struct Stop: Error {}

    @Test func anErasureThatFailsErasesNothing() throws {
        let home = try TemporaryStore()
        try home.store.load([rating("u", "i", 5, at: 1)])
        #expect(throws: Stop.self) { try home.store.erase(user: "u", at: 9) { _ in throw Stop() } }
        #expect(try home.store.all().count == 1)
        #expect(try home.store.erase(user: "u", at: 9) { _ in } == 1)
    }
}
