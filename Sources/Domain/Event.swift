/// Something that happened: the one kind of row that the whole system learns from. Append-only.
///
/// `seq`, the log's own append number, is the only order of visibility: whatever replays history sees an event
/// when its `seq` comes, however old its `time` says it is. For features `time` is clamped to `receivedAt`
/// (``effectiveTime``), so that a wrong clock cannot reach into the future; the raw value is kept.
///
///     {"kind": "rating", "userId": "42", "itemId": "2571", "value": 5, "time": 964982224000}
public struct Event: Sendable, Equatable {
    /// The log's append number, from 1; 0 before the append.
    public var seq: Int64 = 0
    /// Unique. Without one from the caller it is a hash of the event, see ``EventIdentity``.
    public var eventId: String = ""
    /// "view", "click", "rating", "purchase", ... any word; its weight is in the configuration.
    public var kind: String
    /// Who did it. One of `userId` and `anonymousId` is required.
    public var userId: UserID?
    /// A device or cookie, joined to a user by an `identify` event from that event's own moment on.
    public var anonymousId: UserID?
    public var sessionId: String?
    /// What it was done to. Required, but for ``identifyKind``.
    public var itemId: ItemID?
    /// A rating, a dwell time in seconds, a share watched: the meaning goes with the kind.
    public var value: Double?
    public var quantity: Double?
    public var unitPrice: Double?
    /// ISO 4217.
    public var currency: String?
    /// When it happened, by the caller's clock.
    public var time: Timestamp
    /// When we learned of it: the server's clock for live events, `time` for imports unless a column says.
    public var receivedAt: Timestamp
    /// The answer that this event follows, and where in it the item stood (1 = first).
    public var requestId: RequestID?
    public var position: Int?
    /// The place in the caller's product: "home", "email", "search page".
    public var surface: String?
    /// The text that was searched for, when the event followed a search.
    public var query: String?
    /// The circumstances (device, country), flat.
    public var context: [String: AttributeValue] = [:]
    /// Anything else worth keeping, flat; no feature reads it by default.
    public var properties: [String: AttributeValue] = [:]
    /// Where the row came from: a file's name, "api".
    public var source: String
    public var schemaVersion: Int = Event.currentSchemaVersion

    public static let currentSchemaVersion = 1
    /// Joins the history of `anonymousId` to that of `userId`.
    public static let identifyKind = "identify"
    /// The client's word that an item was on screen. What we answered is another record, ``ServedList``.
    public static let impressionKind = "impression"

    /// Something was bought: `quantity` pieces at `unitPrice` each.
    public static let purchaseKind = "purchase"

    public init(
        kind: String, userId: UserID? = nil, anonymousId: UserID? = nil, itemId: ItemID? = nil,
        value: Double? = nil, time: Timestamp, receivedAt: Timestamp? = nil, source: String
    ) {
        self.kind = kind
        self.userId = userId
        self.anonymousId = anonymousId
        self.itemId = itemId
        self.value = value
        self.time = time
        self.receivedAt = receivedAt ?? time
        self.source = source
    }

    /// `time`, but never later than when we learned of it.
    public var effectiveTime: Timestamp { min(time, receivedAt) }

    /// Whether it says that it follows an answer, in which the item was on screen.
    public var isAfterAnswer: Bool { requestId != nil || position != nil }

    /// The key of whoever did it: the user's, else the anonymous one's (in its own name space).
    public var actor: UserKey? { userId?.key ?? anonymousId.map(Event.anonymousKey) }

    /// Anonymous ids have keys of their own, so that the cookie "7" is not the user "7".
    public static func anonymousKey(_ id: UserID) -> UserKey {
        UserKey(StableHash.xxh64(id.string, seed: 1))
    }
}
