import Foundation

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Local-time features use the configuration's time zone.
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    public var milliseconds: Int64

    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    public static let distantPast = Timestamp(milliseconds: .min)
    public static let distantFuture = Timestamp(milliseconds: .max)

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    /// Whole days since 1970-01-01 UTC, rounded down.
    @inlinable public var day: Int64 {
        let perDay: Int64 = 86_400_000
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: perDay)
        return rest < 0 ? days - 1 : days
    }

    /// "2026-11-24T08:30:00Z"; the date alone is read as its midnight in UTC.
    public init?(iso8601 text: String) {
        let strategies: [Date.ISO8601FormatStyle] = [
            .iso8601, Date.ISO8601FormatStyle(includingFractionalSeconds: true),
            Date.ISO8601FormatStyle().year().month().day(),
        ]
        for strategy in strategies {
            if let date = try? strategy.parse(text) {
                self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
                return
            }
        }
        return nil
    }

    public var iso8601: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
}

/// How a file writes its times. Said by the caller, never guessed from the size of a number.
public enum TimeUnit: String, Sendable, CaseIterable, Codable {
    case s, ms, us, iso

    /// The moment that `text` names, or nil when it is not a time in this unit (or leaves the range of Int64).
    public func timestamp(_ text: Substring) -> Timestamp? {
        switch self {
        case .iso: return Timestamp(iso8601: String(text))
        case .s:
            if let whole = Int64(text) {
                let (ms, overflow) = whole.multipliedReportingOverflow(by: 1000)
                return overflow ? nil : Timestamp(milliseconds: ms)
            }
            guard let value = Double(text), value.magnitude < 9e15 else { return nil }
            return Timestamp(milliseconds: Int64((value * 1000).rounded(.down)))
        case .ms: return Int64(text).map(Timestamp.init(milliseconds:))
        case .us: return Int64(text).map { Timestamp(milliseconds: $0 / 1000) }
        }
    }
}
