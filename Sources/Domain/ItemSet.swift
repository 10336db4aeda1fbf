/// A set of items of one bundle, one bit each: what a request excludes, what a filter lets through.
public struct ItemSet: Sendable, Equatable {
    @usableFromInline var words: [UInt64]
    public let itemCount: Int

    public init(itemCount: Int) {
        self.itemCount = itemCount
        words = [UInt64](repeating: 0, count: (itemCount + 63) / 64)
    }

    /// Items at or past `itemCount` are not in any set.
    @inlinable public func contains(_ item: ItemIndex) -> Bool {
        let i = Int(item)
        return i < itemCount && words[i >> 6] & (1 << UInt64(i & 63)) != 0
    }

    public mutating func insert(_ item: ItemIndex) {
        precondition(Int(item) < itemCount, "item \(item) of \(itemCount)")
        words[Int(item) >> 6] |= 1 << UInt64(item & 63)
    }

    public mutating func remove(_ item: ItemIndex) {
        precondition(Int(item) < itemCount, "item \(item) of \(itemCount)")
        words[Int(item) >> 6] &= ~(1 << UInt64(item & 63))
    }

    public mutating func formUnion(_ other: ItemSet) {
        precondition(other.itemCount == itemCount)
        for i in words.indices { words[i] |= other.words[i] }
    }

    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}

extension ItemSet {
    /// The items for which `isMember` is true; it is asked once an item, ascending.
    @inlinable public init(itemCount: Int, where isMember: (Int) throws -> Bool) rethrows {
        self.init(itemCount: itemCount)
        for i in 0..<itemCount where try isMember(i) { words[i >> 6] |= 1 << UInt64(i & 63) }
    }

    public mutating func formIntersection(_ other: ItemSet) {
        precondition(other.itemCount == itemCount)
        for i in words.indices { words[i] &= other.words[i] }
    }

    /// How many of this set are not in `other`, which may be of another number of items.
    public func count(without other: ItemSet) -> Int {
        var count = 0
        let shared = min(words.count, other.words.count)
        for i in 0..<shared { count += (words[i] & ~other.words[i]).nonzeroBitCount }
        for i in shared..<words.count { count += words[i].nonzeroBitCount }
        return count
    }

    /// What is in either, as a set of `itemCount` items: members at or past it are left out.
    public func union(_ other: ItemSet, itemCount: Int) -> ItemSet {
        var result = ItemSet(itemCount: itemCount)
        for set in [self, other] {
            for i in 0..<min(result.words.count, set.words.count) { result.words[i] |= set.words[i] }
        }
        result.clearTail()
        return result
    }

    /// No bit is set past the last item, so that counting words counts items.
    private mutating func clearTail() {
        let tail = itemCount & 63
        if tail != 0 { words[words.count - 1] &= (1 << UInt64(tail)) - 1 }
    }

    /// Everything that is not in this set.
    public var complement: ItemSet {
        var result = self
        for i in words.indices { result.words[i] = ~words[i] }
        result.clearTail()
        return result
    }

    /// The members, ascending.
    public var items: [ItemIndex] {
        var items: [ItemIndex] = []
        for (w, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                items.append(ItemIndex(w * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return items
    }
}

extension ItemSet {
    /// The bits, item i in bit i % 64 of word i / 64; bits past `itemCount` are 0. The pointer holds during the call.
    @inlinable public func withUnsafeWords<Result>(
        _ body: (UnsafeBufferPointer<UInt64>) throws -> Result
    ) rethrows -> Result {
        try words.withUnsafeBufferPointer(body)
    }
}
