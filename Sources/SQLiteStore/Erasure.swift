import GRDB
import MagpieDomain

extension SQLiteStore {
    /// Also removes the user's rows of outside tables, and what was done under anonymous ids that an `identify` event joined to the user, unless a row
    /// names another user. Reads the whole log. The freed pages are overwritten and the write-ahead log is
    /// emptied, so that the file no longer holds the text.
    ///
    /// The key stays as a row (``erasures(after:)``): state and bundles made before can forget the person, and an
    /// import does not bring back what was received before.
    /// - Returns: the number of events removed.
    public func erase(user: UserID, at time: Timestamp, _ body: (Event) throws -> Void) throws -> Int {
        let removed = try writing { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            let anonymous = try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT anonymous_id FROM events
                    WHERE kind = ? AND user_id = ? AND anonymous_id IS NOT NULL ORDER BY anonymous_id
                    """, arguments: [Event.identifyKind, user.string])
            try db.execute(sql: "CREATE TEMP TABLE joined (id TEXT PRIMARY KEY) WITHOUT ROWID")
            for id in anonymous { try db.execute(sql: "INSERT INTO temp.joined VALUES (?)", arguments: [id]) }

            let row = try RawStatement(
                db,
                EventRow.select + """
                     WHERE user_id = ? OR user_id IS NULL AND anonymous_id IN (SELECT id FROM temp.joined) ORDER BY seq
                    """)
            row.bind(1, user.string)
            var numbers: [Int64] = []
            var names = EventRow.RepeatedText()
            while try row.step() {
                numbers.append(row.int64(0))
                try body(EventRow.event(row, names: &names))
            }
            row.reset()
            let delete = try RawStatement(db, "DELETE FROM events WHERE seq = ?")
            for number in numbers {
                delete.bind(1, number)
                try delete.run()
            }
            try db.execute(
                sql: "DELETE FROM user_revisions WHERE key = ? AND id = ?",
                arguments: [Int64(bitPattern: user.key.raw), user.string])
            try db.execute(
                sql: "DELETE FROM outside_rows WHERE entity = 'user' AND key = ? AND id = ?",
                arguments: [Int64(bitPattern: user.key.raw), user.string])
            let lastSeq =
                try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0
            for actor in [user.key] + anonymous.map({ Event.anonymousKey(UserID($0)) }) {
                try db.execute(
                    sql: "INSERT INTO erasures (actor_key, time, log_seq) VALUES (?, ?, ?)",
                    arguments: [Int64(bitPattern: actor.raw), time.milliseconds, lastSeq])
            }
            try db.execute(sql: "DROP TABLE temp.joined")
            return numbers.count
        }
        checkpoint()
        return removed
    }

    /// The keys of those who were erased when the log had reached `seq` or more, in that order: of users
    /// (``EntityID/key``) and of the anonymous ids joined to them (``Event/anonymousKey(_:)``).
    public func erasures(after seq: Int64) throws -> [UserKey] {
        try reading { db in
            let row = try RawStatement(db, "SELECT actor_key FROM erasures WHERE log_seq >= ? ORDER BY seq")
            row.bind(1, seq)
            var keys: [UserKey] = []
            while try row.step() { keys.append(UserKey(UInt64(bitPattern: row.int64(0)))) }
            return keys
        }
    }
}

/// Who was erased, and when last: what an append leaves out.
struct ErasedActors {
    private var times: [UserKey: Timestamp] = [:]

    init(_ db: Database) throws {
        let row = try RawStatement(db, "SELECT actor_key, MAX(time) FROM erasures GROUP BY actor_key")
        while try row.step() {
            times[UserKey(UInt64(bitPattern: row.int64(0)))] = Timestamp(milliseconds: row.int64(1))
        }
    }

    /// An event received up to the erasure is gone for good; somebody who comes back later is welcome.
    func contains(_ event: Event) -> Bool {
        guard !times.isEmpty, let actor = event.actor, let time = times[actor] else { return false }
        return event.receivedAt <= time
    }
}
