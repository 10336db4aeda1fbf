public struct EASEOptions: Codable, Sendable, Hashable {
    /// Lambda, added to the diagonal of the item x item table: larger trusts the data less.
    public var regularisation = 400.0
    /// Only so many of the most liked items are in the table: time grows with the third power of their number, memory
    /// with the second (20,000 items: 1.6 GB). 0: no table is made.
    public var maximumItems = 20_000
    /// Neighbours kept of each item.
    public var topN = 200
    /// Of each history only so many of the newest.
    public var historyLimit = 10_000
    /// At serving, as ``NeighbourOptions/recencyDecay``.
    public var recencyDecay = 0.95
    /// At serving: the window of the retriever "ease-recent".
    public var recent = HistoryWindow.lastFive

    public init() {}
}
