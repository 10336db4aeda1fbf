import MagpieKernels

/// Binary search in what ascends and is numbered from 0: arrays and tensors.
extension RandomAccessCollection where Index == Int, Element: Comparable {
    /// Where a value stands; nil where it does not. On what does not ascend (corrupt bytes) the answer is in range or nil.
    func sortedIndex(of value: Element) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == value ? low : nil
    }
}

extension RandomAccessCollection where Index == Int, Element == UInt64 {
    /// The same for hashes, which are spread evenly: where a value should stand follows from the value, within some
    /// hundreds of a million, and from there it is looked for in widening steps. Two or three places in memory are touched
    /// where halving touches ten that no cache holds (interpolation search: Knuth, The Art of Computer Programming 3, 6.2.1).
    func sortedIndex(ofHash value: UInt64) -> Int? {
        if isEmpty { return nil }
        var at = guess(value)
        for _ in 0..<2 {
            if self[at] == value { return at }
            at = guess(value, from: at)
        }
        return sortedIndex(ofHash: value, near: at)
    }

    /// Where a hash should stand.
    fileprivate func guess(_ value: UInt64) -> Int { Int(value.multipliedFullWidth(by: UInt64(count)).high) }

    /// The same, from the one that stands elsewhere.
    fileprivate func guess(_ value: UInt64, from at: Int) -> Int {
        let there = self[at]
        let better = there < value ? at + guess(value - there) : at - guess(there - value)
        return Swift.min(Swift.max(better, 0), count - 1)
    }

    fileprivate func sortedIndex(ofHash value: UInt64, near at: Int) -> Int? {
        var (low, high, step) = (at, at, 4)
        while low > 0, self[low] > value {
            high = low
            low = Swift.max(low - step, 0)
            step *= 2
        }
        step = 4
        while high < count, self[high] < value {
            low = high
            high = Swift.min(high + step, count)
            step *= 2
        }
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == value ? low : nil
    }
}

extension UnsafeBufferPointer<UInt64> {
    /// ``sortedIndex(ofHash:)`` of each: the places that the guesses name are read side by side, not one after another.
    func sortedIndices(ofHashes values: [UInt64]) -> [Int?] {
        guard let base = baseAddress, !isEmpty else { return values.map { _ in nil } }
        var places = values.map { guess($0) }
        for place in places { prefetch(base + place) }
        for _ in 0..<2 {
            for (i, value) in values.enumerated() {
                places[i] = guess(value, from: places[i])
                prefetch(base + places[i])
            }
        }
        return zip(values, places).map { sortedIndex(ofHash: $0, near: $1) }
    }
}
