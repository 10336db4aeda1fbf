import Foundation
import MagpieDomain
import MagpieSQLiteStore
import Testing

@Suite struct OutsideRowsTests {
    let home: TemporaryStore
    init() throws { home = try TemporaryStore() }

    private func row(
        _ entity: String, _ validFrom: Int64, _ received: Int64, _ values: [String: Double?]
    ) -> OutsideRow {
        OutsideRow(
            entity: entity, validFrom: Timestamp(milliseconds: validFrom),
            receivedAt: Timestamp(milliseconds: received), values: values)
    }

    private func load(
        _ rows: [OutsideRow], _ name: String = "stock", _ entity: OutsideTable.EntityKind = .item
    ) throws -> OutsideLoadReport {
        try home.store.loadOutside(table: name, entity: entity) { load in for row in rows { try load.append(row) } }
    }

    @Test func rowsComeBackInOrder() throws {
        let rows = [
            row("b", 5, 9, ["stock": 3, "margin": nil]), row("a", 5, 5, ["stock": 1]), row("b", 5, 6, ["stock": 2]),
            row("b", -4, 6, ["margin": 0.5]),
        ]
        #expect(try load(rows) == OutsideLoadReport(loaded: 4, known: 0))
        #expect(try load([row("u", 1, 1, ["score": 7])], "churn", .user).loaded == 1)
        let tables = try home.store.outsideTables()
        #expect(tables.map(\.name) == ["churn", "stock"] && tables.map(\.entity) == [.user, .item])
        let stock = tables[1]
        #expect(stock.columns == ["margin", "stock"] && stock.rowCount == 4)
        let isAscending = zip(stock.keys, stock.keys.dropFirst()).allSatisfy { $0 <= $1 }
        #expect(isAscending && Set(stock.keys) == Set(["a", "b"].map { ItemID($0).key.raw }))
        func value(_ id: ItemID, at now: Int64, _ column: Int) -> Float? {
            stock.row(of: id.key.raw, at: Timestamp(milliseconds: now)).map { stock[$0, column] }
        }
        #expect(value("b", at: 8, 1) == 2 && value("b", at: 9, 1) == 3 && value("a", at: 4, 1) == nil)
        #expect(value("b", at: 5, 1) == nil && value("b", at: 6, 1) == 2 && value("b", at: 9, 0)?.isNaN == true)
    }

    /// Keys are unsigned, SQLite's numbers are not.
    @Test func keysOfEitherSign() throws {
        let ids = (0..<200).map { "item-\($0)" }
        #expect(try load(ids.map { row($0, 1, 1, ["x": 1]) }).loaded == 200)
        let table = try #require(try home.store.outsideTables().first)
        #expect(table.keys == ids.map { ItemID($0).key.raw }.sorted())
        for id in ids { #expect(table.row(of: ItemID(id).key.raw, at: Timestamp(milliseconds: 1)) != nil) }
    }

    @Test func againChangesNothingAndACorrectionNeedsItsOwnMoment() throws {
        let rows = [row("a", 5, 5, ["stock": 1, "other": nil]), row("a", 5, 6, ["stock": 2])]
        #expect(try load(rows) == OutsideLoadReport(loaded: 2, known: 0))
        func stored() throws -> [UInt64] {
            // By bits, for NaN equals nothing.
            try home.store.outsideTables().flatMap { $0.keys + $0.values.map { UInt64($0.bitPattern) } }
        }
        let before = try stored()
        #expect(try load(rows + [rows[0]]) == OutsideLoadReport(loaded: 0, known: 3))
        let error = #expect(throws: StoreError.self) {
            try load([row("z", 1, 1, ["stock": 1]), row("a", 5, 5, ["stock": 9])])
        }
        #expect(error?.description.contains("later received") == true)
        // All or nothing.
        #expect(try stored() == before)
        let kind = #expect(throws: StoreError.self) { try load(rows, "stock", .user) }
        #expect(kind == .outsideEntity(table: "stock", got: "user", expected: "item"))
        #expect(throws: StoreError.self) { try load([row("a", 7, 7, ["stock": .infinity])]) }
    }

    @Test func erasureTakesAPersonsRows() throws {
        _ = try load([row("u", 1, 1, ["score": 1]), row("v", 1, 1, ["score": 2])], "churn", .user)
        _ = try load([row("u", 1, 1, ["stock": 1])])
        _ = try home.store.erase(user: "u", at: Timestamp(milliseconds: 9)) { _ in }
        let tables = try home.store.outsideTables()
        #expect(tables.map(\.rowCount) == [1, 1] && tables[0].keys == [UserID("v").key.raw])
    }
}
