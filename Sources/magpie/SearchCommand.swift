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
              magpie search "star" --facet genres --sort year --descending
            """)

    @Argument(help: "What to search for.")
    var text: String

    @Option(help: "The id of the user who searches.")
    var user: String?

    @Flag(help: "Say how many items match.")
    var total = false

    @Option(
        help: ArgumentHelp("Count the values of this attribute among the matches; may be repeated.", valueName: "name"))
    var facet: [String] = []

    @Option(help: ArgumentHelp("Order the matches by this attribute instead of by relevance.", valueName: "name"))
    var sort: String?

    @Flag(help: "The largest first.")
    var descending = false

    @OptionGroup var ask: AskOptions

    func run() throws {
        let asker = try ask.open()
        var request = try ask.request(scenario: Scenario.search.name)
        request.text = text
        request.user = user.map { UserID($0).key }
        request.page = SearchPage(
            wantsTotal: total, facets: facet,
            sort: sort.map { SearchPage.Sort(attribute: $0, isDescending: descending) })
        let answer = try asker.recommender.answer(request, now: asker.moment(ask.at, user: request.user))
        if ask.json.isOn { return print(answer.json) }
        AnswerPrinter(recommender: asker.recommender)
            .print(answer, title: "Found for \"\(text)\"", explain: ask.explain)
        if let matches = answer.matches { show(matches) }
    }

    private func show(_ matches: Answer.Matches) {
        let words = matches.words == .all ? "all the words" : "any of the words: none has all"
        print("\(matches.isExact ? "" : "at least ")\(Numbers.count(matches.count)) match (\(words))")
        for facet in matches.facets {
            print(Style.bold(facet.attribute))
            var table = Table([.text("value"), .number("items")])
            for value in facet.values { table.add([value.value, Numbers.count(value.count)]) }
            print(table.text(indent: "  "))
        }
    }
}
