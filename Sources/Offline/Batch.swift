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
    public static func knownUsers(_ log: some EventLog) throws -> [UserID] {
        var users = Set<UserID>()
        try log.read(after: 0, through: try log.lastSeq()) { event in
            if let user = event.userId { users.insert(user) }
        }
        return users.sorted()
    }

    /// Answers in the order of `users`.
    public static func answers(
        _ users: [UserID], _ recommender: Recommender, threads: Int, progress: (Double) -> Void,
        request: @Sendable (UserID) -> (Request, Timestamp)
    ) throws -> [UserAnswer] {
        var answers: [UserAnswer] = []
        answers.reserveCapacity(users.count)
        for start in stride(from: 0, to: users.count, by: 256) {
            let piece = Array(users[start..<min(start + 256, users.count)])
            let done = Parallel.map(piece.count, threads: threads) { i in
                Swift.Result {
                    let (request, now) = request(piece[i])
                    return UserAnswer(user: piece[i], answer: try recommender.answer(request, now: now))
                }
            }
            for answer in done { answers.append(try answer.get()) }
            progress(Double(answers.count) / Double(users.count))
        }
        return answers
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
