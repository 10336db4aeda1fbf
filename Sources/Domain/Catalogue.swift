/// What is known of items and users: append-only revisions, read as of a moment.
public protocol Catalogue: Sendable {
    /// Types of the attributes seen so far, by name.
    func itemSchema() throws -> [String: AttributeType]

    /// Appends revisions in order; one that changes nothing is not appended. Throws ``CatalogueError`` when an
    /// attribute changes its type or two ids share a key; then none is appended.
    func append(_ revisions: [Revision<Item>]) throws -> Int
    func append(_ revisions: [Revision<User>]) throws -> Int

    /// The number of the newest item revision; 0 when there is none.
    func lastItemSeq() throws -> Int64

    /// The items that were known and not deleted at that moment, ascending by id bytes.
    func items(asOf: Timestamp) throws -> [Entry<Item>]
    func users(asOf: Timestamp) throws -> [Entry<User>]

    /// Item revisions after `seq` in order: what a bundle made at `seq` does not know yet.
    func itemRevisions(after seq: Int64, _ body: (Revision<Item>) throws -> Void) throws
}

public enum CatalogueError: Error, Equatable, CustomStringConvertible {
    case typeChange(attribute: String, got: AttributeType, expected: AttributeType)
    case keyCollision(String, String)

    public var description: String {
        switch self {
        case .typeChange(let attribute, let got, let expected):
            "attribute \"\(attribute)\" is \(expected) in this home, got \(got): "
                + "send it as \(expected), or give the new one another name"
        case .keyCollision(let a, let b):
            "the ids \"\(a)\" and \"\(b)\" have the same 64-bit key: rename one of them"
        }
    }
}
