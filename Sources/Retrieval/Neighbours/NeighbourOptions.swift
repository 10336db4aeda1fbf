/// RP3beta (Paudel et al. 2017, "Updatable, Accurate, Diverse, and Scalable Recommendations for Interactive
/// Applications", section 3): a walk of three steps from a user over items and users to items, whose transition
/// probabilities are raised to `alpha`, its end divided by popularity^`beta`.
public struct NeighbourOptions: Codable, Sendable, Hashable {
    public var alpha = 0.3
    public var beta = 0.5
    /// Neighbours kept of each item.
    public var topN = 200
    /// Of each history only so many of the newest.
    public var historyLimit = 10_000
    /// At serving: the weight of a history's item is this to the power of its place, the newest at place 0.
    public var recencyDecay = 0.8
    /// At serving: the window of the retriever "neighbours-recent".
    public var recent = HistoryWindow.lastFive

    public init() {}
}
