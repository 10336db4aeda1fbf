import ArgumentParser
import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOffline
import MagpieOnline
import MagpieSQLiteStore

struct BatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Answer for many users ahead of time, into a file or into the home's lists.",
        discussion: """
            Runs the online path for each user. What a user has seen is left out. With --at last-event each user asks \
            right after their own last event, which is the moment that an offline test asks about.

            With --into-lists the answers, as of now, become the lists that a server shows with mode=batch and mode=auto, \
            until they expire (lists.hours of magpie.json); without --users for everybody who was active of late \
            (lists.activeDays).

            EXAMPLES
              magpie batch --into-lists
              magpie batch --users all --count 100 --format trec --output run.trec
              magpie batch --users all --retriever embedding --format trec --output embedding.trec
              magpie batch --users 1,2,3 --count 10 --format jsonl --output lists.jsonl
              magpie batch --users @asked.txt --format trec --output run.trec
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case trec, jsonl }

    @Option(
        help:
            "'all', 'active', ids separated by commas, or @FILE with one a line. (default: all; with --into-lists active)"
    )
    var users: String?

    @Option(help: "The file to write; it appears when it is complete.")
    var output: String?

    @Flag(help: "Keep the answers in the home, for a server to show.")
    var intoLists = false

    @Option(help: "TREC run file, or JSON Lines.")
    var format = Format.jsonl

    @Option(help: "The scenario, by its name in the configuration.")
    var scenario = Scenario.home.name

    @Option(
        help:
            "Only this retriever: embedding, neighbours, transitions, ease, cosine-recent, ... (a wrong name lists them)."
    )
    var retriever: String?

    @Option(help: "How many threads to use. The result does not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @OptionGroup var ask: AskOptions

    func validate() throws {
        guard (output == nil) == intoLists else {
            throw ValidationError("say where the answers go: --output FILE or --into-lists")
        }
        if intoLists, retriever != nil || ask.filter != nil || !ask.exclude.isEmpty || !ask.ranker || ask.at != .now {
            throw ValidationError("--into-lists makes what a server would answer now: without other options")
        }
    }

    func run() throws {
        let asker = try ask.open()
        let wanted = try people(asker.opened)
        let bar = ProgressBar()
        bar.begin("answering \(Numbers.count(wanted.count)) users")
        let clock = ContinuousClock.now
        let items: Int
        if let output {
            items = try write(wanted, asker, to: URL(fileURLWithPath: output), progress: bar.update)
        } else {
            let lists = try ListFile(asker.opened.home.listsURL)
            items = try Batch.makeLists(
                wanted, asker.recommender, scenario: scenario, options: asker.opened.configuration.lists, into: lists,
                now: .now, threads: threads, progress: bar.update)
            _ = try lists.removeExpired(at: .now)
        }
        bar.end()
        let elapsed = (ContinuousClock.now - clock).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        print(
            "\(Numbers.count(wanted.count)) users, \(Numbers.count(items)) items in \(Numbers.seconds(seconds)): "
                + (output ?? "the home's lists"))
    }

    private func people(_ opened: OpenHome) throws -> [UserID] {
        switch users ?? (intoLists ? "active" : "all") {
        case "all": try Batch.knownUsers(opened.store)
        case "active": try Batch.knownUsers(opened.store, activeDays: opened.configuration.lists.activeDays)
        case let file where file.hasPrefix("@"): try LineFile.read(String(file.dropFirst())).map { UserID($0) }
        case let ids: ids.split(separator: ",").map { UserID(String($0)) }
        }
    }

    /// Returns how many items.
    private func write(
        _ users: [UserID], _ asker: Asker, to url: URL, progress: (Double) -> Void
    ) throws -> Int {
        let template = try ask.request(scenario: scenario)
        let answers = try Batch.answers(users, asker.recommender, threads: threads, progress: progress) { user in
            var request = template
            request.user = user.key
            request.onlyRetriever = retriever
            request.explain = false
            return (request, asker.moment(ask.at, user: user.key))
        }
        switch format {
        case .trec: try Batch.writeTREC(answers, tag: retriever ?? (ask.ranker ? "magpie" : "magpie-fusion"), to: url)
        case .jsonl: try Batch.writeJSONLines(answers, to: url)
        }
        return answers.reduce(0) { $0 + $1.answer.entries.count }
    }
}
