import GRDB

/// The layout of the store's file, by number. A migration that was ever released is never edited: the next
/// change is the next number, and `Tests/SQLiteStore/Golden` keeps one database of each.
///
/// | table | a row is | key |
/// |---|---|---|
/// | `events` | one ``Event``, fields by the same names; `context`, `properties` as typed JSON | `seq`, never given twice |
/// | `item_revisions`, `user_revisions` | one ``Revision``; `patch` is typed JSON, NULL for a tombstone | `seq`, likewise |
/// | `attribute_types` | the type of one attribute, in ``AttributeType``'s notation | entity, name |
/// | `outside_rows` (layout 2) | one row of an ``OutsideTable``; `values` is JSON of numbers and nulls | name, key, valid from, received |
/// | `erasures` | the key of a person who was erased, when, and the log's last `seq` then | `seq` |
///
/// `events_by_id` covers (id, hash of the payload), so that "known, and the same?" is answered without the
/// table. Times are UTC milliseconds, keys the 64-bit hashes of ``EntityID/key``.
enum Migrations {
    static let current = 2

    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: firstLayout)
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: outsideRows)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        return migrator
    }

    static let createEventIndex = "CREATE UNIQUE INDEX events_by_id ON events(event_id, payload_hash)"
    static let dropEventIndex = "DROP INDEX events_by_id"

    private static let firstLayout = """
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            event_id TEXT NOT NULL,
            payload_hash INTEGER NOT NULL,
            kind TEXT NOT NULL,
            user_id TEXT,
            anonymous_id TEXT,
            session_id TEXT,
            item_id TEXT,
            value REAL,
            quantity REAL,
            unit_price REAL,
            currency TEXT,
            time INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            request_id TEXT,
            position INTEGER,
            surface TEXT,
            query TEXT,
            context TEXT,
            properties TEXT,
            source TEXT NOT NULL,
            schema_version INTEGER NOT NULL
        );
        \(createEventIndex);
        CREATE TABLE item_revisions (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            key INTEGER NOT NULL,
            id TEXT NOT NULL,
            valid_from INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            patch TEXT
        );
        CREATE INDEX item_revisions_by_key ON item_revisions(key, seq);
        CREATE TABLE user_revisions (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            key INTEGER NOT NULL,
            id TEXT NOT NULL,
            valid_from INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            patch TEXT
        );
        CREATE INDEX user_revisions_by_key ON user_revisions(key, seq);
        CREATE TABLE attribute_types (
            entity TEXT NOT NULL,
            name TEXT NOT NULL,
            type TEXT NOT NULL,
            PRIMARY KEY (entity, name)
        ) WITHOUT ROWID;
        CREATE TABLE erasures (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            actor_key INTEGER NOT NULL,
            time INTEGER NOT NULL,
            log_seq INTEGER NOT NULL
        );
        """

    private static let outsideRows = """
        CREATE TABLE outside_rows (
            name TEXT NOT NULL,
            entity TEXT NOT NULL,
            key INTEGER NOT NULL,
            id TEXT NOT NULL,
            valid_from INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            "values" TEXT NOT NULL,
            PRIMARY KEY (name, key, valid_from, received_at)
        ) WITHOUT ROWID;
        """
}
