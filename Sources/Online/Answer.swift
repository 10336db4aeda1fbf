import MagpieDomain

/// What was answered, how, and from which state.
public struct Answer: Sendable {
    /// The rung of the degradation ladder that made the order.
    public enum Rung: String, Sendable, Codable {
        /// All stages: candidates ordered by the trained ranker.
        case ranked
        /// No ranker for this scenario (or switched off): candidates in the order of reciprocal rank fusion.
        case retrieved
        /// A list made ahead of time (``PrecomputedList``).
        case precomputed
        /// Nothing was known of the user and nothing was proposed: popular items.
        case popular
    }

    public struct Entry: Sendable {
        /// nil for an item that is newer than the bundle.
        public var index: ItemIndex?
        public var id: ItemID
        public var title: String?
        public var score: Float
        /// How likely it is that the user likes it, were it shown: calibrated on requests that the ranker had not seen.
        /// nil where no calibrated ranker scored it.
        public var probability: Float?
        /// Which retrievers proposed it.
        public var proposals: [Proposal]
        /// Its row of features and what each added to the score; empty unless explained.
        public var features: [FeatureTerm]
    }

    public struct Proposal: Sendable, Hashable {
        public var retriever: String
        /// 1 = its first.
        public var rank: Int
        public var score: Float
    }

    public struct FeatureTerm: Sendable {
        public var name: String
        /// NaN = not known.
        public var value: Float
        public var contribution: Float
    }

    /// What happened on the way, for `explain`.
    public struct Funnel: Sendable {
        /// Items in the bundle, and how many of them each reason took out before retrieval.
        public var catalogue: Int
        public var excluded: [Exclusion]
        /// The vector that the embedding retriever looked for.
        public var queryEmbedding: [Float]?
        /// How many candidates each retriever proposed, and how long it took in microseconds.
        public var retrieved: [Retrieved]
        /// Distinct candidates after the merge.
        public var merged: Int
        /// Candidates that another of the same group took the place of.
        public var sameGroup: Int
        /// The diversity that was asked for, and how many of the first places went to another than before.
        public var diversity = 0.0
        public var moved = 0
        /// Items that a cap put off.
        public var capped = 0
        public var microseconds: Stages

        public struct Exclusion: Sendable {
            public var reason: String
            public var count: Int
        }

        public struct Retrieved: Sendable {
            public var retriever: String
            public var candidates: [Scored]
            public var microseconds: Double
        }

        /// In microseconds.
        public struct Stages: Sendable {
            public var query = 0.0
            public var retrieve = 0.0
            public var score = 0.0
            public var features = 0.0
            public var rank = 0.0
            public var reorder = 0.0

            public init() {}

            /// In the order in which they follow each other.
            public var named: [(name: String, microseconds: Double)] {
                [
                    ("query", query), ("retrieve", retrieve), ("score", score), ("features", features), ("rank", rank),
                    ("reorder", reorder),
                ]
            }
        }
    }

    /// What an answer took, for those who count.
    public struct Work: Sendable {
        public var stages: Funnel.Stages
        /// By retriever: how many candidates it proposed, and its microseconds.
        public var retrieved: [(retriever: String, candidates: Int, microseconds: Double)]

        init(_ funnel: Funnel) {
            stages = funnel.microseconds
            retrieved = funnel.retrieved.map { ($0.retriever, $0.candidates.count, $0.microseconds) }
        }
    }

    public var requestId: RequestID
    public var scenario: String
    public var bundle: String
    public var rung: Rung
    public var now: Timestamp
    /// The log position of the state that was read.
    public var appliedSeq: Int64
    public var entries: [Entry]
    /// What it took; nil where nothing was computed for it.
    public var work: Work?
    /// What matches a search, when the request wanted to know.
    public var matches: Matches?
    public var funnel: Funnel?
}
