/// Implicit alternating least squares, in the terms of Hu, Koren and Volinsky 2008.
public struct ALSOptions: Codable, Sendable, Hashable {
    public var dimensions = 64
    /// Each solves all users, then all items.
    public var epochs = 15
    /// alpha: a cell with weight r counts 1 + confidence * r times, one without once.
    public var confidence = 5.0
    /// lambda: how much long vectors cost.
    public var regularization = 30.0
    /// Steps of conjugate gradients for each row in an epoch; it goes on from where the last epoch left it.
    public var steps = 3
    /// What log(1 + popularity) adds to a score, as ``EmbeddingTableOptions/popularityWeight``; ALS knows of popularity
    /// by itself.
    public var popularityWeight = 0.0
    /// As ``EmbeddingTableOptions/recencyDecay``, on the weights of a history's items; 1 = all alike, as in training.
    public var recencyDecay = 1.0

    /// An item's text counts as so many events.
    public var textWeight = 20.0

    public init() {}
}
