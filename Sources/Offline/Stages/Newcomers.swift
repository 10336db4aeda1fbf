import MagpieDomain
import MagpieEvaluation

/// People who come tomorrow, played by people who are known.
///
/// Whoever has liked one film is served by retrievers that have never seen them and know one thing of them. Requests
/// after a cut by user teach nothing of that: there everybody has a history, and what is asked about comes late in it. So
/// some users are left out of what the draft is fitted on, and come back while it serves: after their first, second and
/// fourth like they ask, and what they came to like is relevant: all of it, or among the very next events
/// (``NewcomerOptions/next``); where the cut is by clock, within its horizon.
struct Newcomers {
    var count: Int { people.count }
    /// The cut without them: what the draft knows, and what the ranker of all others learns from.
    let rest: Split
    /// Their first events, asked about after all that the draft knows.
    let split: Split

    private let history: History
    private let options: NewcomerOptions
    /// ms after a request.
    private let horizon: Int64
    private let people: [Person]

    private struct Person {
        let key: UserKey
        /// Rows of the history, ascending.
        let rows: [Int]
        /// Places of these after which they ask.
        let asks: [Int]
    }

    /// nil where there are too few users.
    init?(_ history: History, _ whole: Split, options: NewcomerOptions, horizonDays: Int) {
        let rows = (whole.known + whole.asked).sorted()
        let everybody = People(history, through: rows)
        var own: [UserKey: [Int]] = [:]
        for row in rows { own[everybody.actor(of: row), default: []].append(row) }
        // One like to know, another to be asked about.
        let able = own.filter { $0.value.count { history.rows[$0].isPositive } > 1 }.keys
        let wanted = min(options.maximumUsers, Int(options.share * Double(able.count)))
        guard wanted >= options.minimumUsers else { return nil }
        let order = able.map { (Questions.mixed($0.raw, with: Self.stream), $0) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        let chosen = Set(order.prefix(wanted).map(\.1))
        // After so many likes they ask: 1, 2, 4, ...
        let likes = Set(sequence(first: 1) { $0 * 2 }.prefix { $0 < options.below })
        people = chosen.sorted().map { key in
            let rows = own[key] ?? []
            let liked = rows.indices.filter { history.rows[rows[$0]].isPositive }
            let asks = liked.indices.filter { likes.contains($0 + 1) && $0 + 1 < liked.count }.map { liked[$0] }
            return Person(key: key, rows: rows, asks: asks)
        }
        func without(_ rows: [Int]) -> [Int] { rows.filter { !chosen.contains(everybody.actor(of: $0)) } }
        rest = Split(whole.kind, whole.reason, without(whole.known), without(whole.asked), whole.catalogueAsOf)
        let asked = people.flatMap { $0.rows[...($0.asks.last ?? 0)] }
        split = Split(.clock, "newcomers", rest.known, asked.sorted(), whole.catalogueAsOf)
        self.history = history
        self.options = options
        horizon = whole.kind == .clock ? Int64(horizonDays) * 86_400_000 : .max
    }

    /// In the order of the history.
    func questions(for scenario: Scenario) -> [Question] {
        let all = people.flatMap { person in
            person.asks.compactMap { question(of: person, after: $0, scenario) }
        }
        return all.sorted { ($0.position, $0.user?.raw ?? 0) < ($1.position, $1.user?.raw ?? 0) }
    }

    private func question(of person: Person, after place: Int, _ scenario: Scenario) -> Question? {
        let now = history.rows[person.rows[place]].time
        let touched = Set(person.rows[...place].map { history.rows[$0].item })
        let next = person.rows[(place + 1)...].prefix(options.next > 0 ? options.next : .max)
            .prefix { Questions.isWithin(history.rows[$0].time, horizon, after: now) }
        var opinions = Questions.Opinions()
        for row in next where !scenario.excludeSeen || !touched.contains(history.rows[row].item) {
            opinions.add(history.rows[row])
        }
        if opinions.liked.isEmpty { return nil }
        var question = opinions.question(of: person.key, now: now, position: person.rows[place] + 1, history)
        question.scenario = scenario.name
        // Of somebody new it is their taste that is learned, and not where they go from their first film.
        question.turns = [:]
        return question
    }

    private static let stream: UInt64 = 0x4E45_5743
}
