import ArgumentParser
import Foundation
import MagpieDomain
import MagpieEvaluation
import MagpieOffline
import MagpieOnline

struct BatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Answer for many users ahead of time, into a file.",
        discussion: """
            Runs the online path for each user. What a user has seen is left out. With --at last-event each user asks \
            right after their own last event, which is the moment that an offline test asks about.

            EXAMPLES
              magpie batch --users all --count 100 --format trec --output run.trec
              magpie batch --users all --retriever embedding --format trec --output embedding.trec
              magpie batch --users 1,2,3 --count 10 --format jsonl --output lists.jsonl
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case trec, jsonl }

    @Option(help: "'all', or ids separated by commas.")
    var users = "all"

    @Option(help: "The file to write; it appears when it is complete.")
    var output: String

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

    func run() throws {
        let asker = try ask.open()
        let everyone = try Batch.knownUsers(asker.opened.store)
        let wanted = users == "all" ? everyone : users.split(separator: ",").map { UserID(String($0)) }
        let template = try ask.request(scenario: scenario)
        let bar = ProgressBar()
        bar.begin("answering \(Numbers.count(wanted.count)) users")
        let clock = ContinuousClock.now
        let answers = try Batch.answers(wanted, asker.recommender, threads: threads, progress: bar.update) { user in
            var request = template
            request.user = user.key
            request.onlyRetriever = retriever
            request.explain = false
            return (request, asker.moment(ask.at, user: user.key))
        }
        bar.end()
        let url = URL(fileURLWithPath: output)
        switch format {
        case .trec: try Batch.writeTREC(answers, tag: retriever ?? (ask.ranker ? "magpie" : "magpie-fusion"), to: url)
        case .jsonl: try Batch.writeJSONLines(answers, to: url)
        }
        let elapsed = (ContinuousClock.now - clock).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        print(
            "\(Numbers.count(answers.count)) users, \(Numbers.count(answers.reduce(0) { $0 + $1.answer.entries.count })) "
                + "items in \(Numbers.seconds(seconds)): \(output)")
    }
}
