import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieRanking

/// What clients say was on screen, request by request: the better teacher of a ranker, because what was shown and passed over
/// was seen, and what a replay takes for passed over mostly was not.
///
/// Impressions with the same `requestId` are one list. It belongs to the scenario that its `surface` names; without one to
/// `home`, or to `search` where there is a `query`.
struct Impressions {
    struct List: Sendable {
        var actor: UserKey
        /// The name of a scenario, as the client says it.
        var surface: String?
        var query: String?
        /// When the first of it came, and how many rows of the history had come by then.
        var time: Timestamp
        var receivedAt: Timestamp
        var position = 0
        var shown: [Question.Shown] = []
        /// Whether its order was one of chance: see ``Scenario/explore``.
        var isExplored: Bool
    }

    private var byRequest: [RequestID: Int] = [:]
    /// In the order in which they began.
    private(set) var lists: [List] = []

    /// Of a list so many items are kept: what is further down nobody has seen.
    private static let longest = 200

    mutating func append(_ event: Event) {
        guard let request = event.requestId, let actor = event.actor, let item = event.itemId else { return }
        let place = byRequest[request] ?? lists.count
        if place == lists.count {
            byRequest[request] = place
            lists.append(
                List(
                    actor: actor, surface: event.surface, query: event.query, time: event.effectiveTime,
                    receivedAt: event.receivedAt, isExplored: request.isExplored))
        }
        guard lists[place].shown.count < Self.longest, !lists[place].shown.contains(where: { $0.item == item.key })
        else { return }
        lists[place].shown.append(.init(item: item.key, place: event.position))
    }

    /// Of what is in the lists: rows of the history do not show that more was on screen.
    var fingerprint: String {
        var words: [UInt64] = []
        for list in lists {
            words += [
                list.actor.raw, UInt64(bitPattern: list.time.milliseconds), UInt64(list.shown.count),
                StableHash.xxh64("\(list.surface ?? "") \(list.query ?? "")"), list.isExplored ? 1 : 0,
            ]
            for shown in list.shown { words += [shown.item.raw, UInt64(bitPattern: Int64(shown.place ?? 0))] }
        }
        return String(words.withUnsafeBytes { StableHash.xxh64($0) }, radix: 16)
    }

    /// Says of each list how many rows had come before it, and whose it is.
    /// - Parameters: `rows` and `joins` in the order of visibility.
    mutating func arrange(_ rows: [History.Row], _ joins: [History.Join]) {
        byRequest = [:]
        lists.sort { ($0.receivedAt, $0.actor, $0.time) < ($1.receivedAt, $1.actor, $1.time) }
        var owners: [UserKey: UserKey] = [:]
        var (row, join) = (0, 0)
        for at in lists.indices {
            let moment = lists[at].receivedAt
            while row < rows.count, rows[row].receivedAt < moment { row += 1 }
            while join < joins.count, joins[join].receivedAt <= moment {
                owners[joins[join].device] = joins[join].user
                join += 1
            }
            lists[at].position = row
            lists[at].actor = owners[lists[at].actor] ?? lists[at].actor
        }
    }
}

extension Questions {
    /// Lists that were on screen in the part of the history that is asked about, of which something was then liked: by the
    /// same person within the horizon.
    static func viewed(
        _ history: History, _ split: Split, scenario: String, options: SplitOptions
    ) -> [Question] {
        let questions = lists(history, split, scenario: scenario, options: options).compactMap {
            list, owner, opinions in
            guard !opinions.liked.isEmpty else { return nil as Question? }
            var question = opinions.question(
                of: owner, now: list.time, position: split.kind == .clock ? list.position : split.end, history)
            question.scenario = scenario
            question.text = list.query
            question.shown = list.shown
            return question
        }
        return drawn(options.maximumRequests, of: questions)
    }

    /// How often places are looked at, by the lists of that part whose order was one of chance (``Scenario/explore``); nil where
    /// they are too few to tell.
    static func propensities(
        _ history: History, _ split: Split, scenario: String, options: SplitOptions
    ) -> PlacePropensities? {
        var (shown, liked) = ([Int](), [Int]())
        for (list, _, opinions) in lists(history, split, scenario: scenario, options: options) where list.isExplored {
            for item in list.shown {
                guard let place = item.place, (1...Exploration.depth).contains(place) else { continue }
                while shown.count < place { (shown, liked) = (shown + [0], liked + [0]) }
                shown[place - 1] += 1
                liked[place - 1] += opinions.liked.contains(item.item) ? 1 : 0
            }
        }
        return PlacePropensities(shown: shown, liked: liked)
    }

    /// The lists of a scenario on screen in that part, whose they were, and what their owners made of what they saw.
    private static func lists(
        _ history: History, _ split: Split, scenario: String, options: SplitOptions
    ) -> [(Impressions.List, owner: UserKey, Opinions)] {
        guard let first = split.asked.first, !history.impressions.lists.isEmpty else { return [] }
        let people = People(history, through: split.known)
        var asked: [UserKey: [Int]] = [:]
        for row in split.asked { asked[people.actor(of: row), default: []].append(row) }
        let horizon = Int64(options.horizonDays) * 86_400_000
        // By user the state stands still behind what each knows, wherever that is in the history.
        let begin = split.kind == .clock ? first : 0
        return history.impressions.lists.compactMap { list in
            let own = list.surface ?? (list.query == nil ? Scenario.home.name : Scenario.search.name)
            let owner = people.owner(of: list.actor)
            guard list.position >= begin, own == scenario, let rows = asked[owner] else { return nil }
            if split.kind != .clock, let earliest = rows.first, list.position < earliest { return nil }
            let shown = Set(list.shown.map(\.item))
            var opinions = Opinions()
            for row in rows where row >= list.position {
                let event = history.rows[row]
                if shown.contains(event.item), isWithin(event.time, horizon, after: list.time) { opinions.add(event) }
            }
            return (list, owner, opinions)
        }
    }
}
