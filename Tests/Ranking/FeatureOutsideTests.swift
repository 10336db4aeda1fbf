import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct FeatureOutsideTests {
    let shelf: Shelf
    let folder: TemporaryFolder

    init() throws {
        shelf = try Shelf()
        folder = try TemporaryFolder()
    }

    private struct Row {
        var key: UInt64
        var validFrom: Int64
        var received: Int64
        var value: Float
    }

    private func rows(_ random: inout RandomSource, keys: [UInt64]) -> [Row] {
        (0..<40).map { n in
            Row(
                key: keys[random.below(keys.count)], validFrom: Int64(random.below(50)),
                received: Int64(random.below(60)), value: Float(n))
        }.sorted { ($0.key, $0.validFrom, $0.received, $0.value) < ($1.key, $1.validFrom, $1.received, $1.value) }
    }

    private func table(_ rows: [Row], _ entity: OutsideTable.EntityKind) -> OutsideTable {
        var table = OutsideTable(name: "t", entity: entity, columns: ["one", "two"])
        for row in rows {
            table.append(
                key: row.key, validFrom: Timestamp(milliseconds: row.validFrom),
                receivedAt: Timestamp(milliseconds: row.received), values: [row.value, .nan])
        }
        return table
    }

    /// The newest row that held and was known; nothing of what came late.
    @Test(arguments: UInt64(0)..<40) func joinedAsOfTheMoment(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let keys = (0..<5).map { shelf.table.key(of: ItemIndex($0)).raw }
        let rows = rows(&random, keys: keys)
        let table = table(rows, .item)
        for now in Int64(-1)..<62 {
            for key in keys + [1] {
                let seen = rows.filter { $0.key == key && $0.validFrom <= now && $0.received <= now }.last
                let row = table.row(of: key, at: Timestamp(milliseconds: now))
                #expect(row.map { table[$0, 0] } == seen?.value)
            }
        }
    }

    @Test func columnsOfItemsAndOfTheUser() {
        let rows = [Row(key: shelf.table.key(of: 1).raw, validFrom: 5, received: 7, value: 3)]
        let items = OutsideColumns(table: table(rows, .item))
        #expect(items.columns == ["table.t.one", "table.t.two"])
        func values(_ feature: OutsideColumns, at now: Int64, user: UserKey? = nil) -> [Float] {
            var context = shelf.context(items: [0, 1], now: Timestamp(milliseconds: now))
            context.user = user
            return FeatureCatalogue(features: [feature]).matrix(context).values
        }
        #expect(same(values(items, at: 7), [.nan, .nan, 3, .nan]))
        #expect(unknown(values(items, at: 6)))
        let users = OutsideColumns(
            table: table(
                [
                    Row(key: 9, validFrom: 5, received: 5, value: 4),
                    Row(key: 9, validFrom: 6, received: 8, value: .infinity),
                ], .user))
        #expect(same(values(users, at: 7, user: UserKey(9)), [4, .nan, 4, .nan]))
        #expect(unknown(values(users, at: 7)) && unknown(values(users, at: 8, user: UserKey(9))))
    }

    @Test func asAnArtifact() throws {
        var random = RandomSource(seed: 2)
        let tables = [
            table(rows(&random, keys: [3, 1, .max]), .item), OutsideTable(name: "empty", entity: .user, columns: ["c"]),
        ]
        let url = folder.file("outside.safetensors")
        try OutsideFile.write(tables, to: url)
        let read = try OutsideFile.read(url)
        #expect(read.map(\.name) == ["t", "empty"] && read.map(\.entity) == [.item, .user])
        #expect(read[0].keys == tables[0].keys && same(read[0].values, tables[0].values))
        #expect(read[0].validFrom == tables[0].validFrom && read[0].receivedAt == tables[0].receivedAt)

        // A bundle knows its own columns; the home may have more rows, other columns, other tables.
        var live = OutsideTable(name: "t", entity: .item, columns: ["new", "two"])
        live.append(key: 5, validFrom: .distantPast, receivedAt: .distantPast, values: [1, 2])
        let updated = OutsideFile.updated(read, by: [live, OutsideTable(name: "z", entity: .item, columns: ["c"])])
        #expect(updated.map(\.columns) == read.map(\.columns) && updated[0].keys == [5])
        #expect(same(updated[0].values, [.nan, 2]))
        let other = OutsideFile.updated(read, by: [OutsideTable(name: "t", entity: .user, columns: ["one"])])
        #expect(other[0].keys == read[0].keys)
    }

    @Test func damageIsAnErrorOrAnAnswer() throws {
        var random = RandomSource(seed: 2)
        let url = folder.file("outside.safetensors")
        try OutsideFile.write([table(rows(&random, keys: [3, 1]), .user)], to: url)
        let original = try Data(contentsOf: url)
        func use() throws {
            for table in try OutsideFile.read(url) {
                var context = shelf.context(items: [0, 1], now: Timestamp(milliseconds: 50))
                context.user = UserKey(3)
                _ = FeatureCatalogue(features: [OutsideColumns(table: table)]).matrix(context)
            }
        }
        for length in stride(from: 0, to: original.count, by: 31) {
            try original.prefix(length).write(to: url)
            #expect(throws: (any Error).self, "cut at \(length)") { try use() }
        }
        for at in stride(from: 0, to: original.count, by: 3) {
            for change: UInt8 in [0x01, 0x80] {
                var bytes = original
                bytes[at] ^= change
                try bytes.write(to: url)
                do { try use() } catch { #expect(!"\(error)".contains("\n"), "byte \(at)") }
            }
        }
    }
}
