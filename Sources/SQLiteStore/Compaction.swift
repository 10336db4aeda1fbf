import GRDB
import MagpieDomain

extension SQLiteStore {
    /// Removes events that happened before `moment` and gives their room back to the file system, which needs as much
    /// free room for a while as the file then has. Sequence numbers stay as they are, and are never given again.
    /// - Returns: how many events were removed.
    public func forget(before moment: Timestamp) throws -> Int {
        let removed = try writing { db in
            try db.execute(sql: "DELETE FROM events WHERE time < ?", arguments: [moment.milliseconds])
            return db.changesCount
        }
        if removed > 0 {
            try translating { try pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM") } }
            checkpoint()
        }
        return removed
    }

    /// How many events happened before `moment`.
    public func count(before moment: Timestamp) throws -> Int {
        try reading { db in
            try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM events WHERE time < ?", arguments: [moment.milliseconds]) ?? 0
        }
    }
}
