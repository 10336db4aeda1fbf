import MagpieDomain
import MagpieRanking

extension Recommender {
    /// The same with a state that may move on without this one's.
    public func withOwnState() -> Recommender {
        Recommender(snapshot: snapshot, state: state.copy(), catalogue: catalogue)
    }

    /// The same bundle with the state of a moment in the past: the log from its beginning, without what was received
    /// later. In the log's order, which only tells who a device belonged to; the state itself is the same in any.
    ///
    /// The bundle is today's: what its retrievers and tables of items say is not of the past. What a feature reads of
    /// state and outside tables is.
    public func past(at moment: Timestamp, log: some EventLog) throws -> Recommender {
        let past = FeatureStore(rules: state.rules, halfLife: state.halfLife)
        try log.read(after: 0, through: try log.lastSeq()) { event in
            if event.receivedAt <= moment { past.apply(event) }
        }
        return Recommender(snapshot: snapshot, state: past, catalogue: catalogue)
    }
}
