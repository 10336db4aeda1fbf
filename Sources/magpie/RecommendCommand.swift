import ArgumentParser
import MagpieDomain
import MagpieOnline
import MagpieServing

struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend", abstract: "What a user may like, beside what the user liked.",
        discussion: """
            A user that nobody knows gets popular items: a cold start is an answer, not an error.

            EXAMPLES
              magpie recommend --user 1
              magpie recommend --user 1 --filter 'genres:Comedy AND year>=1990' -n 5
              magpie recommend --user 1 --diversity 0.3 --cap genres=3
              magpie recommend --user 1 --explain
            """)

    @Option(help: "The user's id.")
    var user: String?

    @Option(help: "The id of an anonymous visitor.")
    var anonymous: String?

    @Option(help: "The scenario, by its name in the configuration.")
    var scenario = Scenario.home.name

    @OptionGroup var ask: AskOptions

    func run() throws {
        let asker = try ask.open()
        var request = try ask.request(scenario: scenario)
        request.user = user.map { UserID($0).key } ?? anonymous.map { Event.anonymousKey(UserID($0)) }
        let answer = try asker.recommender.answer(request, now: asker.moment(ask.at, user: request.user))
        if ask.json.isOn { return print(answer.json) }

        let printer = AnswerPrinter(recommender: asker.recommender)
        if let key = request.user {
            let name = user ?? anonymous ?? ""
            if asker.recommender.state.user(key) == nil {
                print(Style.yellow("Nothing is known of \(name) yet: this is the answer to a newcomer."))
            } else {
                printer.printHistory(of: key, name: name)
            }
            print()
        }
        printer.print(answer, title: "Recommended", explain: ask.explain)
    }
}
