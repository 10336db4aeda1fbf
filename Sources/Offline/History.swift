import MagpieDomain

/// The log as training sees it, read once: which actor touched which item, when, in log order.
///
/// Actors and items are keys, not rows: the rows of a window are given by the ``Dataset`` that is made of it.
public struct History: Sendable {
    public struct Row: Sendable {
        public var seq: Int64
        public var actor: UserKey
        public var item: ItemKey
        public var time: Timestamp
        public var eventHash: UInt64
        public var weight: Float
        public var isPositive: Bool
    }

    struct Join: Sendable {
        var seq: Int64
        var anonymous: UserKey
        var user: UserKey
    }

    public private(set) var rows: [Row] = []
    /// Ids of the items that events name, by key.
    public private(set) var itemIDs: [ItemKey: ItemID] = [:]
    /// Ids of known (not anonymous) users, by key.
    public private(set) var userIDs: [UserKey: UserID] = [:]
    public private(set) var lastSeq: Int64 = 0
    private(set) var joins: [Join] = []

    /// Reads the log up to its present end.
    public init(_ log: some EventLog, rules: EventRules, progress: (Double) -> Void = { _ in }) throws {
        let end = try log.lastSeq()
        try log.read(after: 0, through: end) { event in
            append(event, rules: rules)
            if event.seq % 65_536 == 0 { progress(Double(event.seq) / Double(max(1, end))) }
        }
        lastSeq = end
    }

    init(_ events: [Event], rules: EventRules) {
        for event in events { append(event, rules: rules) }
    }

    private mutating func append(_ event: Event, rules: EventRules) {
        lastSeq = max(lastSeq, event.seq)
        if let user = event.userId { userIDs[user.key] = user }
        if event.kind == Event.identifyKind {
            if let user = event.userId?.key, let anonymous = event.anonymousId.map(Event.anonymousKey) {
                joins.append(Join(seq: event.seq, anonymous: anonymous, user: user))
            }
            return
        }
        let weight = rules.weight(of: event.kind)
        guard weight > 0, let actor = event.actor, let item = event.itemId else { return }
        itemIDs[item.key] = item
        rows.append(
            Row(
                seq: event.seq, actor: actor, item: item.key, time: event.effectiveTime,
                eventHash: StableHash.xxh64(event.eventId), weight: Float(weight),
                isPositive: rules.isPositive(event)))
    }

    /// Who an actor is known to be at log position `seq`.
    func identities(asOf seq: Int64) -> [UserKey: UserKey] {
        var users: [UserKey: UserKey] = [:]
        for join in joins where join.seq <= seq { users[join.anonymous] = join.user }
        return users
    }
}
