/// The append-only log of everything that happened. One writer; any number of readers.
public protocol EventLog: Sendable {
    /// Appends in order, giving each new event its `seq`. An id that is known is not appended again: the first
    /// wins, counted as `duplicates` (same payload) or `conflicts` (another payload). All or nothing.
    func append(_ events: [Event]) throws -> AppendReport

    /// Appends what several callers sent, each all or nothing, in one commit: what makes a commit slow is then paid once.
    /// - Returns: for each what ``append(_:)`` would have returned or thrown.
    func append(groups: [[Event]]) throws -> [Result<AppendReport, any Error>]

    /// The `seq` of the newest event; 0 when there is none.
    func lastSeq() throws -> Int64

    /// Calls `body` with the events after `seq`, up to `through`, in `seq` order, without holding them all.
    func read(after seq: Int64, through: Int64, _ body: (Event) throws -> Void) throws

    /// Erases a person: their events and attributes are removed, `body` sees each removed event once (so that
    /// live state can subtract it). The numbers of the removed rows are not given again.
    func erase(user: UserID, at time: Timestamp, _ body: (Event) throws -> Void) throws -> Int

    /// The users that were erased when the log had reached `seq` or more: state made at `seq` must forget them.
    func erasures(after seq: Int64) throws -> [UserKey]
}

extension EventLog {
    public func append(groups: [[Event]]) throws -> [Result<AppendReport, any Error>] {
        groups.map { group in Result { try append(group) } }
    }
}

public struct AppendReport: Sendable, Equatable {
    public var appended = 0
    public var duplicates = 0
    public var conflicts = 0
    /// Events of a person who was erased after they were received: a file imported again brings nobody back.
    public var erased = 0
    /// Ids of the first conflicts, at most ten, for the message.
    public var conflictExamples: [String] = []

    public init() {}

    public mutating func add(_ other: AppendReport) {
        appended += other.appended
        duplicates += other.duplicates
        conflicts += other.conflicts
        erased += other.erased
        conflictExamples = Array((conflictExamples + other.conflictExamples).prefix(10))
    }
}
