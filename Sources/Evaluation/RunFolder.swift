import Foundation
import MagpieArtifacts
import MagpieDomain

/// What an evaluation asked and what was answered, as files that any scorer reads: in a folder for each scenario
///
///     home.qrels              query 0 item 1            what was relevant
///     home.whole.trec         see TRECRun               one for each system
///
/// A query is named by its user where each asks once; by the user and a number where they ask more often; by a number
/// where nobody in particular asks.
public enum RunFolder {
    /// Replaces files of the same names, each whole or not at all. Throws ``EvaluationError/unwritableID(got:)`` or
    /// ``ArtifactError/cannotWrite(path:got:)``.
    /// - Parameters:
    ///   - userID, itemID: the caller's ids; what has none is left out (items) or numbered (users).
    public static func write(
        _ answers: ScenarioAnswers, to folder: URL, userID: (UserKey) -> UserID?, itemID: (ItemKey) -> ItemID?
    ) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw ArtifactError.cannotWrite(path: folder.path, got: error.localizedDescription)
        }
        let names = names(answers.asked.map(\.question), userID)
        var relevant = ""
        for (asked, name) in zip(answers.asked, names) {
            try TRECRun.check(name.string)
            for item in asked.question.relevant.sorted() {
                guard let id = itemID(item) else { continue }
                try TRECRun.check(id.string)
                relevant += "\(name) 0 \(id) 1\n"
            }
        }
        try AtomicFile.write(Array(relevant.utf8), to: folder.appendingPathComponent("\(answers.scenario).qrels"))
        for (system, lists) in zip(answers.systems, answers.lists) {
            let run = zip(names, lists).map { name, list in
                let items = list.compactMap(itemID)
                return TRECRun.List(user: name, items: items, scores: items.indices.map { Float(items.count - $0) })
            }
            try TRECRun.write(
                run, tag: system.name, to: folder.appendingPathComponent("\(answers.scenario).\(system.name).trec"))
        }
    }

    static func names(_ questions: [Question], _ userID: (UserKey) -> UserID?) -> [UserID] {
        var counts: [UserKey: Int] = [:]
        for case let user? in questions.lazy.map(\.user) { counts[user, default: 0] += 1 }
        var numbers: [UserKey: Int] = [:]
        return questions.enumerated().map { place, question in
            guard let user = question.user, let id = userID(user) else { return UserID("q\(place + 1)") }
            guard counts[user, default: 0] > 1 else { return id }
            numbers[user, default: 0] += 1
            return UserID("\(id)/\(numbers[user, default: 0])")
        }
    }
}
