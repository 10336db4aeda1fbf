import GRDB
import MagpieDomain

extension SQLiteStore {
    /// - Throws: ``StoreError/invalidEvent(id:problem:)``; then none is appended.
    public func append(_ events: [Event]) throws -> AppendReport {
        try writing { db in
            var appender = try EventAppender(db)
            for event in events { try appender.append(event) }
            return appender.report
        }
    }

    public func append(groups: [[Event]]) throws -> [Result<AppendReport, any Error>] {
        guard groups.count != 1 else { return [Result { try append(groups[0]) }] }
        return try writing { db in
            // Prepared once and not a group: thousands of requests a second bring an event each.
            var appender = try EventAppender(db)
            let begin = try RawStatement(cachedIn: db, "SAVEPOINT one_group")
            let release = try RawStatement(cachedIn: db, "RELEASE one_group")
            return try groups.map { events in
                appender.report = AppendReport()
                try begin.run()
                do {
                    for event in events { try appender.append(event) }
                    try release.run()
                    return .success(appender.report)
                } catch let error as StoreError {
                    try db.execute(sql: "ROLLBACK TO one_group; RELEASE one_group")
                    // What one caller sent is wrong: the others' is not. (An error of the file ends the transaction.)
                    return .failure(error)
                }
            }
        }
    }
}

/// Appends event by event against the index of ids: right for live events and small files.
struct EventAppender {
    fileprivate(set) var report = AppendReport()
    private let find: RawStatement
    private let insert: RawStatement
    private let erased: ErasedActors
    private var payload = PayloadHash()

    init(_ db: Database) throws {
        find = try RawStatement(cachedIn: db, EventAppender.findPayload)
        insert = try RawStatement(cachedIn: db, EventRow.insert)
        erased = try ErasedActors(db)
    }

    static let findPayload = "SELECT payload_hash FROM events WHERE event_id = ?"

    mutating func append(_ event: Event) throws {
        try EventRow.check(event)
        try append(event, payloadHash: try payload.hash(event))
    }

    /// Appends an event that has been checked.
    mutating func append(_ event: Event, payloadHash: UInt64) throws {
        if erased.contains(event) { return report.erased += 1 }
        find.bind(1, event.eventId)
        if try find.step() {
            report.countKnown(event.eventId, isSame: UInt64(bitPattern: find.int64(0)) == payloadHash)
            find.reset()
            return
        }
        find.reset()
        try EventRow.bind(event, payloadHash: payloadHash, to: insert)
        try insert.run()
        report.appended += 1
    }
}

extension AppendReport {
    mutating func countKnown(_ id: String, isSame: Bool) {
        if isSame {
            duplicates += 1
        } else {
            conflicts += 1
            if conflictExamples.count < 10 { conflictExamples.append(id) }
        }
    }
}
