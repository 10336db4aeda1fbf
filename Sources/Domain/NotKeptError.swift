/// What a store says when the disk does not take what it was to keep: it is full, or broken. Nothing of it was kept, and what
/// was kept before can be read on.
public struct NotKeptError: Error, Equatable, CustomStringConvertible {
    public var path: String
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String {
        "\(path): \(reason): nothing of this was kept; free some space on its disk, or mend it, then do this again"
    }
}
