import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import MagpieRetrieval

/// The online path: retrieve, merge, filter, add features, rank, re-order. State and clock are parameters, so
/// that replaying history through it makes the training examples, and running it ahead of time makes the batch.
public struct Recommender: Sendable {
    public let snapshot: Snapshot
    public let state: FeatureStore
    public let catalogue: LiveCatalogue
    let trends: LiveTrends

    /// A request may ask for this many items.
    public static let counts = 1...1_000
    /// Of a long history only the newest items are embedded and looked up.
    public static let historyLimit = 1_000

    public init(snapshot: Snapshot, state: FeatureStore, catalogue: LiveCatalogue = LiveCatalogue()) {
        self.snapshot = snapshot
        self.state = state
        self.catalogue = catalogue
        trends = LiveTrends(snapshot.items)
    }

    /// Answers one request as of `now`.
    public func answer(_ request: Request, now: Timestamp, deadline: Deadline = .none) throws -> Answer {
        try check(request.page)
        if let sort = request.page.sort { return try sorted(request, by: sort, now: now) }
        let reorder = try Reorder(request, snapshot.scenario(request.scenario), snapshot.items)
        let stage = try candidates(for: request, now: now, deadline: deadline)
        var funnel = stage.funnel
        var watch = Stopwatch()
        // Too late for features and scores: the order of retrieval is the next rung.
        let ranker = deadline.hasPassed ? nil : ranker(for: request, stage)
        let features = ranker == nil ? nil : self.features(stage)
        funnel.microseconds.features = watch.lap()
        let (scores, rung) = score(stage, ranker, features)
        // Items ascend, so that of equal scores the smaller item stays the first.
        let order = namedFirst(descendingOrder(of: scores), stage, text: request.text)
        funnel.microseconds.rank = watch.lap()

        let alone = reorder.ungrouped(order, stage, snapshot.items)
        let kept = reorder.diversified(alone, stage, scores: scores, snapshot.similarities)
        let (all, putOff) = reorder.capped(placing(kept, stage, request), count: request.count) {
            attribute(of: $0, stage, $1)
        }
        let places = all.prefix(request.count)
        funnel.sameGroup = order.count - alone.count
        funnel.diversity = reorder.diversity
        funnel.moved = zip(alone, kept).prefix(request.count).count { $0 != $1 }
        funnel.capped = putOff
        funnel.microseconds.reorder = watch.lap()
        var entries: [Answer.Entry] = []
        // From the last to the first: a new item has the score of the one behind it.
        let behind = all.dropFirst(request.count).lazy.compactMap { if case .row(let row) = $0 { row } else { nil } }
            .first
        var score: Float = behind.map { scores[$0] } ?? 0
        for place in places.reversed() {
            switch place {
            case .row(let row):
                score = scores[row]
                entries.append(entry(row, stage, score: score, ranker, features: request.explain ? features : nil))
            case .added(let found): entries.append(entry(found, score: score))
            }
        }
        entries.reverse()
        let exploration = Exploration(request, stage.scenario, rung)
        exploration?.shuffle(&entries)
        var unknown: Set<ItemID> = []
        for id in request.candidates ?? []
        where entries.count < request.count && snapshot.items.index(of: id) == nil && unknown.insert(id).inserted {
            entries.append(
                Answer.Entry(
                    index: nil, id: id, title: nil, score: min(entries.last?.score ?? 0, 0), proposals: [], features: []
                ))
        }
        return Answer(
            requestId: exploration?.id ?? request.id, scenario: stage.scenario.name, bundle: snapshot.bundle,
            rung: rung, now: now, appliedSeq: state.appliedSeq, entries: entries, work: .init(funnel),
            matches: matches(stage.query, request, now: now).map { described($0, request.page) },
            funnel: request.explain ? funnel : nil)
    }

