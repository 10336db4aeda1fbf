/// What is asked of a server, how often, by whom.
public struct LoadOptions: Sendable {
    public var host = "127.0.0.1"
    public var port = 8080
    /// Sent as a bearer token; nil: none.
    public var key: String?
    /// Requests a second at constant distances; nil: each connection asks again as soon as it is answered (closed loop).
    public var rate: Double?
    public var seconds = 60.0
    /// Before those: asked and not counted.
    public var warmUpSeconds = 2.0
    public var connections = 64
    /// Who asks: ids, the most frequent first; who asks how often follows Zipf's law.
    public var users: [String] = []
    public var zipf = 1.0
    /// The share of requests by somebody whom nobody knows.
    public var unknown = 0.0
    /// The share of requests with one of `filters`.
    public var filtered = 0.0
    public var filters: [String] = []
    /// Texts: then half, all or none of the requests are searches.
    public var texts: [String] = []
    public var searches = 0.0
    public var count = 10
    /// Added to each question as it is: `mode=auto`.
    public var more = ""
    /// Events a second, each of a user with an item; beside the questions, on connections of their own.
    public var eventRate = 0.0
    public var items: [String] = []
    public var seed: UInt64 = 1

    public init() {}

    /// Paths and queries of the first `count` questions, for another program to ask.
    public func questions(_ count: Int) -> [String] {
        var traffic = Traffic(self, stream: 1)
        return (0..<count).map { _ in traffic.target() }
    }
}
