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
        func places(_ distance: UInt64) -> Int { Int(distance.multipliedFullWidth(by: UInt64(count)).high) }
        var at = places(value)
        for _ in 0..<2 {
            let there = self[at]
            if there == value { return at }
            at = there < value ? at + places(value - there) : at - places(there - value)
            at = Swift.min(Swift.max(at, 0), count - 1)
        }
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
