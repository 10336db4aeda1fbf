import GRDB
import MagpieDomain

/// Items and users have tables of the same form.
protocol Revisable {
    static var tableName: String { get }
    static var entityName: String { get }
}
extension Item: Revisable {
    static var tableName: String { "item_revisions" }
    static var entityName: String { "item" }
}
extension User: Revisable {
    static var tableName: String { "user_revisions" }
    static var entityName: String { "user" }
}

/// Appends revisions within one transaction.
final class RevisionWriter<Entity: Revisable> {
    private(set) var appended = 0
    private let select: RawStatement
    private let insert: RawStatement
    private let insertType: RawStatement
    private var types: [String: AttributeType]

    init(_ db: Database) throws {
        select = try RawStatement(
            cachedIn: db,
            "SELECT id, valid_from, received_at, patch, seq FROM \(Entity.tableName) WHERE key = ? ORDER BY seq")
        insert = try RawStatement(
            cachedIn: db,
            "INSERT INTO \(Entity.tableName) (key, id, valid_from, received_at, patch) VALUES (?, ?, ?, ?, ?)")
        insertType = try RawStatement(
            cachedIn: db, "INSERT INTO attribute_types (entity, name, type) VALUES ('\(Entity.entityName)', ?, ?)")
        types = try AttributeTypes.read(db, entity: Entity.entityName)
    }

    /// - Returns: whether it changes anything and was appended.
    /// - Throws: ``CatalogueError``.
    func append(_ revision: Revision<Entity>) throws -> Bool {
        if revision.id.string.isEmpty {
            throw StoreError.invalidAttribute(name: "id", problem: "is empty: every \(Entity.entityName) needs an id")
        }
        var newTypes: [(name: String, type: AttributeType)] = []
        if case .patch(let patch) = revision.change { newTypes = try typesToDeclare(patch) }
        guard try changesSomething(revision) else { return false }
        for (name, type) in newTypes { try declare(name, type) }
        insert.bind(1, Int64(bitPattern: revision.id.key.raw))
        insert.bind(2, revision.id.string)
        insert.bind(3, revision.validFrom.milliseconds)
        insert.bind(4, revision.receivedAt.milliseconds)
        switch revision.change {
        case .patch(let patch): insert.bind(5, try StoredAttributes.text(patch: patch))
        case .delete: insert.bind(5, String?.none)
        }
        try insert.run()
        appended += 1
        return true
    }

    func declare(_ declared: [String: AttributeType]) throws {
        for name in declared.keys.sorted() {
            guard let type = declared[name] else { continue }
            let known = types[name] ?? ReservedAttribute.types[name]
            if let known, known != type {
                throw CatalogueError.typeChange(attribute: name, got: type, expected: known)
            }
            if types[name] == nil { try declare(name, type) }
        }
    }

    private func declare(_ name: String, _ type: AttributeType) throws {
        insertType.bind(1, name)
        insertType.bind(2, type.description)
        try insertType.run()
        types[name] = type
    }

    private func typesToDeclare(_ patch: AttributePatch) throws -> [(name: String, type: AttributeType)] {
        var new: [(name: String, type: AttributeType)] = []
        for name in patch.keys.sorted() {
            guard let value = patch[name] ?? nil else { continue }
            let known = types[name]
            let expected = known ?? ReservedAttribute.types[name] ?? value.type
            guard expected.accepts(value) else {
                throw CatalogueError.typeChange(attribute: name, got: value.type, expected: expected)
            }
            if known == nil { new.append((name, expected)) }
        }
        return new
    }

    /// Whether any reader at or after the revision's own moment would see a difference. Revisions of later
    /// moments count too: one that is dated ahead may hide, or be hidden by, this one.
    private func changesSomething(_ revision: Revision<Entity>) throws -> Bool {
        var history: [(moment: Timestamp, change: Revision<Entity>.Change)] = []
        select.bind(1, Int64(bitPattern: revision.id.key.raw))
        defer { select.reset() }
        while try select.step() {
            let id = select.text(0) ?? ""
            guard EntityID<Entity>(id) == revision.id else {
                throw CatalogueError.keyCollision(id, revision.id.string)
            }
            let moment = max(select.int64(1), select.int64(2))
            history.append(
                (Timestamp(milliseconds: moment), try RevisionRow.change(select, patch: 3, seq: 4, Entity.self)))
        }
        let own = max(revision.validFrom, revision.receivedAt)
        let moments = [own] + history.map(\.moment).filter { $0 > own }
        return moments.contains { moment in
            var state = RevisionState.unknown
            for (at, change) in history where at <= moment { state.apply(change) }
            var after = state
            after.apply(revision.change)
            return after != state
        }
    }
}

/// What is known of one item or user at one moment.
enum RevisionState: Equatable {
    case unknown
    case deleted
    case present([String: AttributeValue])

    mutating func apply<Entity>(_ change: Revision<Entity>.Change) {
        switch change {
        case .delete: self = .deleted
        case .patch(let patch):
            var attributes: [String: AttributeValue] = [:]
            if case .present(let present) = self { attributes = present }
            self = .unknown  // so that the dictionary has one owner and is changed in place
            for (name, value) in patch { attributes[name] = value }
            self = .present(attributes)
        }
    }
}
