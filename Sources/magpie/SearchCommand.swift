import ArgumentParser
import MagpieDomain
import MagpieOnline
import MagpieServing

struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find items by words, misspelt or not.",
        discussion: """
            EXAMPLES
              magpie search "the matrix"
              magpie search "teh matirx" --explain
              magpie search "space opera" --filter 'year<1980'
            """)

    @Argument(help: "What to search for.")
    var text: String

    @Option(help: "The id of the user who searches.")
    var user: String?

    @OptionGroup var ask: AskOptions

    func run() throws {
        let asker = try ask.open()
        var request = try ask.request(scenario: Scenario.search.name)
        request.text = text
        request.user = user.map { UserID($0).key }
        let answer = try asker.recommender.answer(request, now: asker.moment(ask.at, user: request.user))
        if ask.json.isOn { return print(answer.json) }
        AnswerPrinter(recommender: asker.recommender)
            .print(answer, title: "Found for \"\(text)\"", explain: ask.explain)
    }
}
