import MagpieDomain
import MagpieKernels

/// The weighted sum of some rows of a ``SparseRows``, a block of items after another.
///
/// Rows ascend by item, so all rows' entries in one block of items can be added before any of the next. Their sums then lie in a
/// window that the nearest cache holds; a dense row over a million items lies in none, and 200 rows of 200 entries took three
/// times as long (docs/adr/0037; Patwary et al. 2015, "Parallel Efficient Sparse Matrix-Matrix Multiplication on
/// Multicore Platforms", partition by columns). Each item's entries are added in the order of the rows, as a dense row would.
struct BlockedSums: ItemSums {
    /// Items in a block: 128 kB of sums.
    private static let block = 32_768

    private let itemCount: Int
    /// All 0 but for the block at hand, and a bit for each place that was added to.
    private let window: SharedBuffer<Float>
    private let touched: SharedBuffer<UInt64>
    /// What is not 0, by ascending item.
    private var items: SharedBuffer<UInt32>
    private var sums: SharedBuffer<Float>
    private var count = 0

    init(itemCount: Int) {
        self.itemCount = itemCount
        window = SharedBuffer(count: Self.block, repeating: 0)
        touched = SharedBuffer(count: Self.block / 64, repeating: 0)
        items = SharedBuffer(count: 0, repeating: 0)
        sums = SharedBuffer(count: 0, repeating: 0)
    }

    mutating func clear() { count = 0 }

    /// Adds up rows, each times its weight, which must be above 0; false when the deadline passed on the way. Weights that are not
    /// above 0 are in no sound table and are left out.
    mutating func add(_ rows: [Range<Int>], of table: SparseRows, times factors: [Float], _ deadline: Deadline) -> Bool
    {
        let room = rows.reduce(0) { $0 + $1.count }
        if items.count < room {
            items = SharedBuffer(count: max(room, 2 * items.count), repeating: 0)
            sums = SharedBuffer(count: items.count, repeating: 0)
        }
        for row in rows { table.prefetch(row) }
        count = 0
        var places = rows.map(\.lowerBound)
        for begin in stride(from: 0, to: itemCount, by: Self.block) {
            if deadline.hasPassed {
                clear()
                return false
            }
            let first = UInt32(truncatingIfNeeded: begin)
            add(rows, from: &places, of: table, times: factors, in: first)
            take(first)
        }
        return true
    }

    /// Adds what rows have in the block that begins with an item to the window.
    private func add(
        _ rows: [Range<Int>], from places: inout [Int], of table: SparseRows, times factors: [Float], in first: UInt32
    ) {
        let window: UnsafeMutablePointer<Float> = window.pointer
        let touched: UnsafeMutablePointer<UInt64> = touched.pointer
        let items: UnsafePointer<UInt32> = table.items.pointer
        let weights: UnsafePointer<Float> = table.weights.pointer
        for r in rows.indices {
            let end = rows[r].upperBound
            let factor: Float = factors[r]
            var at = places[r]
            while at < end {
                // An item before the block, in a row that does not ascend, wraps around and ends the row.
                let place: UInt32 = items[at] &- first
                if place >= UInt32(Self.block) { break }
                let product: Float = factor * weights[at]
                window[Int(place)] += product > 0 ? product : 0
                touched[Int(place >> 6)] |= 1 << UInt64(place & 63)
                at += 1
            }
            places[r] = at
        }
    }

    /// Takes the block's sums out of the window and leaves zeros behind.
    private mutating func take(_ first: UInt32) {
        let (items, sums): (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Float>) = (items.pointer, sums.pointer)
        let window: UnsafeMutablePointer<Float> = window.pointer
        let touched: UnsafeMutablePointer<UInt64> = touched.pointer
        var count = count
        for word in 0..<Self.block / 64 {
            var bits: UInt64 = touched[word]
            if bits == 0 { continue }
            touched[word] = 0
            while bits != 0 {
                let place: Int = word << 6 + bits.trailingZeroBitCount
                bits &= bits &- 1
                let sum: Float = window[place]
                window[place] = 0
                if sum > 0 {
                    items[count] = first &+ UInt32(truncatingIfNeeded: place)
                    sums[count] = sum
                    count += 1
                }
            }
        }
        self.count = count
    }

    func best(_ limit: Int, where isAllowed: (ItemIndex) -> Bool) -> [Scored] {
        var best = TopK(limit)
        var threshold = best.threshold
        for i in 0..<count where sums.pointer[i] >= threshold {
            if !isAllowed(items.pointer[i]) { continue }
            best.offer(items.pointer[i], sums.pointer[i])
            threshold = best.threshold
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    func sums(of wanted: [ItemIndex]) -> [Float] { wanted.map(sum) }

    private func sum(of item: ItemIndex) -> Float {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if items.pointer[middle] < item { low = middle + 1 } else { high = middle }
        }
        return low < count && items.pointer[low] == item ? sums.pointer[low] : 0
    }
}
