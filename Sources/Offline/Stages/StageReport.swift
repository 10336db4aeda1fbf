/// What a stage says of itself when it is done.
public struct StageReport: Sendable, Codable {
    /// "graph", "embed", "rank home": what was done.
    public var stage: String
    /// On which window: "draft", "twin", "published".
    public var window: String
    /// One line for people.
    public var summary: String
    public var seconds: Double
    /// The most memory that the process held meanwhile; nil where the system does not tell.
    public var peakBytes: Int?
    /// The result was there already.
    public var reused: Bool
}

/// What training says while it runs; whoever calls it shows it.
public enum TrainingEvent: Sendable {
    case began(stage: String, window: String)
    /// 0 to 1.
    case progress(Double)
    case ended(StageReport)
}
