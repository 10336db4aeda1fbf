import Foundation
import MagpieDomain
import MagpieSQLiteStore
import MagpieTestSupport
import Testing

@Suite struct LayoutTests {
    /// Opens a copy of a golden database: opening may bring it to the present layout.
    private static func store(_ name: String, in folder: MagpieTestSupport.TemporaryFolder) throws -> SQLiteStore {
        let stored = try #require(Bundle.module.url(forResource: name, withExtension: "sqlite", subdirectory: "Golden"))
        try FileManager.default.copyItem(at: stored, to: folder.file("log.sqlite"))
        return try SQLiteStore(folder.file("log.sqlite"))
    }

    /// One database of every layout that was ever released, kept as its SQL dump would be: byte for byte.
    @Test func readsADatabaseOfTheFirstLayout() throws {
        let folder = try MagpieTestSupport.TemporaryFolder()
        let store = try Self.store("layout-1", in: folder)
        defer { try? store.close() }
        let events = try store.all()
        try #require(events.map(\.eventId) == ["first", "second"])
        #expect(events[0].context == ["device": .keyword("phone")])
        #expect(events[1].value == 4.5)
        #expect(
            try store.items(asOf: 1_000).map(\.attributes) == [
                ["title": .text("Matrix, The (1999)"), "year": .number(1999)]
            ])
        #expect(try store.erasures(after: 0) == [UserID("gone").key])
        // Still the same payload to this version's hash.
        #expect(try store.append(events).duplicates == 2)
    }

    /// With outside tables, as `features load` wrote them.
    @Test func readsADatabaseOfTheSecondLayout() throws {
        let folder = try MagpieTestSupport.TemporaryFolder()
        let store = try Self.store("layout-2", in: folder)
        defer { try? store.close() }
        #expect(try store.all().map(\.eventId) == ["first", "second"])
        let tables = try store.outsideTables()
        try #require(tables.map(\.name) == ["stock"] && tables[0].columns == ["margin", "stock"])
        let key = ItemID("first").key.raw
        #expect(tables[0].row(of: key, at: Timestamp(milliseconds: 4_999)).map { tables[0][$0, 1] } == 12)
        #expect(tables[0].row(of: key, at: Timestamp(milliseconds: 5_000)).map { tables[0][$0, 1].isNaN } == true)
    }

    @Test func aNewerLayoutIsRefusedWithTheRemedy() throws {
        let home = try TemporaryStore()
        try home.store.close()
        // The layout's number is SQLite's user_version: four bytes at offset 60 of the file.
        var bytes = try Data(contentsOf: home.file)
        bytes[63] = 9
        let newer = home.folder.appendingPathComponent("newer.sqlite")
        try bytes.write(to: newer)
        let error = #expect(throws: StoreError.self) { try SQLiteStore(newer) }
        #expect(error == .newerSchema(path: newer.path, got: 9, expected: 2))
        #expect(error?.description.contains("use that version") == true)
    }

    @Test func anythingElseIsNotADatabase() throws {
        let home = try TemporaryStore()
        let text = home.folder.appendingPathComponent("text.sqlite")
        try Data(String(repeating: "not a database ", count: 300).utf8).write(to: text)
        #expect(throws: StoreError.notADatabase(path: text.path)) { try SQLiteStore(text) }
        #expect(throws: StoreError.self) { try SQLiteStore(home.folder.appendingPathComponent("no/such/folder/x")) }
    }
}
