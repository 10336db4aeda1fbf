import MagpieDomain
import MagpieFormats

/// The body of `POST /v1/items`: objects as in JSON Lines files (``RevisionJSON``), one, an array or lines
/// (``BodyDocuments``).
enum ItemBody {
    /// - Parameters:
    ///   - schema: types of the attributes of this home.
    ///   - now: the server's clock: `receivedAt`, and `validFrom` where an item has none.
    /// - Throws: ``JSONError`` or ``BodyError``.
    static func revisions(
        _ body: [UInt8], isLines: Bool, schema: [String: AttributeType], now: Timestamp
    ) throws -> [Revision<Item>] {
        var types = schema.merging(ReservedAttribute.types) { own, _ in own }
        return try BodyDocuments.decoded(body, isLines: isLines, noun: "item") { json, place in
            func fail(_ problem: String) -> BodyError { BodyError(noun: "item", place: place, problem: problem) }
            if case .object(let members) = json {
                var names: Set<String> = []
                for member in members where !names.insert(member.name).inserted {
                    throw fail("field \"\(member.name)\" stands twice")
                }
            }
            var revision: Revision<Item>
            do {
                revision = try RevisionJSON.revision(json, types: &types, validFrom: now, receivedAt: now)
            } catch let problem as ValueProblem {
                throw fail("\(problem)")
            }
            guard revision.id.string.utf8.count <= EventDecoder.longestID else {
                throw fail("field \"id\" is longer than \(EventDecoder.longestID) bytes")
            }
            revision.receivedAt = now
            return revision
        }
    }
}
