/// Neighbours of a session among other sessions (V-SKNN: Ludewig and Jannach 2018, "Evaluation of Session-based
/// Recommendation Algorithms", section 3.3).
public struct SessionOptions: Codable, Sendable, Hashable {
    /// A longer pause between two positives of a user starts a new session.
    public var gapMinutes = 30
    /// Only so many of the newest sessions are kept.
    public var sessions = 1_000_000
    /// Of a session only so many of its newest items.
    public var itemsPerSession = 200
    /// Of the sessions that share an item with the present one, only so many of the newest are looked at.
    public var sample = 1_000
    /// Of those, so many of the most similar make the answer.
    public var neighbours = 200
    /// The present session: so many of its newest items.
    public var items = 20

    public init() {}

    /// Whether its numbers can be worked with: they may come from a damaged file.
    var isSound: Bool {
        (0...1_000_000_000).contains(gapMinutes)
            && [sessions, itemsPerSession, sample, neighbours, items].allSatisfy { (1...1_000_000_000).contains($0) }
    }
}
