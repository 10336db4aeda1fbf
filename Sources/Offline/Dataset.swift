import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import MagpieRetrieval

/// A window of the history over a fixed item table: what one fit of the retrievers and one state are made of.
public struct Dataset: Sendable {
    public let interactions: Interactions
    /// Ascending by id, the rows of the item table.
    public let items: [Entry<Item>]
    public let schema: [String: AttributeType]
    /// The event hash of each interaction, aligned: the state's tie-break.
    let eventHashes: [UInt64]
    /// What was bought with each interaction, aligned; empty where nothing ever was.
    private let purchases: [Purchase]
    /// Which interactions followed an answer, aligned; empty where none did.
    private let taken: [Bool]
    let itemKeys: [ItemKey]
    /// `identify` events up to the window's end.
    private let joins: [History.Join]
    /// What was on screen by then.
    private let shown: [History.Shown]
    /// The newest queries that led to each item.
    private let queries: [ItemIndex: [String]]
    private static let queriesPerItem = 50
    /// The log position that the window's state has reached.
    public let lastSeq: Int64
    /// Identifies the content: equal datasets have equal fingerprints.
    public let fingerprint: String

    /// - Parameters:
    ///   - rows: row numbers of `history`, ascending.
    ///   - catalogue: items as they were known at the window's end. Items that only events name are added
    ///     without attributes; events of deleted items are left out.
    public init(
        _ history: History, rows: [Int], catalogue: [Entry<Item>], deleted: Set<ItemKey>,
        schema: [String: AttributeType]
    ) {
        var items = catalogue
        var known = Set(catalogue.map(\.id.key))
        for row in rows {
            let key = history.rows[row].item
            if !deleted.contains(key), known.insert(key).inserted, let id = history.itemIDs[key] {
                items.append(Entry(id: id))
            }
        }
        items.sort { $0.id < $1.id }
        let itemKeys = items.map(\.id.key)
        var index: [ItemKey: ItemIndex] = [:]
        for (i, key) in itemKeys.enumerated() { index[key] = ItemIndex(i) }

        // The whole history ends where the log does; live state goes on from there.
        let isWhole = rows.count == history.rows.count
        let lastSeq = isWhole ? history.lastSeq : rows.map { history.rows[$0].seq }.max() ?? 0
        let end = isWhole ? history.rows.count : rows.last ?? 0
        let identities = history.identities(at: end)
        func who(_ row: Int) -> UserKey { identities[history.rows[row].actor] ?? history.rows[row].actor }
        let users = Set(rows.map(who)).sorted()
        var userIndex: [UserKey: UInt32] = [:]
        for (u, key) in users.enumerated() { userIndex[key] = UInt32(u) }

        var interactions = Interactions(users: users, itemCount: items.count)
        var eventHashes: [UInt64] = []
        var purchases: [Purchase] = []
        var taken: [Bool] = []
        let hasAnswers = rows.contains { history.rows[$0].isTaken }
        let hasPurchases = rows.contains { history.rows[$0].purchase != .none }
        var queries: [ItemIndex: [String]] = [:]
        for row in rows {
            let event = history.rows[row]
            guard let item = index[event.item], let user = userIndex[who(row)] else { continue }
            interactions.append(
                seq: event.seq, user: user, item: item, time: event.time.milliseconds, weight: event.weight,
                isPositive: event.isPositive)
            eventHashes.append(event.eventHash)
            if hasAnswers { taken.append(event.isTaken) }
            if hasPurchases { purchases.append(event.purchase) }
            if let query = history.queries[event.seq] { queries[item, default: []].append(query) }
        }
        self.queries = queries.mapValues { Array($0.suffix(Self.queriesPerItem)) }
        self.interactions = interactions
        self.items = items
        self.schema = schema
        self.eventHashes = eventHashes
        self.purchases = purchases
        self.taken = taken
        self.itemKeys = itemKeys
        joins = history.joins.filter { $0.position <= end }
        shown = history.shown(within: rows).filter { !deleted.contains($0.impression.item) }.map { shown in
            var shown = shown
            shown.actor = identities[shown.actor] ?? shown.actor
            return shown
        }
        self.lastSeq = lastSeq
        fingerprint = Self.fingerprint(interactions, eventHashes, items, self.queries, schema)
    }

    /// What the query encoder and the search ranker know of an item's text, searches that led to it among it.
    func encoderText(of item: Int, _ options: TextOptions) -> EncoderText {
        var text = ItemTexts.forEncoder(items[item], options)
        text.queries = queries[ItemIndex(item)] ?? []
        return text
    }

    /// The live state after this window.
    public func state(rules: EventRules, halfLife: HalfLife = .week) -> FeatureStore {
        let store = FeatureStore(rules: rules, halfLife: halfLife)
        for row in 0..<interactions.count {
            store.fold(
                actor: interactions.users[Int(interactions.user[row])], item: itemKeys[Int(interactions.item[row])],
                time: Timestamp(milliseconds: interactions.time[row]), eventHash: eventHashes[row],
                isPositive: interactions.isPositive[row], isTaken: taken.isEmpty ? false : taken[row],
                purchase: purchases.isEmpty ? .none : purchases[row],
                seq: interactions.seq[row])
        }
        for shown in shown { store.fold(shown.impression, place: shown.place, actor: shown.actor, seq: shown.seq) }
        // Their pasts are theirs already, see History/identities; what is left to say is whose the devices are now.
        for join in joins { store.join(join.device, to: join.user, seq: join.seq) }
        store.advance(to: lastSeq)
        return store
    }

    /// What the state depends on beside the interactions.
    var stateKey: String {
        let parts =
            joins.flatMap { [$0.device.raw, $0.user.raw, UInt64(bitPattern: $0.seq)] }
            + purchases.map { UInt64($0.price) << 16 | UInt64($0.quantity) }
            + shown.flatMap {
                [
                    $0.actor.raw, $0.impression.eventHash, $0.impression.item.raw,
                    UInt64(bitPattern: Int64($0.place ?? 0)),
                ]
            } + taken.map { $0 ? 1 : 0 }
        return "\(lastSeq)-" + parts.withUnsafeBytes { String(StableHash.xxh64($0), radix: 16) }
    }

    private static func fingerprint(
        _ interactions: Interactions, _ eventHashes: [UInt64], _ items: [Entry<Item>],
        _ queries: [ItemIndex: [String]], _ schema: [String: AttributeType]
    ) -> String {
        var parts: [UInt64] = []
        func add<Element: BitwiseCopyable>(_ values: [Element]) {
            values.withUnsafeBytes { parts.append(StableHash.xxh64($0)) }
        }
        add(interactions.users.map(\.raw))
        add(interactions.seq)
        add(interactions.user)
        add(interactions.item)
        add(interactions.time)
        add(interactions.weight)
        add(interactions.isPositive.map { UInt8($0 ? 1 : 0) })
        add(eventHashes)
        for item in items {
            parts.append(item.id.key.raw)
            for (name, value) in item.attributes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                parts.append(StableHash.xxh64("\(name)=\(value)"))
            }
        }
        for (item, queries) in queries.sorted(by: { $0.key < $1.key }) {
            parts.append(UInt64(item))
            for query in queries { parts.append(StableHash.xxh64(query)) }
        }
        for (name, type) in schema.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            parts.append(StableHash.xxh64("\(name):\(type)"))
        }
        return parts.withUnsafeBytes {
            String(StableHash.xxh64($0, seed: 0), radix: 16) + String(StableHash.xxh64($0, seed: 1), radix: 16)
        }
    }
}
