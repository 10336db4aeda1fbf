import GRDB
import MagpieDomain

extension SQLiteStore {
    /// The newest number ever given: an erasure leaves it as it is, so that who follows the log never goes back.
    public func lastSeq() throws -> Int64 { try lastNumber(of: "events") }

    func lastNumber(of table: String) throws -> Int64 {
        try reading { db in
            let row = try RawStatement(cachedIn: db, "SELECT seq FROM sqlite_sequence WHERE name = ?")
            defer { row.reset() }
            row.bind(1, table)
            return try row.step() ? row.int64(0) : 0
        }
    }

    public func read(after seq: Int64, through: Int64, _ body: (Event) throws -> Void) throws {
        try reading { db in
            let row = try RawStatement(cachedIn: db, EventRow.select + " WHERE seq > ? AND seq <= ? ORDER BY seq")
            defer { row.reset() }
            row.bind(1, seq)
            row.bind(2, through)
            var names = EventRow.RepeatedText()
            while try row.step() { try body(EventRow.event(row, names: &names)) }
        }
    }

    /// How many events the log holds, and the times of the earliest and the latest; nil when it is empty.
    /// Reads the whole log.
    public func extent() throws -> (events: Int, earliest: Timestamp, latest: Timestamp)? {
        try reading { db in
            let row = try RawStatement(db, "SELECT COUNT(*), MIN(time), MAX(time) FROM events")
            guard try row.step(), !row.isNull(1) else { return nil }
            return (
                Int(row.int64(0)), Timestamp(milliseconds: row.int64(1)), Timestamp(milliseconds: row.int64(2))
            )
        }
    }
}