    /// The items that match the text of a request, in the order of an attribute: nothing is retrieved or ranked.
    private func sorted(_ request: Request, by sort: SearchPage.Sort, now: Timestamp) throws -> Answer {
        let scenario = try snapshot.scenario(request.scenario)
        let (query, _, _) = try query(for: request, scenario: scenario, now: now)
        let matches = matches(query, request, now: now)
        let found = matches.map { sorted($0, by: sort, count: request.count) } ?? []
        let entries = found.enumerated().map { place, match in
            let score = Float(found.count - place)  // falls along the answer, as everywhere
            guard let row = match.row else {
                return entry(
                    .init(
                        entry: catalogue.items?.entry(match.id) ?? Entry(id: match.id), retriever: "text",
                        rank: place + 1,
                        score: score), score: score)
            }
            return Answer.Entry(
                index: row, id: match.id, title: snapshot.items.title(of: row), score: score, proposals: [],
                features: [])
        }
        return Answer(
            requestId: request.id, scenario: scenario.name, bundle: snapshot.bundle, rung: .retrieved, now: now,
            appliedSeq: state.appliedSeq, entries: entries, matches: matches.map { described($0, request.page) })
    }

    // MARK: First stage

    /// The merged candidates of a request, scored by every retriever: what the ranker orders and learns from.
    /// - Parameter others: items that are looked at as well, whoever proposes them.
    public func candidates(
        for request: Request, now: Timestamp, deadline: Deadline = .none, with others: [ItemIndex] = []
    ) throws -> Candidates {
        var watch = Stopwatch()
        let scenario = try snapshot.scenario(request.scenario)
        let (query, user, exclusions) = try query(for: request, scenario: scenario, now: now)
        var funnel = Answer.Funnel(
            catalogue: snapshot.items.count, excluded: exclusions, queryEmbedding: nil, retrieved: [], merged: 0,
            sameGroup: 0,
            microseconds: .init())
        if request.explain { funnel.queryEmbedding = snapshot.embedder?.vector(for: query) }
        funnel.microseconds.query = watch.lap()

        let all = snapshot.retrievers.map { (name: $0.name, asked: $0.asked(query)) }
        let proposers =
            try request.onlyRetriever.map { [try place(ofRetriever: $0)] }
            ?? all.indices.filter { scenario.retrievers.contains(all[$0].name) }
        let limit = max(scenario.candidatesPerRetriever, request.count)
        let given = request.candidates.map { those(of: $0, excluding: query.excluded) }
        func ask(_ place: Int, _ deadline: Deadline) {
            let (name, retriever) = all[place]
            var clock = Stopwatch()
            let list =
                given.map { ranked($0, by: retriever) }
                ?? retriever.candidates(limit: limit, deadline: deadline)
            funnel.retrieved.append(.init(retriever: name, candidates: list, microseconds: clock.lap()))
        }
        for proposer in proposers { ask(proposer, deadline) }
        if funnel.retrieved.allSatisfy(\.candidates.isEmpty), request.onlyRetriever == nil,
            let popular = all.firstIndex(where: { $0.name == "popular" })
        {
            // The last rung: nobody had anything to say, or all were late. What is popular is better than silence,
            // and takes no time.
            funnel.retrieved.removeAll { $0.retriever == all[popular].name }
            ask(popular, .none)
        }
        var items = given ?? funnel.retrieved.flatMap { $0.candidates.lazy.map(\.item) }.sortedOnce()
        if scenario.candidates > 0, given == nil {
            items = first(max(scenario.candidates, request.count), of: items, funnel.retrieved)
        }
        if !others.isEmpty { items = (items + others).sortedOnce() }
        funnel.merged = items.count
        funnel.microseconds.retrieve = watch.lap()

        let opinions = all.map {
            FeatureContext.Opinion(retriever: $0.name, scores: $0.asked.scores(of: items))
        }
        funnel.microseconds.score = watch.lap()
        return Candidates(
            scenario: scenario, query: query, user: request.user, userState: user, items: items, opinions: opinions,
            now: now, knownShare: state.knownShare, funnel: funnel)
    }

    /// The first of the merged candidates by reciprocal rank fusion over the lists that they were merged from, ascending.
    private func first(_ count: Int, of items: [ItemIndex], _ proposals: [Answer.Funnel.Retrieved]) -> [ItemIndex] {
        guard items.count > count else { return items }
        let scores = Fusion.scores(of: items, proposals, knownShare: state.knownShare)
        return descendingOrder(of: scores).prefix(count).map { items[$0] }.sorted()
    }

