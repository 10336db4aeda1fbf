import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieRetrieval

/// Turns what was held out into questions for each scenario that ships.
enum Questions {
    /// `home`: what did the user like next?
    ///
    /// - By user: one request a user, right after their last known event; relevant are the positives held out.
    /// - By clock: one request a session that starts in the window; relevant are the user's new positives within
    ///   the horizon.
    ///
    /// - Parameter again: what the user had touched before is relevant, too, when it is liked again: for scenarios that show
    ///   what was seen.
    static func home(
        _ history: History, _ split: Split, rules: EventRules, options: SplitOptions, again: Bool = false
    ) -> [Question] {
        let all =
            switch split.kind {
            case .clock: byClock(history, split, rules: rules, options: options, again: again)
            case .user, .auto: byUser(history, split, again: again)
            }
        return drawn(options.maximumRequests, of: all)
    }

    /// So many of the questions, in their order. Which is a matter of who asks when alone: the same ones for every
    /// configuration, so that two can be compared.
    static func drawn(_ count: Int, of questions: [Question]) -> [Question] {
        guard questions.count > count else { return questions }
        let hashes = questions.map { question in
            mixed(question.user?.raw ?? 0, with: UInt64(truncatingIfNeeded: question.position))
        }
        let order = questions.indices.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
        return order.prefix(count).sorted().map { questions[$0] }
    }

