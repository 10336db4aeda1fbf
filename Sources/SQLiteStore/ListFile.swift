import Foundation
import GRDB
import MagpieDomain

/// Lists made ahead of time in an SQLite file of their own (WAL): they outlive the log and the bundles that made them.
///
/// One table: `lists(scenario, user_key, user, bundle, made_at, expires_at, is_read, items)`, where `items` is the JSON that
/// is shown, `[{"id": "2571", "score": 1.25, "title": "The Matrix (1999)"}]`. A list is read in one step of one prepared
/// statement.
public final class ListFile: PrecomputedLists, Sendable {
    private let pool: DatabasePool
    private let path: String
    static let layout = 1

    /// Opens the file, or makes it.
    /// - Throws: ``StoreError``: not a database, a newer layout, no permission.
    public init(_ url: URL) throws {
        path = url.path
        var configuration = Configuration()
        configuration.label = "magpie.lists"
        configuration.busyMode = .timeout(5)
        do {
            pool = try DatabasePool(path: url.path, configuration: configuration)
            let version = try pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard version <= Self.layout else {
                throw StoreError.newerSchema(path: url.path, got: version, expected: Self.layout)
            }
            if version == 0 { try pool.write { try $0.execute(sql: Self.schema) } }
        } catch {
            throw StoreError.translated(error, path: url.path)
        }
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS lists (
            scenario TEXT NOT NULL,
            user_key INTEGER NOT NULL,
            user TEXT NOT NULL,
            bundle TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            is_read INTEGER NOT NULL DEFAULT 0,
            items TEXT NOT NULL,
            PRIMARY KEY (scenario, user_key)
        ) WITHOUT ROWID;
        PRAGMA user_version = \(layout);
        """

    public func close() throws { try translating { try pool.close() } }

    private func translating<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch { throw StoreError.translated(error, path: path) }
    }

    private static let columns = "user, user_key, scenario, bundle, made_at, expires_at, items"

    public func list(of user: UserKey, scenario: String, at now: Timestamp) throws -> PrecomputedList? {
        try translating {
            try pool.read { db in
                let row = try RawStatement(
                    cachedIn: db,
                    "SELECT \(Self.columns) FROM lists WHERE scenario = ? AND user_key = ? AND expires_at > ?")
                defer { row.reset() }
                row.bind(1, scenario)
                row.bind(2, Int64(bitPattern: user.raw))
                row.bind(3, now.milliseconds)
                return try row.step() ? Self.list(row) : nil
            }
        }
    }

    public func put(_ lists: [PrecomputedList]) throws {
        try translating {
            try pool.write { db in
                let row = try RawStatement(
                    cachedIn: db,
                    """
                    INSERT OR REPLACE INTO lists (\(Self.columns), is_read) VALUES (?, ?, ?, ?, ?, ?, ?, 0)
                    """)
                for list in lists {
                    row.bind(1, list.user)
                    row.bind(2, Int64(bitPattern: list.key.raw))
                    row.bind(3, list.scenario)
                    row.bind(4, list.bundle)
                    row.bind(5, list.madeAt.milliseconds)
                    row.bind(6, list.expiresAt.milliseconds)
                    row.bind(7, list.itemsJSON.text)
                    try row.run()
                }
            }
        }
    }

    public func markRead(_ keys: [(user: UserKey, scenario: String)]) throws {
        try translating {
            try pool.write { db in
                let row = try RawStatement(
                    cachedIn: db, "UPDATE lists SET is_read = 1 WHERE scenario = ? AND user_key = ?")
                for key in keys {
                    row.bind(1, key.scenario)
                    row.bind(2, Int64(bitPattern: key.user.raw))
                    try row.run()
                }
            }
        }
    }

    public func removeExpired(at now: Timestamp) throws -> (removed: Int, unread: Int) {
        try translating {
            try pool.write { db in
                let unread =
                    try Int.fetchOne(
                        db, sql: "SELECT COUNT(*) FROM lists WHERE expires_at <= ? AND is_read = 0",
                        arguments: [now.milliseconds]) ?? 0
                try db.execute(sql: "DELETE FROM lists WHERE expires_at <= ?", arguments: [now.milliseconds])
                return (db.changesCount, unread)
            }
        }
    }

    public func erase(_ users: Set<UserKey>) throws -> Int {
        try translating {
            try pool.write { db in
                var removed = 0
                for user in users {
                    try db.execute(
                        sql: "DELETE FROM lists WHERE user_key = ?", arguments: [Int64(bitPattern: user.raw)])
                    removed += db.changesCount
                }
                return removed
            }
        }
    }

    public func each(at now: Timestamp, _ body: (PrecomputedList) throws -> Void) throws {
        try translating {
            try pool.unsafeReentrantRead { db in
                let row = try RawStatement(
                    db,
                    """
                    SELECT \(Self.columns) FROM lists WHERE expires_at > ? ORDER BY scenario, user_key
                    """)
                row.bind(1, now.milliseconds)
                while try row.step() { try body(try Self.list(row)) }
            }
        }
    }

    public func summary(at now: Timestamp) throws -> [PrecomputedListSummary] {
        try translating {
            try pool.read { db in
                let row = try RawStatement(
                    db,
                    """
                    SELECT scenario, COUNT(*), SUM(is_read), SUM(expires_at <= ?), MIN(made_at), MAX(made_at)
                    FROM lists GROUP BY scenario ORDER BY scenario
                    """)
                row.bind(1, now.milliseconds)
                var all: [PrecomputedListSummary] = []
                while try row.step() {
                    all.append(
                        PrecomputedListSummary(
                            scenario: row.text(0) ?? "", lists: Int(row.int64(1)), read: Int(row.int64(2)),
                            expired: Int(row.int64(3)), oldest: Timestamp(milliseconds: row.int64(4)),
                            newest: Timestamp(milliseconds: row.int64(5))))
                }
                return all
            }
        }
    }

    // MARK: Rows

    private static func list(_ row: RawStatement) throws -> PrecomputedList {
        guard let bytes = row.bytes(6), case .array(let values)? = try? JSONTree(bytes) else {
            throw StoreError.unreadableRow(table: "lists", seq: row.int64(1), problem: "items are no JSON array")
        }
        return PrecomputedList(
            user: row.text(0) ?? "", key: UserKey(UInt64(bitPattern: row.int64(1))), scenario: row.text(2) ?? "",
            bundle: row.text(3) ?? "", madeAt: Timestamp(milliseconds: row.int64(4)),
            expiresAt: Timestamp(milliseconds: row.int64(5)),
            items: values.compactMap(PrecomputedList.Item.init(json:)))
    }
}