    /// Of the caller's own candidates those that the bundle knows and nothing excludes, ascending.
    private func those(of given: [ItemID], excluding excluded: ItemSet) -> [ItemIndex] {
        given.compactMap { snapshot.items.index(of: $0) }.filter { !excluded.contains($0) }.sortedOnce()
    }

    /// Candidates in the order of a retriever's opinion of them; those that it has none of are left out.
    private func ranked(_ items: [ItemIndex], by retriever: any AskedRetriever) -> [Scored] {
        zip(items, retriever.scores(of: items)).map { Scored(item: $0, score: $1) }
            .filter { !$0.score.isNaN }.sorted()
    }

    /// The features of candidates, one row each, as of the moment they were retrieved for.
    public func features(_ stage: Candidates) -> FeatureMatrix {
        snapshot.items.prefetchAttributes(of: stage.items)
        snapshot.items.prefetchAttributes(of: stage.query.history.map(\.item))
        return snapshot.features.matrix(
            FeatureContext(
                items: stage.items, query: stage.query, opinions: stage.opinions,
                proposals: stage.funnel.retrieved.map(\.candidates),
                moments: state.moments(of: snapshot.items.keys(of: stage.items), at: stage.now),
                user: stage.user, userState: stage.userState, totals: state.totals, table: snapshot.items,
                similarities: snapshot.similarities, popularity: snapshot.popularity, now: stage.now))
    }

    // MARK: Second stage

    private func ranker(for request: Request, _ stage: Candidates) -> (any Ranker)? {
        let scenario = stage.scenario
        guard request.onlyRetriever == nil, request.useRanker ?? scenario.useRanker else { return nil }
        let isNewcomer = stage.query.history.count < snapshot.newcomersBelow
        return (isNewcomer ? snapshot.newcomerRankers[scenario.name] : nil) ?? snapshot.rankers[scenario.name]
    }

    /// Scores by the ranker, else by fusion, and the rung that this is.
    private func score(
        _ stage: Candidates, _ ranker: (any Ranker)?, _ features: FeatureMatrix?
    ) -> (scores: [Float], rung: Answer.Rung) {
        let proposals = stage.funnel.retrieved
        let isCold = proposals.allSatisfy { $0.candidates.isEmpty || Snapshot.impersonal.contains($0.retriever) }
        if let ranker, let features {
            return (ranker.scores(of: features), isCold ? .popular : .ranked)
        }
        return (stage.fused, isCold ? .popular : .retrieved)
    }

    // MARK: Parts

    private func place(ofRetriever name: String) throws -> Int {
        guard let found = snapshot.retrievers.firstIndex(where: { $0.name == name }) else {
            throw RequestError.unknownRetriever(got: name, expected: snapshot.retrievers.map(\.name))
        }
        return found
    }

