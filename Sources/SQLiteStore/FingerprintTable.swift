/// 64-bit hashes and a small value for each: open addressing with linear probing (Knuth, TAOCP 3, 6.4,
/// algorithm L) in two flat arrays, at most three quarters full. 12 to 16 bytes a slot: ten million events
/// take 270 MB for what is known of their ids.
final class FingerprintTable<Value: BitwiseCopyable> {
    private(set) var count = 0
    private var capacity: Int
    private var keys: UnsafeMutablePointer<UInt64>
    private var values: UnsafeMutablePointer<Value>
    private let empty: Value

    /// - Parameter empty: what a slot holds before its value is set.
    init(expecting expected: Int = 0, empty: Value) {
        var capacity = 1024
        while capacity * 3 / 4 < expected { capacity *= 2 }
        self.capacity = capacity
        self.empty = empty
        (keys, values) = Self.slots(capacity, empty)
    }

    deinit {
        keys.deallocate()
        values.deallocate()
    }

    /// The value of `key`, to read or set, and whether the key is new. Valid until the next call.
    func slot(for key: UInt64) -> (value: UnsafeMutablePointer<Value>, isNew: Bool) {
        if count >= capacity / 4 * 3 { grow() }
        let key = key == 0 ? 1 : key  // 0 marks a free slot; two keys in 2^64 share one
        let at = find(key)
        if keys[at] == key { return (values + at, false) }
        keys[at] = key
        count += 1
        return (values + at, true)
    }

    /// The keys are hashes already, so their low bits spread well enough.
    private func find(_ key: UInt64) -> Int {
        let mask = capacity - 1
        var at = Int(truncatingIfNeeded: key) & mask
        while keys[at] != 0, keys[at] != key { at = (at + 1) & mask }
        return at
    }

    private func grow() {
        let (oldKeys, oldValues, oldCapacity) = (keys, values, capacity)
        capacity *= 2
        (keys, values) = Self.slots(capacity, empty)
        for old in 0..<oldCapacity where oldKeys[old] != 0 {
            let at = find(oldKeys[old])
            keys[at] = oldKeys[old]
            values[at] = oldValues[old]
        }
        oldKeys.deallocate()
        oldValues.deallocate()
    }

    private static func slots(
        _ capacity: Int, _ empty: Value
    ) -> (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<Value>) {
        let keys = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        keys.initialize(repeating: 0, count: capacity)
        let values = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        values.initialize(repeating: empty, count: capacity)
        return (keys, values)
    }
}
