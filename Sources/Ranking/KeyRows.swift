import MagpieDomain

/// What candidates and items of a history are looked up by.
protocol SpreadKey: Equatable {
    /// Evenly spread over 32 bits.
    var spread: UInt32 { get }
}

extension ItemIndex: SpreadKey {
    /// By the golden ratio (Knuth, The Art of Computer Programming 3, 6.4), which spreads numbers in a row.
    var spread: UInt32 { self &* 0x9E37_79B1 }
}

extension EntityKey: SpreadKey {
    /// A key is a hash.
    var spread: UInt32 { UInt32(truncatingIfNeeded: raw >> 32) }
}

/// The rows of candidates (or of what a user liked) by key, in whatever order they stand: a table of twice as many slots, because each of some two
/// thousand proposals of a request is looked up.
struct KeyRows<Key: SpreadKey> {
    private var keys: [Key] = []
    /// A row + 1; 0 where a slot is free.
    private var slots: [UInt32]
    private let shift: UInt32
    private let capacity: Int
    var count: Int { keys.count }

    /// - Parameter capacity: at most so many keys will be inserted.
    init(capacity: Int) {
        let bits = Int.bitWidth - max(2 * capacity, 15).leadingZeroBitCount
        shift = UInt32(32 - bits)
        slots = [UInt32](repeating: 0, count: 1 << bits)
        self.capacity = capacity
        keys.reserveCapacity(capacity)
    }

    /// - Parameter keys: each once.
    init(_ keys: [Key]) {
        self.init(capacity: keys.count)
        for key in keys { insert(key) }
    }

    /// Gives the next row to a key, unless it has one.
    /// - Returns: whether it had none.
    @discardableResult mutating func insert(_ key: Key) -> Bool {
        precondition(keys.count < capacity, "more keys than \(capacity)")
        var slot = first(key)
        while slots[slot] != 0 {
            if keys[Int(slots[slot]) - 1] == key { return false }
            slot = next(slot)
        }
        keys.append(key)
        slots[slot] = UInt32(keys.count)
        return true
    }

    func row(of key: Key) -> Int? {
        var slot = first(key)
        while slots[slot] != 0 {
            let row = Int(slots[slot]) - 1
            if keys[row] == key { return row }
            slot = next(slot)
        }
        return nil
    }

    private func first(_ key: Key) -> Int { Int(key.spread >> shift) }
    private func next(_ slot: Int) -> Int { (slot + 1) & (slots.count - 1) }
}
