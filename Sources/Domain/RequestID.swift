/// The id of one answer: a UUID version 7 (RFC 9562, section 5.7), so that ids sort by time. Of an answer whose first places
/// were shuffled (``Scenario/explore``) it is version 8 (section 5.8: of the maker's own meaning) and otherwise the same, so
/// that whatever comes back with the id says so, too.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// - Parameters:
    ///   - random: 74 bits are taken from these 128.
    public init(at time: Timestamp, random: (UInt64, UInt64)) {
        let ms = UInt64(bitPattern: time.milliseconds) & 0xFFFF_FFFF_FFFF
        let high = (ms << 16) | 0x7000 | (random.0 & 0x0FFF)
        let low = (random.1 & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let digits = Array(hex(high) + hex(low))
        description = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    public init(at time: Timestamp = .now) {
        self.init(at: time, random: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
    }

    private static let version = 14

    /// Whether the first places of the answer were shuffled.
    public var isExplored: Bool { description.dropFirst(Self.version).first == "8" }

    /// The same id of an answer whose first places were shuffled.
    public var explored: RequestID {
        var digits = Array(description)
        digits[Self.version] = "8"
        return RequestID(digits: String(digits))
    }

    private init(digits: String) { description = digits }

    /// Reads the canonical 36 characters of a UUID of any version: a caller may bring its own.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [8, 4, 4, 4, 12],
            parts.allSatisfy({ $0.allSatisfy { $0.isHexDigit && $0.isASCII } })
        else { return nil }
        description = text.lowercased()
    }
}
