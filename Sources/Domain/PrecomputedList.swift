/// What was answered ahead of time for one user in one scenario, to be shown until it expires.
///
/// It names items by the caller's ids and carries their titles, so that it can be shown by whoever has no bundle.
public struct PrecomputedList: Sendable, Equatable {
    public struct Item: Sendable, Equatable {
        public var id: ItemID
        public var score: Float
        public var title: String?

        public init(id: ItemID, score: Float, title: String? = nil) {
            self.id = id
            self.score = score
            self.title = title
        }
    }

    /// The caller's id of who asks, or of the device of somebody who is nobody yet.
    public var user: String
    public var key: UserKey
    public var scenario: String
    public var bundle: String
    public var madeAt: Timestamp
    public var expiresAt: Timestamp
    /// Best first.
    public var items: [Item]

    public init(
        user: String, key: UserKey, scenario: String, bundle: String, madeAt: Timestamp, expiresAt: Timestamp,
        items: [Item]
    ) {
        self.user = user
        self.key = key
        self.scenario = scenario
        self.bundle = bundle
        self.madeAt = madeAt
        self.expiresAt = expiresAt
        self.items = items
    }
}

extension PrecomputedList {
    /// What is shown, and kept: `[{"id": "2571", "score": 1.25, "title": "The Matrix (1999)"}]`.
    public var itemsJSON: JSONTree {
        .array(
            items.map { item in
                .object(
                    [
                        .init("id", .string(item.id.string)),
                        .init("score", .number(Double(item.score.isFinite ? item.score : 0))),
                    ] + (item.title.map { [.init("title", .string($0))] } ?? []))
            })
    }
}

extension PrecomputedList.Item {
    /// nil: it is none.
    public init?(json: JSONTree) {
        guard case .string(let id)? = json["id"], case .number(let score)? = json["score"] else { return nil }
        var title: String?
        if case .string(let text)? = json["title"] { title = text }
        self.init(id: ItemID(id), score: Float(score), title: title)
    }
}

/// Lists made ahead of time, one a user and scenario.
public protocol PrecomputedLists: Sendable {
    /// nil when there is none, or it has expired.
    func list(of user: UserKey, scenario: String, at now: Timestamp) throws -> PrecomputedList?

    /// Each takes the place of the one that its user and scenario had.
    func put(_ lists: [PrecomputedList]) throws

    /// Notes that these were shown.
    func markRead(_ keys: [(user: UserKey, scenario: String)]) throws

    /// Removes what has expired; returns how many, and how many of them nobody had read.
    func removeExpired(at now: Timestamp) throws -> (removed: Int, unread: Int)

    /// Removes all of some people. Returns how many.
    func erase(_ users: Set<UserKey>) throws -> Int

    /// All that have not expired, by scenario and then by the user's key.
    func each(at now: Timestamp, _ body: (PrecomputedList) throws -> Void) throws

    /// By scenario, in the order of their names.
    func summary(at now: Timestamp) throws -> [PrecomputedListSummary]
}

/// What is kept for one scenario.
public struct PrecomputedListSummary: Sendable, Equatable, Codable {
    public var scenario: String
    public var lists: Int
    /// Of these: shown at least once; past their time.
    public var read: Int
    public var expired: Int
    public var oldest: Timestamp
    public var newest: Timestamp

    public init(scenario: String, lists: Int, read: Int, expired: Int, oldest: Timestamp, newest: Timestamp) {
        self.scenario = scenario
        self.lists = lists
        self.read = read
        self.expired = expired
        self.oldest = oldest
        self.newest = newest
    }
}

/// `lists` in `magpie.json`: how lists are made ahead of time.
public struct ListOptions: Sendable, Hashable, Codable {
    /// Items a list.
    public var count = 100
    /// How long a list is shown.
    public var hours = 24.0
    /// Whoever did anything in so many days before the log's last event is active: `magpie batch` makes lists for them, and
    /// a server with `mode=auto` for the others when they come.
    public var activeDays = 30.0

    public init() {}

    public func expiry(of madeAt: Timestamp) -> Timestamp {
        Timestamp(milliseconds: madeAt.milliseconds + Int64((hours * 3_600_000).rounded()))
    }
}
