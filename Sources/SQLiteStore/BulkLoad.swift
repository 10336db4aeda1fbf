import GRDB
import MagpieDomain

/// What one ``SQLiteStore/bulkLoad(_:)`` did.
public struct LoadReport: Sendable, Equatable {
    public var events = AppendReport()
    public var itemRevisions = 0
    public var userRevisions = 0
}

extension SQLiteStore {
    /// Loads millions of rows in ONE transaction: if `body` throws or the process dies, nothing is written.
    ///
    ///     let (rows, report) = try store.bulkLoad { load in
    ///         while let event = try reader.next() { try load.append(event) }
    ///     }
    @discardableResult
    public func bulkLoad<T>(_ body: (BulkLoad) throws -> T) throws -> (result: T, report: LoadReport) {
        let loaded = try writing { db in
            let load = try BulkLoad(db)
            let result = try body(load)
            return (result, try load.finish())
        }
        checkpoint()  // the write-ahead log would stay as long as the load was
        return loaded
    }
}

/// An open bulk load. Rows get their `seq` in the order of the calls.
///
/// What costs in a load is the index of ids: kept up to date row by row it makes the load seven times slower. So:
/// 1. The first 20,000 events for a log that is not empty are held back. If no more come, each is looked up in
///    the index: a small file costs little however long the log is.
/// 2. Otherwise what is known is read into memory once, as two 64-bit hashes an event (id, payload). An event
///    whose id hash is new is appended; one whose two hashes are known is a duplicate (128 bits, as many as a
///    generated id has).
/// 3. When the load is large beside the log, the index is dropped and made anew at the end.
/// 4. A known id hash with another payload is a conflict, or (once in a very long while) another id. Those rows
///    wait in a temporary table and are decided at the end by the ids themselves.
public final class BulkLoad {
    private static let heldBack = 20_000

    private let db: Database
    private let insert: RawStatement
    private let erased: ErasedActors
    private var payload = PayloadHash()
    private var report = AppendReport()

    private var held: [(event: Event, payloadHash: UInt64)] = []
    private var known: FingerprintTable<UInt64>?
    private var isIndexed = true
    private let lastSeq: Int64
    private var undecided: RawStatement?

    private let items: RevisionWriter<Item>
    private let users: RevisionWriter<User>

    init(_ db: Database) throws {
        self.db = db
        insert = try RawStatement(db, EventRow.insert)
        erased = try ErasedActors(db)
        lastSeq = try Int64.fetchOne(db, sql: "SELECT MAX(seq) FROM events") ?? 0
        items = try RevisionWriter(db)
        users = try RevisionWriter(db)
    }

    // MARK: The caller's part

    /// - Throws: ``StoreError/invalidEvent(id:problem:)``; the caller may go on with the next event.
    public func append(_ event: Event) throws {
        try EventRow.check(event)
        let payloadHash = try payload.hash(event)
        if erased.contains(event) { return report.erased += 1 }
        if known == nil {
            if lastSeq > 0, held.count < Self.heldBack { return held.append((event, payloadHash)) }
            try readKnown()
            for (event, payloadHash) in held { try load(event, payloadHash) }
            held = []
        }
        try load(event, payloadHash)
    }

    /// Whether it was appended: a revision that changes nothing is not.
    /// - Throws: ``CatalogueError``; the caller may go on with the next revision.
    @discardableResult
    public func append(_ revision: Revision<Item>) throws -> Bool { try items.append(revision) }

    @discardableResult
    public func append(_ revision: Revision<User>) throws -> Bool { try users.append(revision) }

    /// Fixes the types of attributes before the first value comes, e.g. a text's language.
    /// - Throws: ``CatalogueError/typeChange(attribute:got:expected:)`` where the home knows another type.
    public func declare(items types: [String: AttributeType]) throws { try items.declare(types) }
    public func declare(users types: [String: AttributeType]) throws { try users.declare(types) }

    // MARK: Events

    private func load(_ event: Event, _ payloadHash: UInt64) throws {
        guard let known else { preconditionFailure("loaded before what is known was read") }
        let slot = known.slot(for: StableHash.xxh64(event.eventId, seed: 2))
        if slot.isNew {
            slot.value.pointee = payloadHash
            try EventRow.bind(event, payloadHash: payloadHash, to: insert)
            try insert.run()
            report.appended += 1
            if isIndexed, report.appended >= 50_000, report.appended >= Int(lastSeq) / 8 { try dropIndex() }
        } else if slot.value.pointee == payloadHash {
            report.duplicates += 1
        } else {
            try postpone(event, payloadHash)
        }
    }

    private func readKnown() throws {
        let table = FingerprintTable<UInt64>(expecting: Int(lastSeq), empty: 0)
        known = table
        guard lastSeq > 0 else { return try dropIndex() }
        let row = try RawStatement(db, "SELECT event_id, payload_hash FROM events INDEXED BY events_by_id")
        while try row.step() {
            guard let id = row.bytes(0) else { continue }
            let slot = table.slot(for: StableHash.xxh64(UnsafeRawBufferPointer(id), seed: 2))
            if slot.isNew { slot.value.pointee = UInt64(bitPattern: row.int64(1)) }
        }
    }

    private func dropIndex() throws {
        try db.execute(sql: Migrations.dropEventIndex)
        isIndexed = false
    }

    private func postpone(_ event: Event, _ payloadHash: UInt64) throws {
        if undecided == nil {
            try db.execute(sql: "CREATE TEMP TABLE undecided (\(EventRow.columns))")
            undecided = try RawStatement(
                db, EventRow.insert.replacing("INSERT INTO events", with: "INSERT INTO temp.undecided"))
        }
        guard let undecided else { return }
        try EventRow.bind(event, payloadHash: payloadHash, to: undecided)
        try undecided.run()
    }

    // MARK: The end

    func finish() throws -> LoadReport {
        known = nil  // its memory goes to the sort of the index
        if !isIndexed { try db.execute(sql: Migrations.createEventIndex) }
        if !held.isEmpty {
            var appender = try EventAppender(db)
            for (event, payloadHash) in held { try appender.append(event, payloadHash: payloadHash) }
            report.add(appender.report)
        }
        if undecided != nil { try decide() }
        return LoadReport(events: report, itemRevisions: items.appended, userRevisions: users.appended)
    }

    private func decide() throws {
        let find = try RawStatement(db, EventAppender.findPayload)
        let move = try RawStatement(
            db,
            "INSERT INTO events (\(EventRow.columns)) SELECT \(EventRow.columns) FROM temp.undecided WHERE rowid = ?")
        let row = try RawStatement(db, "SELECT rowid, event_id, payload_hash FROM temp.undecided ORDER BY rowid")
        while try row.step() {
            let id = row.text(1) ?? ""
            find.bind(1, id)
            if try find.step() {
                report.countKnown(id, isSame: find.int64(0) == row.int64(2))
            } else {
                move.bind(1, row.int64(0))
                try move.run()
                report.appended += 1
            }
            find.reset()
        }
        row.reset()
        undecided = nil
        try db.execute(sql: "DROP TABLE temp.undecided")
    }
}

extension String {
    fileprivate func replacing(_ prefix: String, with other: String) -> String { other + dropFirst(prefix.count) }
}
