/// What events mean: how much each kind weighs, which ones are positive, and where a session ends.
public struct EventRules: Sendable, Hashable, Codable {
    /// Weight by kind; a kind that is not named weighs 1, weight 0 leaves the kind out of training.
    public var weights: [String: Double]
    /// Which events count as "liked", in the notation of ``PositiveRule``.
    public var positive: PositiveRule
    /// A pause longer than this starts a new session where events carry no `sessionId`.
    public var sessionGapMinutes: Int

    public init(
        weights: [String: Double] = [Event.impressionKind: 0, "tag": 0], positive: PositiveRule = .default,
        sessionGapMinutes: Int = 30
    ) {
        self.weights = weights
        self.positive = positive
        self.sessionGapMinutes = sessionGapMinutes
    }

    public func weight(of kind: String) -> Double { weights[kind] ?? 1 }

    public func isPositive(_ event: Event) -> Bool {
        weight(of: event.kind) > 0 && positive.holds(kind: event.kind, value: event.value)
    }

    /// The session-gap rule: whether `next` starts a new session after `previous`.
    public func startsSession(_ next: Timestamp, after previous: Timestamp) -> Bool {
        let (pause, isBeyond) = next.milliseconds.subtractingReportingOverflow(previous.milliseconds)
        return isBeyond ? next > previous : pause > Int64(sessionGapMinutes) * 60_000
    }
}

/// "rating>=4", "purchase", "rating>=4, purchase, view>=30": an event is positive when one clause holds.
/// A kind that no clause names is positive as it is, but for impressions and `identify`.
public struct PositiveRule: Sendable, Hashable {
    struct Clause: Sendable, Hashable {
        var kind: String
        var minimum: Double?
    }

    let clauses: [Clause]
    public let notation: String

    public static let `default` = PositiveRule(
        clauses: [Clause(kind: "rating", minimum: 4)], notation: "rating>=4")

    init(clauses: [Clause], notation: String) {
        self.clauses = clauses
        self.notation = notation
    }

    public init?(_ notation: String) {
        var clauses: [Clause] = []
        for part in notation.split(separator: ",") {
            let text = part.filter { $0 != " " }
            if let range = text.firstRange(of: ">=") {
                guard let minimum = Double(text[range.upperBound...]), !text[..<range.lowerBound].isEmpty else {
                    return nil
                }
                clauses.append(Clause(kind: String(text[..<range.lowerBound]), minimum: minimum))
            } else {
                guard !text.isEmpty, !text.contains(where: { "<>=!".contains($0) }) else { return nil }
                clauses.append(Clause(kind: text, minimum: nil))
            }
        }
        guard !clauses.isEmpty else { return nil }
        self.init(clauses: clauses, notation: notation)
    }

    public func holds(kind: String, value: Double?) -> Bool {
        guard kind != Event.impressionKind, kind != Event.identifyKind else { return false }
        let named = clauses.filter { $0.kind == kind }
        if named.isEmpty { return true }
        return named.contains { clause in
            guard let minimum = clause.minimum else { return true }
            return value.map { $0 >= minimum } ?? false
        }
    }
}

extension PositiveRule: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let notation = try container.decode(String.self)
        guard let rule = PositiveRule(notation) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "positive: got \"\(notation)\", expected e.g. \"rating>=4\" or \"rating>=4, purchase\"")
        }
        self = rule
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(notation)
    }
}
