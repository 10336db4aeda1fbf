import Foundation
import MagpieDomain

/// A request whose right answers are known, because they already happened.
public struct Question: Sendable {
    public var scenario: String
    /// Whose history the state is read from; nil for anonymous questions (similar items, known-item search).
    public var user: UserKey?
    public var text: String?
    public var seed: ItemID?
    /// The moment of the request.
    public var now: Timestamp
    /// How many events of the history had come before the request: state holds those and none after.
    public var position: Int
    public var relevant: Set<ItemKey>
    /// In which turn the relevant items came: 1 = the first after the request. Empty where it does not matter.
    public var turns: [ItemKey: Int] = [:]
    /// The relevant items by the kinds of events that made them so.
    public var kinds: [String: Set<ItemKey>] = [:]
    /// What the user was shown or found then, and did not like at all.
    public var disliked: Set<ItemKey> = []
    /// What was on screen, where the client said so; empty where nobody knows.
    public var shown: [Shown] = []

    public struct Shown: Sendable {
        public var item: ItemKey
        /// 1 = first; nil = not known.
        public var place: Int?

        public init(item: ItemKey, place: Int?) {
            self.item = item
            self.place = place
        }
    }

    /// What an item is worth to a ranker that learns from it: the best that was done with it, and the less the later it was.
    public func gain(of item: ItemKey, _ rules: EventRules) -> Float {
        guard relevant.contains(item) else { return 0 }
        let best = kinds.lazy.filter { $0.value.contains(item) }.map { Float(rules.gain(of: $0.key)) }.max()
        return (best ?? 1) * share(ofTurnOf: item)
    }

    /// The same where only one kind of event counts.
    public func gain(of item: ItemKey, towards kind: String) -> Float {
        kinds[kind]?.contains(item) == true ? share(ofTurnOf: item) : 0
    }

    /// What came in turn n is worth 1 / log2(1 + n) of what came next: as much as DCG gives the n-th of a list. What came of a
    /// list on screen is worth the same whenever it came, for its items were there at once.
    private func share(ofTurnOf item: ItemKey) -> Float {
        shown.isEmpty ? 1 / log2(1 + Float(turns[item] ?? 1)) : 1
    }

    public init(
        scenario: String, user: UserKey? = nil, text: String? = nil, seed: ItemID? = nil, now: Timestamp, position: Int,
        relevant: Set<ItemKey>
    ) {
        self.scenario = scenario
        self.user = user
        self.text = text
        self.seed = seed
        self.now = now
        self.position = position
        self.relevant = relevant
    }
}