    func query(
        for request: Request, scenario: Scenario, now: Timestamp
    ) throws -> (Query, UserState?, [Answer.Funnel.Exclusion]) {
        guard Self.counts.contains(request.count) else {
            throw RequestError.count(got: request.count, expected: Self.counts)
        }
        let text = request.text?.trimmingWhitespace()
        if scenario.name == Scenario.search.name, text?.isEmpty ?? true {
            throw RequestError.nothingAsked(scenario: scenario.name)
        }
        try request.vector.map(check)
        let items = snapshot.items
        let seed = request.seed.flatMap { items.index(of: $0) }
        let user = request.user.flatMap { state.user($0) }
        let liked = user?.history(limit: Self.historyLimit, at: now) ?? []
        let history = zip(liked, items.indices(of: liked.map(\.item))).compactMap { touch, item in
            item.map { Interest(item: $0, time: touch.time) }
        }

        // What is shown again since the bundle was made is still bound to its from and until.
        var excluded = snapshot.availability.hidden
        catalogue.update(&excluded) { items.index(of: $0) }
        snapshot.availability.addUntimely(at: now, to: &excluded)
        var exclusions: [Answer.Funnel.Exclusion] = []
        var before = 0
        func note(_ reason: String) {
            if !request.explain { return }
            let count = excluded.count
            if count > before { exclusions.append(.init(reason: reason, count: count - before)) }
            before = count
        }
        note("unavailable")
        if scenario.excludeSeen, request.candidates == nil, let user {
            let rules = scenario.seen.isEmpty ? [SeenRule(.touched)] : scenario.seen
            var seen = user.recent.filter { touch in
                rules.contains {
                    $0.holds(
                        time: touch.time, now: now.milliseconds, isLiked: touch.isPositive,
                        isBought: touch.purchase != .none)
                }
            }.map(\.item)
            for rule in rules {
                guard case .shown(let times) = rule.interaction else { continue }
                seen += user.passedOver(times, days: rule.days, at: now)
            }
            for case let item? in items.indices(of: seen) { excluded.insert(item) }
            note("seen")
        }
        if let filter = request.filter {
            excluded.formUnion(snapshot.filters.rejected(by: filter))
            note("filter")
        }
        for id in request.exclude { if let item = items.index(of: id) { excluded.insert(item) } }
        if let seed { excluded.insert(seed) }
        note("asked for")
        let words = seed == nil ? text ?? request.seed.flatMap(words(ofNew:)) : text
        var query = Query(history: history, text: words, seed: seed, excluded: excluded)
        query.vector = request.vector
        if snapshot.isLive {
            let asked = seed.map { [Interest(item: $0, time: now)] } ?? history
            query.trending = trends.trending(for: asked, now: now, state: state)
            query.covisits = trends.covisits(
                of: asked.prefix(LiveTrends.tasteItems).map(\.item), now: now, state: state)
        }
        return (query, user, exclusions)
    }

    /// Only numbers, as many as the items' vectors have.
    private func check(_ vector: [Float]) throws {
        guard let dimension = snapshot.embedder?.table.dimension else {
            throw RequestError.vector(got: "\(vector.count) numbers", expected: "none: this bundle has no embeddings")
        }
        guard vector.count == dimension else {
            throw RequestError.vector(
                got: "\(vector.count) numbers", expected: "the \(dimension) of the items' vectors")
        }
        guard vector.allSatisfy(\.isFinite) else {
            throw RequestError.vector(got: "an infinity or no number", expected: "finite numbers")
        }
    }

    private func entry(
        _ row: Int, _ stage: Candidates, score: Float, _ ranker: (any Ranker)?, features: FeatureMatrix?
    ) -> Answer.Entry {
        let item = stage.items[row]
        var terms: [Answer.FeatureTerm] = []
        if let features, let ranker {
            let contributions = ranker.contributions(of: features, row: row)
            terms = features.names.indices.map {
                .init(name: features.names[$0], value: features[row, $0], contribution: contributions[$0])
            }
            if ranker.bias != 0 { terms.append(.init(name: "bias", value: 1, contribution: ranker.bias)) }
        }
        let proposals = stage.funnel.retrieved.compactMap { list -> Answer.Proposal? in
            guard let rank = list.candidates.firstIndex(where: { $0.item == item }) else { return nil }
            return .init(retriever: list.retriever, rank: rank + 1, score: list.candidates[rank].score)
        }
        return .init(
            index: item, id: snapshot.items.id(of: item), title: snapshot.items.title(of: item), score: score,
            probability: ranker?.probabilities(of: [score])?.first, proposals: proposals, features: terms)
    }
}

/// The first stage's result: the merged candidates of one request with every retriever's opinion of each.
public struct Candidates: Sendable {
    public var scenario: Scenario
    public var query: Query
    var user: UserKey?
    /// What they did; it may hold events later than ``now``.
    var userState: UserState?
    /// Ascending.
    public var items: [ItemIndex]
    public var opinions: [FeatureContext.Opinion]
    public var now: Timestamp
    /// See ``FeatureStore/knownShare``.
    var knownShare: Float
    var funnel: Answer.Funnel

    /// The order of fusion, aligned with ``items``: larger = earlier.
    public var fused: [Float] { Fusion.scores(of: self) }
}

extension Array where Element == ItemIndex {
    /// Ascending, each once.
    fileprivate func sortedOnce() -> [ItemIndex] {
        let sorted = sorted()
        var once: [ItemIndex] = []
        once.reserveCapacity(sorted.count)
        for item in sorted where item != once.last { once.append(item) }
        return once
    }
}
