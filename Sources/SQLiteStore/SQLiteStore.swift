import Foundation
import GRDB
import MagpieDomain

/// The event log and the catalogue in one SQLite file (WAL): the embedded default for one machine.
///
/// Any number of threads read while one writes; a reader sees the moment at which its read began. Every
/// write is one transaction: a crash, an error or a killed process leaves the file as it was before. Two
/// processes may open the file, but only one should write (the home's lock sees to it); a second writer
/// waits five seconds and then gets ``StoreError/busy(path:)``.
///
///     let store = try SQLiteStore(url)
///     try store.append([event])
///     try store.read(after: 0, through: store.lastSeq()) { print($0) }
///
/// What an append returned of is on the disk (`synchronous = FULL`): a power cut loses nothing that was acknowledged.
public final class SQLiteStore: EventLog, Catalogue, Sendable {
    let pool: DatabasePool
    let path: String

    /// Opens the file, makes it when it is absent, and brings an older layout up to date.
    /// - Throws: ``StoreError``: not a database, a newer layout, no permission.
    public init(_ url: URL) throws {
        path = url.path
        var configuration = Configuration()
        configuration.label = "magpie"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -65536")
            try db.execute(sql: "PRAGMA temp_store = FILE")
            try db.execute(sql: "PRAGMA threads = 2")  // an index over millions of rows is sorted by two helpers
        }
        do {
            pool = try DatabasePool(path: url.path, configuration: configuration)
            let migrator = Migrations.migrator()
            let (version, isSuperseded) = try pool.read { db in
                (try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0, try migrator.hasBeenSuperseded(db))
            }
            if version > Migrations.current || isSuperseded {
                throw StoreError.newerSchema(
                    path: url.path, got: max(version, Migrations.current + 1), expected: Migrations.current)
            }
            try migrator.migrate(pool)
            // GRDB's pools say NORMAL, which may lose the last commits with the power.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        } catch {
            throw StoreError.translated(error, path: url.path)
        }
    }

    /// Closes the file. Later calls throw.
    public func close() throws {
        try translating { try pool.close() }
    }

    func translating<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch { throw StoreError.translated(error, path: path) }
    }

    /// Every read is one statement and so one moment by itself; the reentrant call lets a caller read
    /// something else while it looks at a row.
    func reading<T>(_ body: (Database) throws -> T) throws -> T {
        try translating { try pool.unsafeReentrantRead(body) }
    }

    /// One transaction that takes the write lock at its start.
    func writing<T>(_ body: (Database) throws -> T) throws -> T {
        try translating {
            try pool.writeWithoutTransaction { db in
                // Kept prepared: live events come in hundreds of transactions a second.
                try db.cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
                do {
                    let result = try body(db)
                    try db.cachedStatement(sql: "COMMIT TRANSACTION").execute()
                    return result
                } catch {
                    // (SQLite has taken some errors for the end of the transaction, such as a full disk.)
                    if db.isInsideTransaction { try? db.rollback() }
                    throw error
                }
            }
        }
    }

    /// Copies what the log of recent writes holds into the file and empties it, if no reader is in the way.
    func checkpoint() {
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }
}
