/// A value with a notation of its own, written as a text in configurations and manifests.
public protocol Notated: Codable {
    /// nil when the text is not in the notation.
    init?(_ notation: String)
    var notation: String { get }
    /// What the notation is, for messages.
    static var expected: String { get }
}

extension Notated {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "got \"\(text)\", expected \(Self.expected)")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(notation)
    }
}
