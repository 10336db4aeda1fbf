import ArgumentParser
import MagpieDomain
import MagpieOnline
import MagpieRanking

/// `magpie features`: what the ranker sees, now or then; and tables of one's own beside it.
struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "Every feature of a user and items at a moment; load tables of your own.",
        subcommands: [FeaturesShowCommand.self, FeaturesLoadCommand.self], defaultSubcommand: FeaturesShowCommand.self)
}

struct FeaturesShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The values of all features for a user and items.",
        discussion: """
            With --at the log is replayed up to that moment, so that the values are those that a request would have got \
            then from the bundle of today. Without --item the best answers of the moment are shown. A dash is a value \
            that is not known.

            EXAMPLES
              magpie features --user 1
              magpie features --user 1 --item 2571 --item 318
              magpie features --user 1 --at 2001-05-01T12:00:00Z --json
            """)

    @Option(help: "The user's id.")
    var user: String?

    @Option(help: "The id of an anonymous visitor.")
    var anonymous: String?

    @Option(name: .customLong("item"), help: "The id of an item; may be repeated.")
    var items: [String] = []

    @Option(help: "The scenario, by its name in the configuration.")
    var scenario = Scenario.home.name

    @Option(help: ArgumentHelp("The text of a search.", valueName: "text"))
    var query: String?

    @Option(help: "The moment: 'now', 'last-event' (of the user, else of the log) or an ISO date.")
    var at: Moment = .now

    @OptionGroup var home: HomeOptions
    @OptionGroup var json: JSONOption

    /// Answers that are shown where no item is named.
    private static let shown = 3

    func run() throws {
        let asker = try home.asker()
        let key = user.map { UserID($0).key } ?? anonymous.map { Event.anonymousKey(UserID($0)) }
        let now = asker.moment(at, user: key)
        // Of now the state is the live one.
        let recommender = at == .now ? asker.recommender : try asker.recommender.past(at: now, log: asker.opened.store)
        let request = Request(id: RequestID(), scenario: scenario, user: key, text: query, count: Self.shown)
        let table = recommender.snapshot.items
        var rows = try items.map { id -> ItemIndex in
            guard let row = table.index(of: ItemID(id)) else {
                throw FeaturesError.unknownItem(id, bundle: recommender.snapshot.bundle)
            }
            return row
        }
        if rows.isEmpty { rows = try recommender.answer(request, now: now).entries.compactMap(\.index) }
        let stage = try recommender.candidates(for: request, now: now, with: rows)
        let matrix = recommender.features(stage)
        let shown = rows.map { row in (row, stage.items.firstIndex(of: row)) }
        let report = Report(
            user: user ?? anonymous, at: now.iso8601, appliedSeq: recommender.state.appliedSeq,
            bundle: recommender.snapshot.bundle, scenario: scenario, candidates: stage.items.count,
            items: shown.compactMap { row, place in
                place.map { place in
                    Report.Item(
                        id: table.id(of: row).string, title: table.title(of: row),
                        features: Dictionary(
                            zip(matrix.names, matrix.row(place).map { $0.isNaN ? nil : $0 }), uniquingKeysWith: { $1 }))
                }
            })
        if json.isOn { return try JSONOption.print(report) }
        show(report, names: matrix.names)
    }

    private func show(_ report: Report, names: [String]) {
        print(
            Style.bold("Features of \(report.user ?? "nobody") at \(report.at)"),
            Style.dim("(log position \(report.appliedSeq), \(report.candidates) candidates, bundle \(report.bundle))"))
        if report.items.isEmpty { return print("  no candidates") }
        var table = Table([.text("feature")] + report.items.map { .number($0.title ?? $0.id) })
        for name in names {
            table.add(
                [name]
                    + report.items.map { item in
                        (item.features[name] ?? nil).map { Numbers.fixed($0, 4) } ?? "-"
                    })
        }
        print(table.text(indent: "  "))
    }

    private struct Report: Encodable {
        struct Item: Encodable {
            var id: String
            var title: String?
            /// null = not known.
            var features: [String: Float?]
        }
        var user: String?
        var at: String
        var appliedSeq: Int64
        var bundle: String
        var scenario: String
        /// Ranks and shares are among so many.
        var candidates: Int
        var items: [Item]
    }
}

enum FeaturesError: Error, CustomStringConvertible {
    case unknownItem(String, bundle: String)
    case badName(String)

    var description: String {
        switch self {
        case .unknownItem(let id, let bundle):
            "bundle \(bundle) has no item \"\(id)\": check the id, or run magpie train if it is new"
        case .badName(let name):
            "--name is \"\(name)\": use letters, digits, _ and -, at most 64; it is part of the features' names"
        }
    }
}
