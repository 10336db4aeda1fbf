import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline

/// The online path run ahead of time: the same ``Recommender``, one request a user.
public enum Batch {
    public struct UserAnswer: Sendable {
        public var user: UserID
        public var answer: Answer
    }

    /// All users that events name, ascending by id.
    /// - Parameter activeDays: only those of an event in so many days before the last one.
    public static func knownUsers(_ log: some EventLog, activeDays: Double? = nil) throws -> [UserID] {
        var lasts: [UserID: Timestamp] = [:]
        var newest = Timestamp(milliseconds: .min)
        try log.read(after: 0, through: try log.lastSeq()) { event in
            newest = max(newest, event.time)
            guard let user = event.userId else { return }
            lasts[user] = max(lasts[user] ?? event.time, event.time)
        }
        guard let activeDays else { return lasts.keys.sorted() }
        let span = Int64(min(activeDays * 86_400_000, 1e18))
        let since = newest.milliseconds.subtractingReportingOverflow(span)
        return lasts.filter { since.overflow || $0.value.milliseconds >= since.partialValue }.keys.sorted()
    }

    /// Answers in the order of those who ask, a few hundred at a time: more need not be in memory.
    private static func each<Asker: Sendable>(
        _ askers: [Asker], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        request: @Sendable (Asker) -> (Request, Timestamp), _ body: ([(asker: Asker, answer: Answer)]) throws -> Void
    ) throws {
        for start in stride(from: 0, to: askers.count, by: 256) {
            let piece = Array(askers[start..<min(start + 256, askers.count)])
            let done = Parallel.map(piece.count, threads: threads) { i in
                Swift.Result {
                    let (request, now) = request(piece[i])
                    return try recommender.answer(request, now: now)
                }
            }
            try body(try zip(piece, done).map { ($0, try $1.get()) })
            progress(Double(start + piece.count) / Double(askers.count))
        }
    }

    /// All answers, in the order of `users`.
    public static func answers(
        _ users: [UserID], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        request: @Sendable (UserID) -> (Request, Timestamp)
    ) throws -> [UserAnswer] {
        var answers: [UserAnswer] = []
        answers.reserveCapacity(users.count)
        try each(users, recommender, threads: threads, progress: progress, request: request) { some in
            answers += some.map { UserAnswer(user: $0.asker, answer: $0.answer) }
        }
        return answers
    }

    /// Answers as of `now` for everybody, as lists to be shown until they expire.
    public static func makeLists(
        _ users: [UserID], _ recommender: Recommender, scenario: String, options: ListOptions,
        into lists: any PrecomputedLists,
        now: Timestamp, threads: Int, progress: (Double) -> Void
    ) throws -> Int {
        var items = 0
        try each(
            users, recommender, threads: threads, progress: progress,
            request: { (listRequest(of: $0.key, scenario: scenario, options, now: now), now) }
        ) { answers in
            try lists.put(
                answers.map { user, answer in answer.list(for: user.string, key: user.key, options: options) })
            items += answers.reduce(0) { $0 + $1.answer.entries.count }
        }
        return items
    }

    private static func listRequest(
        of user: UserKey, scenario: String, _ options: ListOptions, now: Timestamp
    ) -> Request {
        Request(id: RequestID(at: now), scenario: scenario, user: user, count: options.count)
    }

    /// Of lists that are held, how many an answer for the same moment is like.
    public struct ListCheck: Sendable, Equatable, Codable {
        /// Made again.
        public var lists = 0
        /// Item by item.
        public var same = 0
        /// In another order.
        public var sameItems = 0
        /// Made by a bundle that is no longer the one that answers, and passed over.
        public var ofOtherBundles = 0
    }

    /// Answers for whose lists are held again, each as of the moment when its list was made. (What happened since to others may
    /// tell the two apart where it came late; a scenario that explores has another order each time.)
    public static func check(
        _ lists: [PrecomputedList], _ recommender: Recommender, options: ListOptions, threads: Int,
        progress: (Double) -> Void
    ) throws -> ListCheck {
        let own = lists.filter { $0.bundle == recommender.snapshot.bundle }
        var check = ListCheck(lists: own.count, ofOtherBundles: lists.count - own.count)
        try each(
            own, recommender, threads: threads, progress: progress,
            request: { (listRequest(of: $0.key, scenario: $0.scenario, options, now: $0.madeAt), $0.madeAt) }
        ) { answers in
            for (list, answer) in answers {
                let (before, now) = (list.items.map(\.id), answer.entries.map(\.id))
                if before == now {
                    check.same += 1
                } else if Set(before) == Set(now) {
                    check.sameItems += 1
                }
            }
        }
        return check
    }

    public static func writeTREC(_ answers: [UserAnswer], tag: String, to url: URL) throws {
        let lists = answers.lazy.map {
            TRECRun.List(user: $0.user, items: $0.answer.entries.map(\.id), scores: $0.answer.entries.map(\.score))
        }
        try TRECRun.write(lists, tag: tag, to: url)
    }

    public static func writeJSONLines(_ answers: [UserAnswer], to url: URL) throws {
        struct Line: Encodable {
            var user: String
            var bundle: String
            var rung: Answer.Rung
            var items: [String]
            var scores: [Float]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes: [UInt8] = []
        for answer in answers {
            bytes += try encoder.encode(
                Line(
                    user: answer.user.string, bundle: answer.answer.bundle, rung: answer.answer.rung,
                    items: answer.answer.entries.map(\.id.string), scores: answer.answer.entries.map(\.score)))
            bytes.append(UInt8(ascii: "\n"))
        }
        try AtomicFile.write(bytes, to: url)
    }
}
