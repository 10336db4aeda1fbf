import GRDB
import MagpieDomain

extension SQLiteStore {
    public func itemSchema() throws -> [String: AttributeType] {
        try reading { try AttributeTypes.read($0, entity: Item.entityName) }
    }

    public func userSchema() throws -> [String: AttributeType] {
        try reading { try AttributeTypes.read($0, entity: User.entityName) }
    }

    public func append(_ revisions: [Revision<Item>]) throws -> Int { try appendAll(revisions) }
    public func append(_ revisions: [Revision<User>]) throws -> Int { try appendAll(revisions) }

    private func appendAll<Entity: Revisable>(_ revisions: [Revision<Entity>]) throws -> Int {
        try writing { db in
            let writer = try RevisionWriter<Entity>(db)
            for revision in revisions { _ = try writer.append(revision) }
            return writer.appended
        }
    }

    public func lastItemSeq() throws -> Int64 { try lastNumber(of: Item.tableName) }

    /// A patch after a tombstone brings the item back, with that patch's attributes only.
    public func items(asOf time: Timestamp) throws -> [Entry<Item>] { try entries(asOf: time) }
    public func users(asOf time: Timestamp) throws -> [Entry<User>] { try entries(asOf: time) }

    private func entries<Entity: Revisable>(asOf time: Timestamp) throws -> [Entry<Entity>] {
        try reading { db in
            // SQLite compares text by its bytes, so the order is that of EntityID.
            let row = try RawStatement(
                db,
                """
                SELECT id, patch, seq FROM \(Entity.tableName)
                WHERE valid_from <= ?1 AND received_at <= ?1 ORDER BY id, seq
                """)
            row.bind(1, time.milliseconds)
            var entries: [Entry<Entity>] = []
            var current: (id: EntityID<Entity>, state: RevisionState)?
            func close() {
                if let current, case .present(let attributes) = current.state {
                    entries.append(Entry(id: current.id, attributes: attributes))
                }
            }
            while try row.step() {
                let id = EntityID<Entity>(row.text(0) ?? "")
                if current?.id != id {
                    close()
                    current = (id, .unknown)
                }
                current?.state.apply(try RevisionRow.change(row, patch: 1, seq: 2, Entity.self))
            }
            close()
            return entries
        }
    }

    public func itemRevisions(after seq: Int64, _ body: (Revision<Item>) throws -> Void) throws {
        try reading { db in
            let row = try RawStatement(
                db,
                "SELECT seq, id, valid_from, received_at, patch FROM item_revisions WHERE seq > ? ORDER BY seq")
            row.bind(1, seq)
            while try row.step() {
                try body(
                    Revision(
                        seq: row.int64(0), id: ItemID(row.text(1) ?? ""),
                        validFrom: Timestamp(milliseconds: row.int64(2)),
                        receivedAt: Timestamp(milliseconds: row.int64(3)),
                        change: try RevisionRow.change(row, patch: 4, seq: 0, Item.self)))
            }
        }
    }
}

enum RevisionRow {
    static func change<Entity: Revisable>(
        _ row: RawStatement, patch: Int32, seq: Int32, _ entity: Entity.Type
    ) throws -> Revision<Entity>.Change {
        guard let bytes = row.bytes(patch) else { return .delete }
        do {
            return .patch(try StoredAttributes.patch(bytes))
        } catch {
            throw StoreError.unreadableRow(table: Entity.tableName, seq: row.int64(seq), problem: "patch \(error)")
        }
    }
}

enum AttributeTypes {
    static func read(_ db: Database, entity: String) throws -> [String: AttributeType] {
        let row = try RawStatement(cachedIn: db, "SELECT name, type FROM attribute_types WHERE entity = ?")
        row.bind(1, entity)
        defer { row.reset() }
        var types: [String: AttributeType] = [:]
        while try row.step() {
            guard let name = row.text(0), let type = row.text(1).flatMap({ AttributeType($0) }) else { continue }
            types[name] = type
        }
        return types
    }
}
