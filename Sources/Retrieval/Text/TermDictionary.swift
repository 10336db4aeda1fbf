import MagpieDomain

/// Numbers the distinct byte strings that it is shown, in the order of first sight: one open-addressing table
/// over one blob, because a `Dictionary` of a million `String`s is most of the time and memory of indexing.
struct TermDictionary {
    private(set) var count = 0
    private var blob: [UInt8] = []
    private var ends: [Int] = []
    private var slots: [UInt32]
    private var mask: Int

    private static let empty = UInt32.max

    init() {
        slots = [UInt32](repeating: Self.empty, count: 1024)
        mask = 1023
    }

    /// The number of `term`, a new one if it was not seen before.
    mutating func number(of term: ArraySlice<UInt8>) -> Int {
        var slot = place(term)
        while slots[slot] != Self.empty {
            if blob[range(Int(slots[slot]))].elementsEqual(term) { return Int(slots[slot]) }
            slot = (slot + 1) & mask
        }
        slots[slot] = UInt32(count)
        blob.append(contentsOf: term)
        ends.append(blob.count)
        count += 1
        if count * 2 > slots.count { grow() }
        return count - 1
    }

    /// Term numbers in ascending order of their bytes.
    func sorted() -> [Int] {
        (0..<count).sorted { blob[range($0)].lexicographicallyPrecedes(blob[range($1)]) }
    }

    func string(_ number: Int) -> String { String(decoding: blob[range(number)], as: UTF8.self) }

    private func range(_ number: Int) -> Range<Int> { (number == 0 ? 0 : ends[number - 1])..<ends[number] }

    private func place(_ term: ArraySlice<UInt8>) -> Int {
        Int(truncatingIfNeeded: term.withUnsafeBytes { StableHash.xxh64($0) }) & mask
    }

    private mutating func grow() {
        slots = [UInt32](repeating: Self.empty, count: slots.count * 2)
        mask = slots.count - 1
        for number in 0..<count {
            var slot = place(blob[range(number)])
            while slots[slot] != Self.empty { slot = (slot + 1) & mask }
            slots[slot] = UInt32(number)
        }
    }
}
