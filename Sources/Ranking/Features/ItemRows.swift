import MagpieDomain

/// The rows of items by item, in whatever order they stand: a table of twice as many slots, because each of some two
/// thousand proposals of a request is looked up.
struct ItemRows {
    private let items: [ItemIndex]
    /// A row + 1; 0 where a slot is free.
    private var slots: [UInt32]
    private let shift: UInt32
    var count: Int { items.count }

    /// - Parameter items: each once.
    init(_ items: [ItemIndex]) {
        self.items = items
        let bits = Int.bitWidth - max(2 * items.count, 15).leadingZeroBitCount
        shift = UInt32(32 - bits)
        slots = [UInt32](repeating: 0, count: 1 << bits)
        for (row, item) in items.enumerated() {
            var slot = first(item)
            while slots[slot] != 0 { slot = next(slot) }
            slots[slot] = UInt32(row + 1)
        }
    }

    func row(of item: ItemIndex) -> Int? {
        var slot = first(item)
        while slots[slot] != 0 {
            let row = Int(slots[slot]) - 1
            if items[row] == item { return row }
            slot = next(slot)
        }
        return nil
    }

    /// By the golden ratio (Knuth, The Art of Computer Programming 3, 6.4), which spreads numbers in a row.
    private func first(_ item: ItemIndex) -> Int { Int((item &* 0x9E37_79B1) >> shift) }
    private func next(_ slot: Int) -> Int { (slot + 1) & (slots.count - 1) }
}
