import MagpieDomain
import MagpieRanking

/// The log as training sees it, read once: which actor touched which item, when.
///
/// Rows stand in the order in which they became visible, by (receivedAt, seq). For what comes live that is the order
/// of the log; a file that was imported in any order (by user, say) became visible when it happened, row by row. Row
/// numbers are therefore positions in time: what stands before row r was known when r came.
///
/// Actors and items are keys, not rows: the rows of a window are given by the ``Dataset`` that is made of it.
public struct History: Sendable {
    public struct Row: Sendable {
        public var seq: Int64
        /// As known when the row came: a device that an `identify` had given to a user is that user.
        public var actor: UserKey
        public var item: ItemKey
        public var time: Timestamp
        public var receivedAt: Timestamp
        public var eventHash: UInt64
        public var weight: Float
        public var isPositive: Bool
        public var isNegative = false
        /// ``Event/isAfterAnswer``.
        public var isTaken = false
        /// A place in ``History/kinds``.
        public var kind: UInt16 = 0
        public var purchase: Purchase = .none
    }

    /// `identify`: from here on the device is the user.
    struct Join: Sendable {
        var seq: Int64
        var receivedAt: Timestamp
        var device: UserKey
        var user: UserKey
        /// How many rows came before it.
        var position = 0
    }

    public private(set) var rows: [Row] = []
    /// Kinds of events; of more than 65,535 the rest are the last.
    private(set) var kinds: [String] = []
    private var kindPlaces: [String: UInt16] = [:]
    /// Ids of the items that events name, by key.
    public private(set) var itemIDs: [ItemKey: ItemID] = [:]
    /// Ids of known (not anonymous) users, by key.
    public private(set) var userIDs: [UserKey: UserID] = [:]
    public private(set) var lastSeq: Int64 = 0
    /// What was searched for before a row, by its seq; few rows have one.
    private(set) var queries: [Int64: String] = [:]
    /// In the order of the rows.
    private(set) var joins: [Join] = []
    /// What was on screen.
    private(set) var impressions = Impressions()
    /// The same, impression by impression, in the order of the rows.
    private(set) var shownItems: [Shown] = []

    /// Reads the log up to its present end.
    public init(_ log: some EventLog, rules: EventRules, progress: (Double) -> Void = { _ in }) throws {
        let end = try log.lastSeq()
        try log.read(after: 0, through: end) { event in
            append(event, rules: rules)
            if event.seq % 65_536 == 0 { progress(Double(event.seq) / Double(max(1, end))) }
        }
        lastSeq = end
        arrange()
    }

    init(_ events: [Event], rules: EventRules) {
        for event in events { append(event, rules: rules) }
        arrange()
    }

    private mutating func append(_ event: Event, rules: EventRules) {
        lastSeq = max(lastSeq, event.seq)
        if let user = event.userId { userIDs[user.key] = user }
        if event.kind == Event.identifyKind {
            if let user = event.userId?.key, let device = event.anonymousId.map(Event.anonymousKey) {
                joins.append(Join(seq: event.seq, receivedAt: event.receivedAt, device: device, user: user))
            }
            return
        }
        if event.kind == Event.impressionKind {
            if let actor = event.actor, let item = event.itemId {
                itemIDs[item.key] = item
                let hash = StableHash.xxh64(event.eventId)
                shownItems.append(
                    Shown(
                        seq: event.seq, actor: actor,
                        impression: .init(time: event.effectiveTime.milliseconds, eventHash: hash, item: item.key),
                        place: event.position, receivedAt: event.receivedAt))
            }
            impressions.append(event)
        }
        let weight = rules.weight(of: event.kind)
        guard weight > 0, let actor = event.actor, let item = event.itemId else { return }
        itemIDs[item.key] = item
        if let query = event.query, !query.isEmpty, rules.isPositive(event) {
            queries[event.seq] = String(query.prefix(Self.queryLimit))
        }
        rows.append(
            Row(
                seq: event.seq, actor: actor, item: item.key, time: event.effectiveTime, receivedAt: event.receivedAt,
                eventHash: StableHash.xxh64(event.eventId), weight: Float(weight),
                isPositive: rules.isPositive(event), isNegative: rules.isNegative(event),
                isTaken: event.isAfterAnswer, kind: place(of: event.kind), purchase: Purchase(event)))
    }

    private mutating func place(of kind: String) -> UInt16 {
        if let place = kindPlaces[kind] { return place }
        guard kinds.count < Int(UInt16.max) else { return UInt16.max - 1 }
        let place = UInt16(kinds.count)
        kinds.append(kind)
        kindPlaces[kind] = place
        return place
    }

    /// Puts rows and joins into the order of visibility, and gives each row to whoever the device was then.
    private mutating func arrange() {
        func precedes(_ a: Row, _ b: Row) -> Bool { (a.receivedAt, a.seq) < (b.receivedAt, b.seq) }
        let isInOrder = zip(rows, rows.dropFirst()).allSatisfy { !precedes($1, $0) }
        if !isInOrder { rows.sort(by: precedes) }
        joins.sort { ($0.receivedAt, $0.seq) < ($1.receivedAt, $1.seq) }
        var owners: [UserKey: UserKey] = [:]
        var next = 0
        for j in joins.indices {
            let join = joins[j]
            while next < rows.count, (rows[next].receivedAt, rows[next].seq) < (join.receivedAt, join.seq) {
                rows[next].actor = owners[rows[next].actor] ?? rows[next].actor
                next += 1
            }
            joins[j].position = next
            owners[join.device] = join.user
        }
        for row in next..<rows.count where !owners.isEmpty {
            rows[row].actor = owners[rows[row].actor] ?? rows[row].actor
        }
        impressions.arrange(rows, joins)
        arrangeShowings()
    }

    /// Says of each impression how many rows had come before it, and whose it is.
    private mutating func arrangeShowings() {
        shownItems.sort { ($0.receivedAt, $0.seq) < ($1.receivedAt, $1.seq) }
        var owners: [UserKey: UserKey] = [:]
        var (row, join) = (0, 0)
        for at in shownItems.indices {
            let moment = (shownItems[at].receivedAt, shownItems[at].seq)
            while row < rows.count, (rows[row].receivedAt, rows[row].seq) < moment { row += 1 }
            while join < joins.count, (joins[join].receivedAt, joins[join].seq) < moment {
                owners[joins[join].device] = joins[join].user
                join += 1
            }
            shownItems[at].position = row
            shownItems[at].actor = owners[shownItems[at].actor] ?? shownItems[at].actor
        }
    }

    /// Letters of a query that are kept: a longer one is no query.
    private static let queryLimit = 200

    /// Whose the past of a device has become when `position` rows have come: its first owner's.
    func identities(at position: Int) -> [UserKey: UserKey] {
        var users: [UserKey: UserKey] = [:]
        for join in joins where join.position <= position && users[join.device] == nil {
            users[join.device] = join.user
        }
        return users
    }
}
