import MagpieDomain

/// An event as a row of `events`: which field is which column, and what may be stored at all.
enum EventRow {
    static let columns = """
        event_id, payload_hash, kind, user_id, anonymous_id, session_id, item_id, value, quantity, unit_price, \
        currency, time, received_at, request_id, position, surface, query, context, properties, source, \
        schema_version
        """
    static let insert = "INSERT INTO events (\(columns)) VALUES (?\(String(repeating: ", ?", count: 20)))"
    static let select = "SELECT seq, \(columns) FROM events"

    /// - Throws: ``StoreError/invalidEvent(id:problem:)`` for an event that nothing could be learned from, or
    ///   that SQLite would not give back as it was.
    static func check(_ event: Event) throws {
        func fail(_ problem: String) -> StoreError { .invalidEvent(id: event.eventId, problem: problem) }
        if event.eventId.isEmpty { throw fail("has no id: give it one, or pass it through EventIdentifier") }
        if event.kind.isEmpty { throw fail("has no kind: say what happened, e.g. \"view\"") }
        if event.userId == nil, event.anonymousId == nil {
            throw fail("has neither userId nor anonymousId: one is required")
        }
        if event.kind == Event.identifyKind {
            if event.userId == nil || event.anonymousId == nil {
                throw fail("an identify event joins two ids: give both userId and anonymousId")
            }
        } else if event.itemId == nil {
            throw fail("has no itemId: only identify events may go without")
        }
        for (name, value) in [("value", event.value), ("quantity", event.quantity), ("unitPrice", event.unitPrice)] {
            if let value, !value.isFinite { throw fail("\(name) is \(value): leave it out, or send a finite number") }
        }
    }

    /// Binds all columns from 1 on.
    static func bind(_ event: Event, payloadHash: UInt64, to row: RawStatement) throws {
        row.bind(1, event.eventId)
        row.bind(2, Int64(bitPattern: payloadHash))
        row.bind(3, event.kind)
        row.bind(4, event.userId?.string)
        row.bind(5, event.anonymousId?.string)
        row.bind(6, event.sessionId)
        row.bind(7, event.itemId?.string)
        row.bind(8, event.value)
        row.bind(9, event.quantity)
        row.bind(10, event.unitPrice)
        row.bind(11, event.currency)
        row.bind(12, event.time.milliseconds)
        row.bind(13, event.receivedAt.milliseconds)
        row.bind(14, event.requestId?.description)
        row.bind(15, event.position.map(Int64.init))
        row.bind(16, event.surface)
        row.bind(17, event.query)
        row.bind(18, try StoredAttributes.text(event.context))
        row.bind(19, try StoredAttributes.text(event.properties))
        row.bind(20, event.source)
        row.bind(21, Int64(event.schemaVersion))
    }

    /// The event of the current row of a ``select``.
    static func event(_ row: RawStatement, names: inout RepeatedText) throws -> Event {
        var event = Event(
            kind: names.kind.string(row.bytes(3)), userId: row.text(4).map { UserID($0) },
            anonymousId: row.text(5).map { UserID($0) }, itemId: row.text(7).map { ItemID($0) }, value: row.double(8),
            time: Timestamp(milliseconds: row.int64(12)), receivedAt: Timestamp(milliseconds: row.int64(13)),
            source: names.source.string(row.bytes(20)))
        event.seq = row.int64(0)
        event.eventId = row.text(1) ?? ""
        event.sessionId = row.text(6)
        event.quantity = row.double(9)
        event.unitPrice = row.double(10)
        event.currency = row.text(11)
        event.requestId = row.text(14).flatMap { RequestID($0) }
        event.position = row.isNull(15) ? nil : Int(row.int64(15))
        event.surface = row.text(16)
        event.query = row.text(17)
        event.schemaVersion = Int(row.int64(21))
        do {
            event.context = try StoredAttributes.attributes(row.bytes(18))
            event.properties = try StoredAttributes.attributes(row.bytes(19))
        } catch {
            throw StoreError.unreadableRow(table: "events", seq: event.seq, problem: "\(error)")
        }
        return event
    }

    /// Columns that say the same row after row are decoded once.
    struct RepeatedText {
        var kind = Cell()
        var source = Cell()

        struct Cell {
            private var last = ""
            private var lastBytes: [UInt8] = []

            mutating func string(_ bytes: UnsafeBufferPointer<UInt8>?) -> String {
                guard let bytes else { return "" }
                let isSame = lastBytes.withUnsafeBufferPointer { last in
                    last.count == bytes.count && zip(last, bytes).allSatisfy(==)
                }
                if !isSame {
                    lastBytes = Array(bytes)
                    last = String(decoding: bytes, as: UTF8.self)
                }
                return last
            }
        }
    }
}
