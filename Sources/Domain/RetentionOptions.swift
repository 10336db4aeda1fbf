/// `retention` in `magpie.json`: what `magpie compact` keeps, and what a server does.
public struct RetentionOptions: Sendable, Hashable, Codable {
    /// Days of events before the last one; 0: all. What is older is as if it had never been, at the next training.
    public var eventDays = 0.0
    /// Bundles, of those that are not current the newest; the one to roll back to is among them.
    public var bundles = 5
    /// Megabytes of served lists (`served/`), the newest.
    public var servedMegabytes = 1_024

    public init() {}
}
