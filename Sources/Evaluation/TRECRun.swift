import Foundation
import MagpieArtifacts
import MagpieDomain

/// Ranked lists as a TREC run file, which any scorer reads (trec_eval, pytrec_eval, ranx, ir_measures):
///
///     user Q0 item rank score tag
///
/// Scorers order by the score and not by the rank, and break ties in their own way. Therefore a score that is not
/// below the one before it is written as the next smaller Float: the order that we answered is the order that is
/// scored.
public enum TRECRun {
    /// The list of one user, best first; `scores` as many as `items`.
    public struct List: Sendable, Equatable {
        public var user: UserID
        public var items: [ItemID]
        public var scores: [Float]

        public init(user: UserID, items: [ItemID], scores: [Float]) {
            precondition(items.count == scores.count, "\(items.count) items, \(scores.count) scores")
            self.user = user
            self.items = items
            self.scores = scores
        }
    }

    /// Writes all or nothing. Throws ``EvaluationError/unwritableID(got:)``, ``ArtifactError/cannotWrite(path:got:)``.
    public static func write(_ lists: some Sequence<List>, tag: String, to url: URL) throws {
        try check(tag)
        try AtomicFile.write(to: url) { file in
            var text = ""
            for list in lists {
                try check(list.user.string)
                var previous = Float.greatestFiniteMagnitude
                for (i, item) in list.items.enumerated() {
                    try check(item.string)
                    // min(NaN, x) is not x: a score that is no number takes the next place.
                    let score = list.scores[i] < previous ? list.scores[i] : previous.nextDown
                    previous = max(score, -.greatestFiniteMagnitude)
                    text += "\(list.user) Q0 \(item) \(i + 1) \(previous) \(tag)\n"
                }
                if text.utf8.count > 1 << 20 { try flush(&text, to: file) }
            }
            try flush(&text, to: file)
        }
    }

    private static func flush(_ text: inout String, to file: AtomicFile) throws {
        try text.withUTF8 { try file.append(UnsafeRawBufferPointer($0)) }
        text = ""
    }

    static func check(_ word: String) throws {
        let hasSpace = word.unicodeScalars.contains { $0.properties.isWhitespace || $0.value < 0x20 }
        if word.isEmpty || hasSpace { throw EvaluationError.unwritableID(got: word) }
    }

    /// Reads a run: users in the order of their first line, items by descending score, then by rank. Throws
    /// ``EvaluationError/badLine(path:line:got:expected:)`` for a line that has not six columns, a rank or score that
    /// is no number, an item that a user has twice.
    public static func read(_ url: URL) throws -> [List] {
        struct Row {
            var item: ItemID
            var rank: Int
            var score: Float
        }
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw EvaluationError.cannotRead(path: url.path, got: "no such file, or not readable")
        }
        var rows: [[Row]] = []
        var users: [UserID] = []
        var numbers: [UserID: Int] = [:]
        var seen: [Set<ItemID>] = []
        for (i, bytes) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: bytes, as: UTF8.self)
            let columns = text.split(whereSeparator: \.isWhitespace)
            if columns.isEmpty { continue }
            func bad(_ got: Substring, _ expected: String) -> EvaluationError {
                .badLine(path: url.path, line: i + 1, got: String(got), expected: expected)
            }
            guard columns.count == 6 else { throw bad(text[...], "user Q0 item rank score tag") }
            guard let rank = Int(columns[3]) else { throw bad(columns[3], "a rank") }
            guard let score = Float(columns[4]), score.isFinite else { throw bad(columns[4], "a score") }
            let user = UserID(String(columns[0]))
            let item = ItemID(String(columns[2]))
            let number = numbers[user] ?? users.count
            if number == users.count {
                numbers[user] = number
                users.append(user)
                rows.append([])
                seen.append([])
            }
            guard seen[number].insert(item).inserted else { throw bad(columns[2], "each item once a user") }
            rows[number].append(Row(item: item, rank: rank, score: score))
        }
        return users.indices.map { u in
            let sorted = rows[u].sorted { ($1.score, $0.rank, $0.item) < ($0.score, $1.rank, $1.item) }
            return List(user: users[u], items: sorted.map(\.item), scores: sorted.map(\.score))
        }
    }
}
