import GRDB
import MagpieDomain

/// What one ``SQLiteStore/loadOutside(table:entity:_:)`` did.
public struct OutsideLoadReport: Sendable, Equatable {
    public var loaded = 0
    /// Rows that were there already, with the same values.
    public var known = 0

    public init(loaded: Int = 0, known: Int = 0) {
        self.loaded = loaded
        self.known = known
    }
}

extension SQLiteStore: OutsideTables {
    /// Appends rows to a table in ONE transaction: if `body` throws, nothing is written. A table is there from its first
    /// row on.
    @discardableResult
    public func loadOutside(
        table name: String, entity: OutsideTable.EntityKind, _ body: (OutsideLoad) throws -> Void
    ) throws -> OutsideLoadReport {
        try writing { db in
            let other = try String.fetchOne(
                db, sql: "SELECT entity FROM outside_rows WHERE name = ? AND entity <> ? LIMIT 1",
                arguments: [name, entity.rawValue])
            if let other {
                throw StoreError.outsideEntity(table: name, got: entity.rawValue, expected: other)
            }
            let load = try OutsideLoad(db, name, entity)
            try body(load)
            return load.report
        }
    }

    public func outsideTables() throws -> [OutsideTable] {
        try reading { db in
            var tables = try OutsideRows.empty(db)
            // As unsigned numbers, which is how keys are ordered.
            let row = try RawStatement(
                db,
                """
                SELECT name, key, valid_from, received_at, "values" FROM outside_rows
                ORDER BY name, key < 0, key, valid_from, received_at
                """)
            var at = 0
            while try row.step() {
                let name = row.text(0) ?? ""
                while at < tables.count, tables[at].name != name { at += 1 }
                guard at < tables.count else { break }
                tables[at].append(
                    key: UInt64(bitPattern: row.int64(1)), validFrom: Timestamp(milliseconds: row.int64(2)),
                    receivedAt: Timestamp(milliseconds: row.int64(3)),
                    values: try OutsideRows.values(row, 4, columns: tables[at].columns, table: name))
            }
            return tables
        }
    }
}

/// An open load of rows into one table.
public final class OutsideLoad {
    private let name: String
    private let entity: OutsideTable.EntityKind
    private let find: RawStatement
    private let insert: RawStatement
    fileprivate private(set) var report = OutsideLoadReport()

    fileprivate init(_ db: Database, _ name: String, _ entity: OutsideTable.EntityKind) throws {
        self.name = name
        self.entity = entity
        find = try RawStatement(
            db, "SELECT \"values\" FROM outside_rows WHERE name = ? AND key = ? AND valid_from = ? AND received_at = ?")
        insert = try RawStatement(db, "INSERT INTO outside_rows VALUES (?, ?, ?, ?, ?, ?, ?)")
    }

    /// - Throws: ``StoreError/invalidOutsideRow(problem:)``; the caller may go on with the next row.
    public func append(_ row: OutsideRow) throws {
        let key = entity == .item ? ItemID(row.entity).key.raw : UserID(row.entity).key.raw
        let values = try OutsideRows.text(row.values)
        find.bind(1, name)
        find.bind(2, Int64(bitPattern: key))
        find.bind(3, row.validFrom.milliseconds)
        find.bind(4, row.receivedAt.milliseconds)
        defer { find.reset() }
        if try find.step() {
            guard find.text(0) == values else {
                throw StoreError.invalidOutsideRow(
                    problem: "the table has other values of \"\(row.entity)\" with this valid_from and received: "
                        + "give a correction its own, later received")
            }
            report.known += 1
            return
        }
        insert.bind(1, name)
        insert.bind(2, entity.rawValue)
        insert.bind(3, Int64(bitPattern: key))
        insert.bind(4, row.entity)
        insert.bind(5, row.validFrom.milliseconds)
        insert.bind(6, row.receivedAt.milliseconds)
        insert.bind(7, values)
        try insert.run()
        report.loaded += 1
    }
}

/// Rows as text: `{"margin":0.3,"stock":null}`, names ascending by bytes.
private enum OutsideRows {
    static func text(_ values: [String: Double?]) throws -> String {
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return JSONTree.object(
            try names.map { name in
                guard let value = values[name] ?? nil else { return .init(name, .null) }
                guard value.isFinite else {
                    throw StoreError.invalidOutsideRow(problem: "\"\(name)\" is \(value): leave it empty instead")
                }
                return .init(name, .number(value))
            }
        ).text
    }

    /// The tables with their columns, ascending by name, without rows.
    static func empty(_ db: Database) throws -> [OutsideTable] {
        let row = try RawStatement(
            db,
            """
            SELECT DISTINCT outside_rows.name, outside_rows.entity, json_each.key
            FROM outside_rows, json_each(outside_rows."values") ORDER BY 1, 3
            """)
        var tables: [OutsideTable] = []
        while try row.step() {
            guard let name = row.text(0), let column = row.text(2),
                let entity = row.text(1).flatMap(OutsideTable.EntityKind.init)
            else { continue }
            if tables.last?.name != name { tables.append(OutsideTable(name: name, entity: entity, columns: [])) }
            tables[tables.count - 1].columns.append(column)
        }
        return tables
    }

    static func values(_ row: RawStatement, _ column: Int32, columns: [String], table: String) throws -> [Float] {
        var values = [Float](repeating: .nan, count: columns.count)
        guard let bytes = row.bytes(column), case .object(let members)? = try? JSONTree(bytes) else {
            throw StoreError.unreadableRow(
                table: "outside_rows", seq: 0, problem: "\(table): values are no JSON object")
        }
        for member in members {
            if case .number(let number) = member.value, let place = columns.firstIndex(of: member.name) {
                let value = Float(number)
                values[place] = value.isFinite ? value : .nan
            }
        }
        return values
    }
}