    /// A key is a hash itself; mixed with another number and once more (SplitMix64's last steps).
    static func mixed(_ key: UInt64, with other: UInt64) -> UInt64 {
        var z = key ^ (other &* 0x9E37_79B9_7F4A_7C15)
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    static func byUser(_ history: History, _ split: Split, again: Bool = false) -> [Question] {
        var last: [UserKey: Timestamp] = [:]
        var seen: [UserKey: Set<ItemKey>] = [:]
        let people = People(history, through: split.known)
        for row in split.known {
            let event = history.rows[row]
            let actor = people.actor(of: row)
            last[actor] = max(last[actor] ?? .distantPast, event.time)
            seen[actor, default: []].insert(event.item)
        }
        var opinions: [UserKey: Opinions] = [:]
        for row in split.asked {
            let actor = people.actor(of: row)
            if !again, seen[actor]?.contains(history.rows[row].item) == true { continue }
            opinions[actor, default: Opinions()].add(history.rows[row])
        }
        return opinions.filter { !$0.value.liked.isEmpty }.sorted { $0.key < $1.key }.compactMap { user, opinions in
            last[user].map { opinions.question(of: user, now: $0, position: split.end, history) }
        }
    }

    /// What a user made of items that were new to them. Events are added in the order of the history; what came in
    /// one moment came in one turn.
    struct Opinions {
        private(set) var liked: Set<ItemKey> = []
        private var turns: [ItemKey: Int] = [:]
        private var latest: (time: Timestamp, turn: Int)?
        private var disliked: Set<ItemKey> = []
        private var kinds: [UInt16: Set<ItemKey>] = [:]

        mutating func add(_ row: History.Row) {
            if row.isPositive {
                if liked.insert(row.item).inserted {
                    let turn = latest.map { $0.time == row.time ? $0.turn : liked.count } ?? 1
                    latest = (row.time, turn)
                    turns[row.item] = turn
                }
                kinds[row.kind, default: []].insert(row.item)
            } else if row.isNegative {
                disliked.insert(row.item)
            }
        }

        func question(of user: UserKey, now: Timestamp, position: Int, _ history: History) -> Question {
            var question = Question(
                scenario: Scenario.home.name, user: user, now: now, position: position, relevant: liked)
            question.turns = turns
            question.disliked = disliked.subtracting(liked)
            for (kind, items) in kinds { question.kinds[history.kinds[Int(kind)]] = items }
            return question
        }
    }

    private static func byClock(
        _ history: History, _ split: Split, rules: EventRules, options: SplitOptions, again: Bool
    ) -> [Question] {
        var seen: [UserKey: Set<ItemKey>] = [:]
        let people = People(history, through: split.known)
        for row in split.known { seen[people.actor(of: row), default: []].insert(history.rows[row].item) }
        var byActor: [UserKey: [Int]] = [:]
        for row in split.asked { byActor[people.actor(of: row), default: []].append(row) }
        let horizon = Int64(options.horizonDays) * 86_400_000
        var questions: [Question] = []
        for (user, rows) in byActor {
            var touched = seen[user] ?? []
            var previous = Timestamp.distantPast
            for (at, row) in rows.enumerated() {
                let event = history.rows[row]
                let starts = previous == .distantPast || rules.startsSession(event.time, after: previous)
                if starts {
                    let future = rows[at...].lazy.map { history.rows[$0] }
                        .filter { isWithin($0.time, horizon, after: event.time) }
                    var opinions = Opinions()
                    for event in future where again || !touched.contains(event.item) { opinions.add(event) }
                    if !opinions.liked.isEmpty {
                        questions.append(opinions.question(of: user, now: event.time, position: row, history))
                    }
                }
                touched.insert(event.item)
                previous = event.time
            }
        }
        return questions.sorted { $0.position < $1.position }
    }

    static func isWithin(_ time: Timestamp, _ horizon: Int64, after start: Timestamp) -> Bool {
        let (span, isBeyond) = time.milliseconds.subtractingReportingOverflow(start.milliseconds)
        return isBeyond ? time < start : span <= horizon
    }

    /// `similar`: the item liked last before the request is the seed, what the user liked next is relevant. The
    /// user is not told, so that the model is not about one person.
    static func similar(_ home: [Question], _ history: History, _ split: Split) -> [Question] {
        var lastLiked: [UserKey: History.Row] = [:]
        let people = People(history, through: split.known)
        for row in split.known where history.rows[row].isPositive {
            let event = history.rows[row]
            let actor = people.actor(of: row)
            if let present = lastLiked[actor], (present.time, present.seq) > (event.time, event.seq) { continue }
            lastLiked[actor] = event
        }
        return home.compactMap { question in
            guard let user = question.user, let liked = lastLiked[user], let seed = history.itemIDs[liked.item] else {
                return nil
            }
            var question = question
            question.scenario = Scenario.similar.name
            question.user = nil
            question.seed = seed
            return question
        }
    }

    /// `search`: what people searched for in the part that is asked about, and what they then liked; of more than `count` the
    /// newest. In the order of the history.
    static func clicks(_ history: History, _ split: Split, count: Int) -> [Question] {
        struct Search: Hashable {
            var user: UserKey
            var text: String
        }
        let people = People(history, through: split.known)
        var opinions: [Search: Opinions] = [:]
        var searches: [(search: Search, row: Int)] = []
        for row in split.asked where history.rows[row].isPositive {
            guard let text = history.queries[history.rows[row].seq] else { continue }
            let search = Search(user: people.actor(of: row), text: text)
            if opinions[search] == nil { searches.append((search, row)) }
            opinions[search, default: Opinions()].add(history.rows[row])
        }
        return searches.suffix(count).compactMap { search, row in
            var question = opinions[search]?.question(
                of: search.user, now: history.rows[row].time, position: split.kind == .clock ? row : split.end,
                history)
            question?.scenario = Scenario.search.name
            question?.text = search.text
            return question
        }
    }

    /// `search`: known-item queries made from the items' own texts (words left out, typing errors), because a
    /// home without search clicks has no others. Items are drawn half by how often they are liked, half evenly.
    static func search(
        _ data: Dataset, _ options: TextOptions, count: Int, now: Timestamp, position: Int, seed: UInt64,
        stream: UInt64
    ) -> [Question] {
        var random = RandomSource(seed: seed, 0x5EA2_C4ED, stream)
        // Events are many times as many as items: each item is looked at once.
        let isTitled = data.items.map { $0.attributes[ReservedAttribute.title] != nil }
        let titled = isTitled.indices.filter { isTitled[$0] }
        let liked = data.interactions.item.filter { isTitled[Int($0)] }
        guard !titled.isEmpty else { return [] }
        return (0..<count).flatMap { n -> [Question] in
            let item =
                n % 2 == 0 && !liked.isEmpty
                ? Int(liked[random.below(liked.count)]) : titled[random.below(titled.count)]
            let text = data.encoderText(of: item, options)
            return QueryViews.views(of: text, count: 1, using: &random).map { view in
                Question(
                    scenario: Scenario.search.name, text: view, now: now, position: position,
                    relevant: [data.items[item].id.key])
            }
        }
    }
}
