import MagpieDomain

/// A score and an item in 64 bits that sort like ``Scored``: best first, of equals the smaller item.
enum RankedKey {
    @inline(__always) static func key(_ score: Float, _ item: UInt32) -> UInt64 {
        let bits: UInt32 = (score + 0).bitPattern  // -0 becomes 0
        let ascending: UInt32 = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
        return UInt64(~ascending) << 32 | UInt64(item)
    }

    @inline(__always) static func item(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

    @inline(__always) static func score(_ key: UInt64) -> Float {
        let ascending: UInt32 = ~UInt32(truncatingIfNeeded: key >> 32)
        return Float(bitPattern: ascending & 0x8000_0000 != 0 ? ascending & 0x7FFF_FFFF : ~ascending)
    }

    /// The k smallest keys, sorted (Hoare's selection, then sorting what is left).
    static func sortFirst(_ k: Int, of keys: UnsafeMutableBufferPointer<UInt64>) -> UnsafeMutableBufferPointer<UInt64> {
        guard k > 0, let base = keys.baseAddress else { return UnsafeMutableBufferPointer(rebasing: keys[0..<0]) }
        let wanted = min(k, keys.count)
        var low = 0
        var high = keys.count - 1
        while wanted < keys.count, high - low > 16 {
            let a: UInt64 = base[low]
            let b: UInt64 = base[(low + high) / 2]
            let c: UInt64 = base[high]
            let pivot: UInt64 = max(min(a, b), min(max(a, b), c))
            var i = low
            var j = high
            while i <= j {
                while base[i] < pivot { i += 1 }
                while base[j] > pivot { j -= 1 }
                if i <= j {
                    let value: UInt64 = base[i]
                    base[i] = base[j]
                    base[j] = value
                    i += 1
                    j -= 1
                }
            }
            if wanted - 1 <= j { high = j } else if wanted - 1 >= i { low = i } else { break }
        }
        let ends = min(max(high + 1, wanted), keys.count)
        var part = UnsafeMutableBufferPointer(rebasing: keys[0..<ends])
        if ends <= 48 { insertionSort(base, ends) } else { part.sort() }
        part = UnsafeMutableBufferPointer(rebasing: keys[0..<wanted])
        return part
    }

    @inline(__always) private static func insertionSort(_ keys: UnsafeMutablePointer<UInt64>, _ count: Int) {
        for i in 1..<max(count, 1) {
            let value: UInt64 = keys[i]
            var j = i
            while j > 0, keys[j - 1] > value {
                keys[j] = keys[j - 1]
                j -= 1
            }
            keys[j] = value
        }
    }
}
