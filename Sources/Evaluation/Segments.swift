import MagpieDomain

/// How much was known of whoever asked: positives in their history at the moment of the request.
public enum HistoryLength: String, Sendable, Codable, CaseIterable {
    case cold = "0"
    case oneOrTwo = "1-2"
    case few = "3-9"
    case some = "10-49"
    case many = "50+"

    public init(_ positives: Int) {
        switch positives {
        case ...0: self = .cold
        case ...2: self = .oneOrTwo
        case ...9: self = .few
        case ...49: self = .some
        default: self = .many
        }
    }
}

/// What was known of an item when it was asked for: see ``LongTail``.
public enum ItemKind: String, Sendable, Codable, CaseIterable {
    case head
    case tail
    /// Nobody had liked it yet, or it was not there.
    case new
}

/// The kinds of all items by what one window knows.
public struct ItemKinds: Sendable {
    private let kinds: [ItemKey: ItemKind]

    /// - Parameter positives: of each item, aligned with `keys`.
    public init(keys: [ItemKey], positives: [Int]) {
        precondition(keys.count == positives.count, "\(keys.count) items, \(positives.count) counts")
        let tail = LongTail(positives: positives)
        var kinds: [ItemKey: ItemKind] = [:]
        for (item, key) in keys.enumerated() where positives[item] > 0 {
            kinds[key] = tail.isTail[item] ? .tail : .head
        }
        self.kinds = kinds
    }

    public func kind(of item: ItemKey) -> ItemKind { kinds[item] ?? .new }
}
