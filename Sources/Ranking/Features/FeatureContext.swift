import Foundation
import MagpieArtifacts
import MagpieDomain

/// Everything that a feature may read: one request, its candidates and the state as of that moment.
public struct FeatureContext: Sendable {
    /// What one retriever thinks of all candidates.
    public struct Opinion: Sendable {
        public var retriever: String
        /// Aligned with the candidates; NaN where it has no opinion.
        public var scores: [Float]

        public init(retriever: String, scores: [Float]) {
            self.retriever = retriever
            self.scores = scores
        }
    }

    public var items: [ItemIndex]
    public var query: Query
    public var opinions: [Opinion]
    /// What each retriever that was asked proposed, best first.
    public var proposals: [[Scored]]
    /// What was known of the candidates at `now`, aligned.
    public var moments: [ItemMoment?]
    /// Who asks, and what they did; it may hold events later than `now`.
    public var user: UserKey?
    public var userState: UserState?
    public var totals: FeatureStore.Totals
    public var table: ItemTable
    public var similarities: [any ItemSimilarity]
    public var popularity: any Popularity
    public var now: Timestamp

    public init(
        items: [ItemIndex], query: Query, opinions: [Opinion], proposals: [[Scored]] = [], moments: [ItemMoment?],
        user: UserKey? = nil, userState: UserState? = nil, totals: FeatureStore.Totals, table: ItemTable,
        similarities: [any ItemSimilarity], popularity: any Popularity, now: Timestamp
    ) {
        self.items = items
        self.query = query
        self.opinions = opinions
        self.proposals = proposals
        self.moments = moments
        self.user = user
        self.userState = userState
        self.totals = totals
        self.table = table
        self.similarities = similarities
        self.popularity = popularity
        self.now = now
    }

    /// The items liked last, newest first.
    func recent(_ count: Int) -> ArraySlice<Interest> { query.history.prefix(count) }

    /// What the user did up to `now`, oldest first: at most the newest ``touchLimit``.
    var touches: ArraySlice<UserState.Touch> { userState?.known(at: now).suffix(Self.touchLimit) ?? [] }

    /// Older touches say little, and a request has no time for ten thousand.
    static let touchLimit = 1_000

    /// log(1 + days) from a moment to `now`; NaN where it lies ahead.
    func logDays(since past: Int64) -> Float {
        past <= now.milliseconds ? logOfDays(Double(now.milliseconds) - Double(past)) : .nan
    }
}

/// log(1 + days) of a length of time in milliseconds.
func logOfDays(_ milliseconds: Double) -> Float { log1p(Float(max(0, milliseconds) / 86_400_000)) }
