import MagpieDomain

/// A request whose right answers are known, because they already happened.
public struct Question: Sendable {
    public var scenario: String
    /// Whose history the state is read from; nil for anonymous questions (similar items, known-item search).
    public var user: UserKey?
    public var text: String?
    public var seed: ItemID?
    /// The moment of the request.
    public var now: Timestamp
    /// How many events of the history had come before the request: state holds those and none after.
    public var position: Int
    public var relevant: Set<ItemKey>

    public init(
        scenario: String, user: UserKey? = nil, text: String? = nil, seed: ItemID? = nil, now: Timestamp, position: Int,
        relevant: Set<ItemKey>
    ) {
        self.scenario = scenario
        self.user = user
        self.text = text
        self.seed = seed
        self.now = now
        self.position = position
        self.relevant = relevant
    }
}
