import ArgumentParser
import MagpieDomain
import MagpieOnline
import MagpieServing

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "Items like an item.",
        discussion: """
            EXAMPLES
              magpie similar 2571
              magpie similar 2571 -n 5 --json
            """)

    @Argument(help: "The item's id.")
    var item: String

    @OptionGroup var ask: AskOptions

    func run() throws {
        let asker = try ask.open()
        var request = try ask.request(scenario: Scenario.similar.name)
        request.seed = ItemID(item)
        let answer = try asker.recommender.answer(request, now: asker.moment(ask.at, user: nil))
        if ask.json.isOn { return print(answer.json) }
        let items = asker.recommender.snapshot.items
        let index = items.index(of: ItemID(item))
        if index == nil {
            print(Style.yellow("Nothing is known of item \(item): these are popular items. Is the id right?"))
        }
        AnswerPrinter(recommender: asker.recommender)
            .print(answer, title: "Similar to \(index.flatMap { items.title(of: $0) } ?? item)", explain: ask.explain)
    }
}
