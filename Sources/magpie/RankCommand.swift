import ArgumentParser
import MagpieDomain
import MagpieOnline
import MagpieServing

struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank", abstract: "Put items of your own choice in the order that suits a user.",
        discussion: """
            Nothing is retrieved: the items are scored by every retriever and ordered by the ranker, as recommendations \
            are. Items that no bundle knows come last.

            EXAMPLES
              magpie rank --user 1 2571 260 1
              magpie rank --user 1 2571 260 1 --explain
            """)

    @Argument(help: "The ids of the items.")
    var items: [String]

    @Option(help: "The user's id; without it the order is a newcomer's.")
    var user: String?

    @Option(help: "The scenario, by its name in the configuration.")
    var scenario = Scenario.home.name

    @OptionGroup var ask: AskOptions

    func run() throws {
        let asker = try ask.open()
        var request = try ask.request(scenario: scenario)
        request.user = user.map { UserID($0).key }
        request.candidates = items.map { ItemID($0) }
        request.count = items.count
        let answer = try asker.recommender.answer(request, now: asker.moment(ask.at, user: request.user))
        if ask.json.isOn { return print(answer.json) }
        AnswerPrinter(recommender: asker.recommender).print(answer, title: "Ranked", explain: ask.explain)
    }
}
