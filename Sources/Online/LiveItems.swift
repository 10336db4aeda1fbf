import MagpieArtifacts
import MagpieDomain
import MagpieRetrieval
import Synchronization

/// A retriever's side: what it knows of items that its bundle does not have, or not so. One for each retriever that can
/// place an item by what is known of it alone: its words (``LiveText``), a vector of its own, ...
public protocol LiveRetriever: Sendable {
    /// That of the ``Retriever`` beside which it stands: their scores are compared.
    var name: String { get }

    /// Knows the item from now on, as it is now.
    func upsert(_ item: Entry<Item>)
    func remove(_ id: ItemID)

    /// The best items that have no row in the bundle, best first, at most `limit`.
    func added(for query: Query, limit: Int) -> [LiveScored]
}

/// An item without a row, and how good it is on the scale of the retriever of that name.
public struct LiveScored: Sendable, Equatable {
    public var id: ItemID
    public var score: Float

    public init(id: ItemID, score: Float) {
        self.id = id
        self.score = score
    }
}

/// What is known of items that are newer than the bundle, or were changed since: so that they are found at once, until
/// the next bundle has them.
///
/// An item that the bundle has keeps its row there, and its place in every stage; one that it has not is known by its
/// id and attributes only: no behaviour, no features. So it is not ranked; it takes its place in the answer by the
/// opinion of the retriever that found it (``Recommender/answer(_:now:deadline:)``).
public final class LiveItems: Sendable {
    private let table: ItemTable
    private let sides: [any LiveRetriever]
    private let entries = Mutex<[ItemID: Entry<Item>]>([:])  // never iterated

    public init(beside table: ItemTable, sides: [any LiveRetriever]) {
        self.table = table
        self.sides = sides
    }

    /// What says nothing about what an item is: ``LiveCatalogue`` honours it.
    private static let fates: Set<String> = [ReservedAttribute.available]

    func apply(_ revision: Revision<Item>) {
        let id = revision.id
        switch revision.change {
        case .delete:
            entries.withLock { $0[id] = nil }
            for side in sides { side.remove(id) }
        case .patch(let patch):
            let row = table.index(of: id)
            if row != nil, patch.keys.allSatisfy(Self.fates.contains) { return }
            let entry = entries.withLock { entries in
                var entry = entries[id] ?? Entry(id: id, attributes: row.map { table.attributes(of: $0) } ?? [:])
                for (name, value) in patch { entry.attributes[name] = value }  // in any order: each its own place
                entries[id] = entry
                return entry
            }
            for side in sides { side.upsert(entry) }
        }
    }

    /// What is known of an item that was added or changed.
    public func entry(_ id: ItemID) -> Entry<Item>? { entries.withLock { $0[id] } }

    struct Found {
        var entry: Entry<Item>
        var retriever: String
        /// 1 = the retriever's first among the new ones.
        var rank: Int
        var score: Float
    }

    /// New items for a query, by retriever, best first; those that `isShown` lets through.
    func added(
        for query: Query, from retrievers: [String], limit: Int, where isShown: (Entry<Item>) -> Bool
    ) -> [Found] {
        sides.filter { retrievers.contains($0.name) }.flatMap { side in
            side.added(for: query, limit: limit).enumerated().compactMap { place, found in
                guard let entry = entry(found.id), isShown(entry) else { return nil }
                return Found(entry: entry, retriever: side.name, rank: place + 1, score: found.score)
            }
        }
    }
}

extension Entry<Item> {
    /// Whether the reserved attributes let it be shown at a moment.
    func isAvailable(at now: Timestamp) -> Bool {
        if case .bool(false)? = attributes[ReservedAttribute.available] { return false }
        if case .time(let from)? = attributes[ReservedAttribute.availableFrom], now < from { return false }
        if case .time(let until)? = attributes[ReservedAttribute.availableUntil], now >= until { return false }
        return true
    }
}

/// The words of new and changed items, beside the bundle's text index.
public struct LiveText: LiveRetriever {
    public let name = "text"
    private let index: LiveTextIndex
    private let options: TextOptions
    private let schema: [String: AttributeType]

    public init(_ index: LiveTextIndex, options: TextOptions, schema: [String: AttributeType]) {
        self.index = index
        self.options = options
        self.schema = schema
    }

    public func upsert(_ item: Entry<Item>) {
        index.upsert(item.id, ItemTexts.forIndex(item, schema: schema, options))
    }

    public func remove(_ id: ItemID) { index.remove(id) }

    public func added(for query: Query, limit: Int) -> [LiveScored] {
        guard let text = query.text else { return [] }
        return index.added(text, limit: limit).map { LiveScored(id: $0.id, score: $0.score) }
    }
}
