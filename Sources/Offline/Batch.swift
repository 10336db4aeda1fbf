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

    /// Answers in the order of `users`, a few hundred at a time: more need not be in memory.
    public static func each(
        _ users: [UserID], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        request: @Sendable (UserID) -> (Request, Timestamp), _ body: ([UserAnswer]) throws -> Void
    ) throws {
        for start in stride(from: 0, to: users.count, by: 256) {
            let piece = Array(users[start..<min(start + 256, users.count)])
            let done = Parallel.map(piece.count, threads: threads) { i in
                Swift.Result {
                    let (request, now) = request(piece[i])
                    return UserAnswer(user: piece[i], answer: try recommender.answer(request, now: now))
                }
            }
            try body(try done.map { try $0.get() })
            progress(Double(start + piece.count) / Double(users.count))
        }
    }

    /// All answers, in the order of `users`.
    public static func answers(
        _ users: [UserID], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        request: @Sendable (UserID) -> (Request, Timestamp)
    ) throws -> [UserAnswer] {
        var answers: [UserAnswer] = []
        answers.reserveCapacity(users.count)
        try each(users, recommender, threads: threads, progress: progress, request: request) { answers += $0 }
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
            request: { user in
                (Request(id: RequestID(at: now), scenario: scenario, user: user.key, count: options.count), now)
            }
        ) { answers in
            try lists.put(answers.map { $0.answer.list(for: $0.user.string, key: $0.user.key, options: options) })
            items += answers.reduce(0) { $0 + $1.answer.entries.count }
        }
        return items
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
        for start in stride(from: 0, to: own.count, by: 256) {
            let piece = own[start..<min(start + 256, own.count)]
            let again = Parallel.map(piece.count, threads: threads) { i in
                Swift.Result {
                    let list = piece[start + i]
                    let request = Request(
                        id: RequestID(at: list.madeAt), scenario: list.scenario, user: list.key, count: options.count)
                    return try recommender.answer(request, now: list.madeAt).entries.map(\.id)
                }
            }
            for (list, answer) in zip(piece, again) {
                let (before, now) = (list.items.map(\.id), try answer.get())
                if before == now {
                    check.same += 1
                } else if Set(before) == Set(now) {
                    check.sameItems += 1
                }
            }
            progress(Double(start + piece.count) / Double(own.count))
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
