import MagpieDomain

/// A revision of an item or user as JSON Lines files and the API write it: a name an attribute, `null` removes it.
///
///     {"id":"2571","title":"Matrix, The (1999)","genres":["Action"],"price":null}
///     {"id":"2571","delete":true}
public enum RevisionJSON {
    /// - Parameters:
    ///   - types: of the attributes known so far; grows as attributes are first seen.
    ///   - timeUnit: of a `validFrom` that is a number.
    ///   - validFrom, receivedAt: of a revision that does not say its `validFrom`; one that does counts as received then.
    /// - Throws: ``ValueProblem``, which names the field.
    public static func revision<Entity>(
        _ json: JSONTree, types: inout [String: AttributeType], timeUnit: TimeUnit = .ms, validFrom: Timestamp,
        receivedAt: Timestamp
    ) throws -> Revision<Entity> {
        guard case .object(let members) = json else { throw ValueProblem("expected an object") }
        var id: String?
        var own: Timestamp?
        var isDeleted = false
        var patch: AttributePatch = [:]
        for member in members {
            switch member.name {
            case "id": id = try JSONField.id(member.value, member.name)
            case "validFrom": own = try JSONField.time(member.value, member.name, timeUnit)
            case "delete": isDeleted = member.value == .bool(true)
            case let name where member.value == .null: patch.updateValue(nil, forKey: name)
            case let name:
                let value = try AttributeJSON.value(member.value, as: types[name], name: name)
                if types[name] == nil { types[name] = value.type }
                patch.updateValue(value, forKey: name)
            }
        }
        guard let id else { throw ValueProblem("field \"id\" is missing") }
        return Revision(
            id: EntityID(id), validFrom: own ?? validFrom, receivedAt: own ?? receivedAt,
            change: isDeleted ? .delete : .patch(patch))
    }
}
