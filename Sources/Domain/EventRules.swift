/// What events mean: how much each kind weighs, which ones are positive, and where a session ends.
public struct EventRules: Sendable, Hashable, Codable {
    /// Weight by kind; a kind that is not named weighs 1, weight 0 leaves the kind out of training.
    public var weights: [String: Double]
    /// Which events count as "liked". An event of a kind that is named neither here nor in `negative` is, too, but for
    /// impressions and `identify`.
    public var positive: EventCondition
    /// Which events count as "disliked": never positive, and true negatives of a ranker.
    public var negative: EventCondition
    /// What a positive event is worth by its kind when a ranker learns; a kind that is not named is worth 1.
    public var gains: [String: Double]
    /// A pause longer than this starts a new session where events carry no `sessionId`.
    public var sessionGapMinutes: Int

    public init(
        weights: [String: Double] = [Event.impressionKind: 0, "tag": 0], positive: EventCondition = .liked,
        negative: EventCondition = .disliked, gains: [String: Double] = [:], sessionGapMinutes: Int = 30
    ) {
        self.weights = weights
        self.positive = positive
        self.negative = negative
        self.gains = gains
        self.sessionGapMinutes = sessionGapMinutes
    }

    public func weight(of kind: String) -> Double { weights[kind] ?? 1 }

    /// What a positive event of the kind is worth.
    public func gain(of kind: String) -> Double { gains[kind] ?? 1 }

    public func isPositive(_ event: Event) -> Bool {
        guard weight(of: event.kind) > 0, event.kind != Event.impressionKind, event.kind != Event.identifyKind,
            !isNegative(event)
        else { return false }
        return positive.holds(kind: event.kind, value: event.value) ?? true
    }

    public func isNegative(_ event: Event) -> Bool { negative.holds(kind: event.kind, value: event.value) ?? false }

    /// The session-gap rule: whether `next` starts a new session after `previous`.
    public func startsSession(_ next: Timestamp, after previous: Timestamp) -> Bool {
        let (pause, isBeyond) = next.milliseconds.subtractingReportingOverflow(previous.milliseconds)
        return isBeyond ? next > previous : pause > Int64(sessionGapMinutes) * 60_000
    }
}

/// "rating>=4", "purchase", "rating<=2, dislike": a condition on an event's kind and perhaps its value.
public struct EventCondition: Sendable, Hashable {
    struct Clause: Sendable, Hashable {
        var kind: String
        var minimum: Double?
        var maximum: Double?

        func holds(_ value: Double?) -> Bool {
            guard minimum != nil || maximum != nil else { return true }
            guard let value else { return false }
            return value >= minimum ?? -.infinity && value <= maximum ?? .infinity
        }
    }

    let clauses: [Clause]
    public let notation: String

    /// A rating of 4 or more of 5.
    public static let liked = EventCondition(clauses: [Clause(kind: "rating", minimum: 4)], notation: "rating>=4")
    /// A rating of 2 or less of 5, or a word for it.
    public static let disliked = EventCondition(
        clauses: [Clause(kind: "rating", maximum: 2), Clause(kind: "dislike"), Clause(kind: "hide")],
        notation: "rating<=2, dislike, hide")

    init(clauses: [Clause], notation: String) {
        self.clauses = clauses
        self.notation = notation
    }

    public init?(_ notation: String) {
        var clauses: [Clause] = []
        for part in notation.split(separator: ",") {
            let text = part.filter { $0 != " " }
            if let range = text.firstRange(of: ">=") ?? text.firstRange(of: "<=") {
                let kind = text[..<range.lowerBound]
                guard let bound = Double(text[range.upperBound...]), !bound.isNaN, !kind.isEmpty else { return nil }
                let isMinimum = text[range] == ">="
                clauses.append(
                    Clause(kind: String(kind), minimum: isMinimum ? bound : nil, maximum: isMinimum ? nil : bound))
            } else {
                guard !text.isEmpty, !text.contains(where: { "<>=!".contains($0) }) else { return nil }
                clauses.append(Clause(kind: text))
            }
        }
        guard !clauses.isEmpty else { return nil }
        self.init(clauses: clauses, notation: notation)
    }

    /// Whether one clause of the kind holds; nil where none names the kind.
    public func holds(kind: String, value: Double?) -> Bool? {
        let named = clauses.filter { $0.kind == kind }
        return named.isEmpty ? nil : named.contains { $0.holds(value) }
    }
}

extension EventCondition: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let notation = try container.decode(String.self)
        guard let condition = EventCondition(notation) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "got \"\(notation)\", expected e.g. \"rating>=4\" or \"rating<=2, dislike\"")
        }
        self = condition
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(notation)
    }
}
