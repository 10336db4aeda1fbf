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
