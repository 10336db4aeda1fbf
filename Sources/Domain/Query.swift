/// What a retriever is asked: who, what text, what item, what not. Everything is already in the bundle's own
/// rows, so a retriever needs no store, clock or network to answer it.
public struct Query: Sendable {
    /// The positives of the user or the session, newest first.
    public var history: [Interest]
    /// The text that was searched for.
    public var text: String?
    /// The item that others should be similar to.
    public var seed: ItemIndex?
    /// A vector of the caller's own model for who or what asks: items answer by its inner product with theirs.
    public var vector: [Float]?
    /// What live events say at the moment of the request, best first: what is liked most lately, by all and in the
    /// categories that the user likes; and what those liked who lately liked the same.
    public var trending: [Scored] = []
    public var covisits: [Scored] = []
    /// Items that must not be returned: seen, unavailable, filtered out. They never take a candidate's place.
    public var excluded: ItemSet

    public init(history: [Interest] = [], text: String? = nil, seed: ItemIndex? = nil, excluded: ItemSet) {
        self.history = history
        self.text = text
        self.seed = seed
        self.excluded = excluded
    }
}

/// One item of a user's history.
public struct Interest: Sendable, Hashable {
    public var item: ItemIndex
    public var time: Timestamp
    public var weight: Float

    public init(item: ItemIndex, time: Timestamp, weight: Float = 1) {
        self.item = item
        self.time = time
        self.weight = weight
    }
}

/// An item and how good it is. Larger is better, everywhere; ties go to the smaller index, so that order is total.
public struct Scored: Sendable, Hashable, Comparable {
    public var item: ItemIndex
    public var score: Float

    @inlinable public init(item: ItemIndex, score: Float) {
        self.item = item
        self.score = score
    }

    /// Whether `a` stands before `b` in a ranked list.
    @inlinable public static func < (a: Scored, b: Scored) -> Bool {
        a.score > b.score || (a.score == b.score && a.item < b.item)
    }
}

/// When a stage must be done. Checked once per block of work, not per item.
public struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant?

    public static let none = Deadline(instant: nil)

    private init(instant: ContinuousClock.Instant?) { self.instant = instant }

    public static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: ContinuousClock.now.advanced(by: duration))
    }

    public var hasPassed: Bool { instant.map { ContinuousClock.now >= $0 } ?? false }
}
