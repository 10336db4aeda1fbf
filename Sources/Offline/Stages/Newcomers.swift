import MagpieDomain
import MagpieEvaluation
import MagpieKernels

/// People who come tomorrow, played by people who are known.
///
/// Whoever has liked one film is served by retrievers that have never seen them and know one thing of them. Requests
/// after a cut by user teach nothing of that: there everybody has a history, and what is asked about comes late in it. So
/// some users are left out of what the draft is fitted on, and come back while it serves: after their first, second and
/// fourth like they ask, and what they liked next is relevant.
struct Newcomers {
    let count: Int
    /// The cut without them: what the draft knows, and what the ranker of all others learns from.
    let rest: Split
    /// Their first events, asked about after all that the draft knows.
    let split: Split
    let questions: [Question]

    /// nil where there are too few users.
    init?(_ history: History, _ whole: Split, options: NewcomerOptions, horizonDays: Int) {
        let people = People(history, through: whole.asked.last.map { [$0] } ?? whole.known)
        let rows = (whole.known + whole.asked).sorted()
        var own: [UserKey: [Int]] = [:]
        for row in rows { own[people.actor(of: row), default: []].append(row) }
        // One like to know, another to be asked about.
        let able = own.filter { $0.value.count { history.rows[$0].isPositive } > 1 }.keys
        let wanted = min(options.maximumUsers, Int(options.share * Double(able.count)))
        guard wanted >= options.minimumUsers else { return nil }
        let order = able.map { (Questions.mixed($0.raw, with: 0x4E45_5743), $0) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        let chosen = Set(order.prefix(wanted).map(\.1))

        // After so many likes they ask: 1, 2, 4, ...
        let likes = Set(sequence(first: 1) { $0 * 2 }.prefix { $0 < options.below })
        let horizon = whole.kind == .clock ? Int64(horizonDays) * 86_400_000 : .max
        var questions: [Question] = []
        var asked: [Int] = []
        for user in chosen {
            let asks = Self.questions(of: user, own[user] ?? [], after: likes, history, horizon: horizon)
            let end = asks.map(\.position).max() ?? 0
            asked += (own[user] ?? []).filter { $0 < end }
            questions += asks
        }
        func without(_ rows: [Int]) -> [Int] { rows.filter { !chosen.contains(people.actor(of: $0)) } }
        count = wanted
        rest = Split(whole.kind, whole.reason, without(whole.known), without(whole.asked), whole.catalogueAsOf)
        split = Split(.clock, "newcomers", rest.known, asked.sorted(), whole.catalogueAsOf)
        self.questions = questions.sorted {
            ($0.position, $0.user?.raw ?? 0) < ($1.position, $1.user?.raw ?? 0)
        }
    }

    private static func questions(
        of user: UserKey, _ rows: [Int], after likes: Set<Int>, _ history: History, horizon: Int64
    ) -> [Question] {
        var questions: [Question] = []
        var touched: Set<ItemKey> = []
        var liked = 0
        for (at, row) in rows.enumerated() {
            let event = history.rows[row]
            touched.insert(event.item)
            guard event.isPositive else { continue }
            liked += 1
            guard likes.contains(liked) else { continue }
            var opinions = Questions.Opinions()
            for row in rows[(at + 1)...] {
                let later = history.rows[row]
                guard Questions.isWithin(later.time, horizon, after: event.time) else { continue }
                if !touched.contains(later.item) { opinions.add(later) }
            }
            if opinions.liked.isEmpty { continue }
            questions.append(opinions.question(of: user, now: event.time, position: row + 1, history))
        }
        return questions
    }
}
