/// What we answered. What the client then says was seen is an ``Event`` of kind `impression`: another record,
/// because an answer that nobody scrolled to was served and not viewed.
public struct ServedList: Sendable {
    public var requestId: RequestID
    public var scenario: String
    public var bundle: String
    /// The rung of the degradation ladder that answered: "ranked", "retrieved", "popular".
    public var rung: String
    public var user: UserKey?
    public var query: String?
    public var seed: ItemID?
    /// The clock and the log position that features were read at, so that a replay can stop exactly there.
    public var now: Timestamp
    public var appliedSeq: Int64
    public var items: [ItemID]
    public var scores: [Float]

    public init(
        requestId: RequestID, scenario: String, bundle: String, rung: String, user: UserKey?, query: String?,
        seed: ItemID?, now: Timestamp, appliedSeq: Int64, items: [ItemID], scores: [Float]
    ) {
        self.requestId = requestId
        self.scenario = scenario
        self.bundle = bundle
        self.rung = rung
        self.user = user
        self.query = query
        self.seed = seed
        self.now = now
        self.appliedSeq = appliedSeq
        self.items = items
        self.scores = scores
    }
}
