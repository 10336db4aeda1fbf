/// How the item graph is made. Every positive of a user votes for edges between items of that user's history,
/// in two ways whose weights are added:
///
///     sequenceWeight * gap^-gapExponent * (length - 1)^-sequenceLengthExponent      within `window` positions
///   + coRatingWeight * (length - 1)^-coRatingLengthExponent                         all pairs of the history
///
/// then each edge to item j is multiplied by `popularity(j)^-popularityDiscount`, and each item keeps its
/// `edgesPerNode` heaviest. With a window, or with a length exponent of 1, a history votes in proportion to its
/// length and not to its square, so that the few with thousands of items do not drown the others.
public struct ItemGraphOptions: Codable, Sendable, Hashable {
    /// Positions before and after.
    public var window = 50
    /// Weight of neighbours in time.
    public var sequenceWeight = 1.0
    /// 0: all within the window alike; 1: weight 1 / gap.
    public var gapExponent = 1.0
    public var sequenceLengthExponent = 0.0
    /// Weight of the edge against time (later item to earlier) relative to that with it: 1 = undirected.
    public var backward = 1.0
    /// A longer pause separates neighbours in time; nil = the whole history is one sequence.
    public var sessionGapMinutes: Int?
    /// Weight of pairs of one history, wherever they stand.
    public var coRatingWeight = 0.0
    public var coRatingLengthExponent = 1.0
    /// Beta of RP3beta: above 0 edges to popular items lose, below 0 they gain.
    public var popularityDiscount = 0.0
    public var edgesPerNode = 200
    /// Of each history only so many of the newest.
    public var historyLimit = 2_000

    public init() {}
}
