import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieOnline

/// What all questions have in common.
struct AskOptions: ParsableArguments {
    @OptionGroup var home: HomeOptions
    @OptionGroup var json: JSONOption

    @Option(name: [.customShort("n"), .long], help: "How many items.")
    var count = 10

    @Option(help: "Only items that match, e.g. 'genres:Action AND year>=1990'.")
    var filter: String?

    @Option(help: ArgumentHelp("Leave this item out; may be repeated.", valueName: "item"))
    var exclude: [String] = []

    @Option(
        help: ArgumentHelp(
            "How much unlikeness counts against relevance, 0 to 1. (default: the scenario's)", valueName: "share")
    )
    var diversity: Double?

    @Option(
        name: .customLong("cap"),
        help: ArgumentHelp(
            "At most so many with one value, e.g. genres=3, or genres=3@20 among the first 20; may be repeated.",
            valueName: "attribute=most"))
    var caps: [CategoryCap] = []

    @Option(help: "The moment to answer for: 'now', 'last-event' (of the user, else of the log) or an ISO date.")
    var at: Moment = .now

    @Flag(help: "Show every stage: candidates, features, what each feature added.")
    var explain = false

    @Flag(inversion: .prefixedNo, help: "Order by the trained ranker, or by fusion of the retrievers.")
    var ranker = true

    /// Opens the published bundle with live state.
    func open() throws -> Asker { try home.asker() }

    func request(scenario: String) throws -> Request {
        var request = Request(
            id: RequestID(), scenario: scenario, count: count, filter: try filter.map(FilterPredicate.init),
            exclude: exclude.map { ItemID($0) }, useRanker: ranker ? nil : false, explain: explain || json.isOn)
        request.diversity = diversity
        request.caps = caps.isEmpty ? nil : caps
        return request
    }
}

extension HomeOptions {
    /// Opens the published bundle with live state.
    func asker() throws -> Asker {
        let opened = try open()
        guard let bundle = try opened.home.bundles.current() else {
            throw CommandError.nothingPublished(home: path)
        }
        let recommender = try Recommender(
            opening: bundle, log: opened.store, catalogue: opened.store,
            indexRecall: try ServeSettings(of: opened.home).indexRecall)
        return Asker(opened: opened, bundle: bundle, recommender: recommender)
    }
}

extension CategoryCap: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// An open home with the recommender of its current bundle.
struct Asker {
    let opened: OpenHome
    let bundle: BundleFolder
    let recommender: Recommender

    func moment(_ at: Moment, user: UserKey?) -> Timestamp {
        switch at {
        case .now: return .now
        case .time(let time): return time
        case .lastEvent:
            let own = user.flatMap { recommender.state.user($0)?.recent.last?.time }
            return own.map(Timestamp.init(milliseconds:)) ?? bundle.manifest.window.to ?? .now
        }
    }
}

/// The moment that a question is asked for.
enum Moment: ExpressibleByArgument, Equatable {
    case now
    case lastEvent
    case time(Timestamp)

    init?(argument: String) {
        switch argument {
        case "now": self = .now
        case "last-event": self = .lastEvent
        default:
            guard let time = Timestamp(iso8601: argument) else { return nil }
            self = .time(time)
        }
    }

    var defaultValueDescription: String { "now" }
}

enum CommandError: Error, CustomStringConvertible {
    case nothingPublished(home: String)

    var description: String {
        switch self {
        case .nothingPublished(let home):
            "\(home) has no published bundle yet: run magpie train --home \(home)"
        }
    }
}
