import MagpieDomain

/// How history is cut into what a model may know and what it is then asked.
public enum SplitKind: String, Sendable, Codable, CaseIterable {
    /// The clock where enough users of the label window have a history, else by user.
    case auto
    /// One moment for everybody: known before it, asked after it.
    case clock
    /// Each user's own sequence: its last share is asked. Other users' later events are inside what is known,
    /// which flatters everyone; for data that has an order only, or users who come once.
    case user
}

public struct SplitOptions: Sendable, Hashable, Codable {
    public var kind: SplitKind
    /// The share of events (clock) or of each user's events (user) that is asked.
    public var heldOut: Double
    /// `auto` takes the clock when at least this many users of the label window have `minimumHistory` before it.
    public var minimumUsers: Int
    public var minimumHistory: Int
    /// Clock: what a user does within so many days of a request is its label.
    public var horizonDays: Int
    /// Of more requests than these so many are asked, drawn by their hash: beyond some thousand they tell nothing new and
    /// take as long each.
    public var maximumRequests: Int

    public init(
        kind: SplitKind = .auto, heldOut: Double = 0.2, minimumUsers: Int = 200, minimumHistory: Int = 5,
        horizonDays: Int = 30, maximumRequests: Int = 10_000
    ) {
        self.kind = kind
        self.heldOut = heldOut
        self.minimumUsers = minimumUsers
        self.minimumHistory = minimumHistory
        self.horizonDays = horizonDays
        self.maximumRequests = maximumRequests
    }
}

/// A cut of the history: which rows are known and which are asked.
public struct Split: Sendable {
    public let kind: SplitKind
    /// Why this kind, for the report.
    public let reason: String
    /// Row numbers of the history, ascending: known to the models.
    public let known: [Int]
    /// Asked of the models; ascending too.
    public let asked: [Int]
    /// Attributes are read as of this moment.
    public let catalogueAsOf: Timestamp

    /// Cuts `rows` of the history once.
    public init(_ history: History, rows: [Int], options: SplitOptions) {
        let clock = Split.byClock(history, rows, options)
        switch options.kind {
        case .clock:
            self = Split(.clock, "as configured", clock.known, clock.asked, clock.moment)
        case .user:
            self = Split.byUser(history, rows, options, reason: "as configured")
        case .auto:
            let warm = Split.usersWithHistory(history, clock, options)
            if warm >= options.minimumUsers {
                let reason = "\(warm) users of the last window have a history"
                self = Split(.clock, reason, clock.known, clock.asked, clock.moment)
            } else {
                let reason =
                    "a clock cut would leave \(warm) users with a history (\(options.minimumUsers) are needed); "
                    + "other users' later events are inside what is known"
                self = Split.byUser(history, rows, options, reason: reason)
            }
        }
    }

    /// The cut of `rows` whose held-out part a ranker learns from, see ``RankerOptions/heldOut``.
    /// - Parameter kind: nil = as configured.
    static func ofExamples(
        _ history: History, rows: [Int], _ configuration: Configuration, kind: SplitKind? = nil
    ) -> Split {
        var options = configuration.split
        if let kind { options.kind = kind }
        let split = Split(history, rows: rows, options: options)
        guard split.kind == .user else { return split }
        options.heldOut = configuration.ranker.heldOut
        let less = byUser(history, rows, options, reason: split.reason)
        let likes = less.asked.count { history.rows[$0].isPositive }
        return likes < configuration.ranker.automaticRequests ? split : less
    }

    /// How many rows had come when the last known one had.
    var end: Int { known.last.map { $0 + 1 } ?? 0 }

    /// Identifies what is asked: equal questions have equal fingerprints.
    func fingerprint(_ history: History) -> String {
        var parts: [UInt64] = [UInt64(known.count)]
        for row in asked {
            let event = history.rows[row]
            parts += [UInt64(bitPattern: event.seq), event.eventHash, event.actor.raw, event.item.raw]
        }
        return parts.withUnsafeBytes { String(StableHash.xxh64($0), radix: 16) }
    }

    init(_ kind: SplitKind, _ reason: String, _ known: [Int], _ asked: [Int], _ asOf: Timestamp) {
        self.kind = kind
        self.reason = reason
        self.known = known
        self.asked = asked
        catalogueAsOf = asOf
    }

    private static func byClock(
        _ history: History, _ rows: [Int], _ options: SplitOptions
    ) -> (known: [Int], asked: [Int], moment: Timestamp) {
        guard !rows.isEmpty else { return ([], [], .distantPast) }
        let at = min(max(Int((1 - options.heldOut) * Double(rows.count)), 0), rows.count - 1)
        // Rows stand in the order of visibility; those of one moment stay together.
        let moment = history.rows[rows[at]].receivedAt
        let cut = rows.firstIndex { history.rows[$0].receivedAt >= moment } ?? at
        return (Array(rows[..<cut]), Array(rows[cut...]), moment)
    }

    private static func usersWithHistory(
        _ history: History, _ cut: (known: [Int], asked: [Int], moment: Timestamp), _ options: SplitOptions
    ) -> Int {
        let people = People(history, through: cut.known)
        var counts: [UserKey: Int] = [:]
        for row in cut.known { counts[people.actor(of: row), default: 0] += 1 }
        let asked = Set(cut.asked.lazy.filter { history.rows[$0].isPositive }.map { history.rows[$0].actor })
        return asked.count { counts[$0, default: 0] >= options.minimumHistory }
    }

    private static func byUser(
        _ history: History, _ rows: [Int], _ options: SplitOptions, reason: String
    ) -> Split {
        var byActor: [UserKey: [Int]] = [:]
        let people = People(history, through: rows)
        for row in rows { byActor[people.actor(of: row), default: []].append(row) }
        var asked: [Int] = []
        for (_, own) in byActor where own.count >= options.minimumHistory {
            let ordered = own.sorted {
                (history.rows[$0].time, history.rows[$0].seq) < (history.rows[$1].time, history.rows[$1].seq)
            }
            asked += ordered[min(max(Int((1 - options.heldOut) * Double(own.count)), 0), own.count)...]
        }
        let askedSet = Set(asked)
        return Split(
            .user, reason, rows.filter { !askedSet.contains($0) }, asked.sorted(), .now)
    }
}

/// Who the actors of a window are, known at its end: what a device did before it was joined is its user's.
struct People {
    private let history: History
    private let users: [UserKey: UserKey]

    init(_ history: History, through rows: [Int]) {
        self.history = history
        users = history.identities(at: rows.last ?? 0)
    }

    func actor(of row: Int) -> UserKey {
        owner(of: history.rows[row].actor)
    }

    func owner(of actor: UserKey) -> UserKey { users[actor] ?? actor }
}
