import MagpieDomain

/// Lists made ahead of time: from an answer, and back into one.
extension Recommender {
    /// What of a list may still be shown: not what was seen, hidden or filtered out since it was made.
    public func answer(
        _ request: Request, from list: PrecomputedList, now: Timestamp
    ) throws -> Answer {
        let scenario = try snapshot.scenario(request.scenario)
        let (query, _, _) = try self.query(for: request, scenario: scenario, now: now)
        let unwanted = Set(request.exclude)
        return Answer(request, list, now: now, appliedSeq: state.appliedSeq) { id in
            snapshot.items.index(of: id).map { !query.excluded.contains($0) } ?? !unwanted.contains(id)
        }
    }
}

extension Answer {
    /// - Parameter isWanted: which items of the list may be shown.
    public init(
        _ request: Request, _ list: PrecomputedList, now: Timestamp, appliedSeq: Int64,
        isWanted: (ItemID) -> Bool
    ) {
        self.init(
            requestId: request.id, scenario: list.scenario, bundle: list.bundle, rung: .precomputed, now: now,
            appliedSeq: appliedSeq,
            entries: list.items.filter { isWanted($0.id) }.prefix(request.count).map {
                Entry(index: nil, id: $0.id, title: $0.title, score: $0.score, proposals: [], features: [])
            })
    }

    /// - Parameter user: the caller's id.
    public func list(for user: String, key: UserKey, options: ListOptions) -> PrecomputedList {
        PrecomputedList(
            user: user, key: key, scenario: scenario, bundle: bundle, madeAt: now, expiresAt: options.expiry(of: now),
            items: entries.map { .init(id: $0.id, score: $0.score, title: $0.title) })
    }
}

extension Request {
    /// Whether a list made ahead of time can answer it: it asks for what suits a user, and says no more than what may
    /// be shown.
    public var isPlain: Bool {
        user != nil && text == nil && seed == nil && candidates == nil && vector == nil && diversity == nil
            && caps == nil && !explain && onlyRetriever == nil && useRanker == nil && page == SearchPage()
    }
}
