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
    /// All 0 but for the block at hand.
    private let window: SharedBuffer<Float>
    /// What is not 0, by blocks, within one in the order in which it was touched.
    private var items: SharedBuffer<UInt32>
    private var sums: SharedBuffer<Float>
    /// Where in them each block begins.
    private var firsts: [Int]
    private var count: Int { firsts[firsts.count - 1] }

    init(itemCount: Int) {
        self.itemCount = itemCount
        window = SharedBuffer(count: Self.block, repeating: 0)
        items = SharedBuffer(count: 0, repeating: 0)
        sums = SharedBuffer(count: 0, repeating: 0)
        firsts = [0]
    }

    mutating func clear() { firsts = [0] }

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
        let (items, sums): (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Float>) = (items.pointer, sums.pointer)
        let window: UnsafeMutablePointer<Float> = window.pointer
        let tableItems: UnsafePointer<UInt32> = table.items.pointer
        let tableWeights: UnsafePointer<Float> = table.weights.pointer
        var places = rows.map(\.lowerBound)
        var count = 0
        firsts.reserveCapacity(itemCount / Self.block + 2)
        for begin in stride(from: 0, to: itemCount, by: Self.block) {
            if deadline.hasPassed { return false }
            let first = UInt32(truncatingIfNeeded: begin)
            let blockStart = count
            for r in rows.indices {
                let end = rows[r].upperBound
                let factor: Float = factors[r]
                var at = places[r]
                // An item before the block, in a row that does not ascend, wraps around and ends the row.
                while at < end, tableItems[at] &- first < UInt32(Self.block) {
                    let product: Float = factor * tableWeights[at]
                    let weight: Float = product > 0 ? product : 0
                    let place = Int(tableItems[at] &- first)
                    let sum: Float = window[place]
                    items[count] = tableItems[at]
                    count += sum == 0 && weight > 0 ? 1 : 0
                    window[place] = sum + weight
                    at += 1
                }
                places[r] = at
            }
            for i in blockStart..<count {
                let place = Int(items[i] &- first)
                sums[i] = window[place]
                window[place] = 0
            }
            firsts.append(count)
        }
        return true
    }

    func best(_ limit: Int, where isAllowed: (ItemIndex) -> Bool) -> [Scored] {
        var best = TopK(limit)
        let (items, sums): (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Float>) = (items.pointer, sums.pointer)
        for i in 0..<count where sums[i] >= best.threshold {
            if isAllowed(items[i]) { best.offer(items[i], sums[i]) }
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    func sums(of wanted: [ItemIndex]) -> [Float] {
        var found = [Float](repeating: 0, count: wanted.count)
        let isAscending = zip(wanted, wanted.dropFirst()).allSatisfy(<)
        let order = isAscending ? Array(wanted.indices) : wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        var at = 0
        while at < order.count {
            let block = Int(wanted[order[at]]) / Self.block
            var end = at + 1
            while end < order.count, Int(wanted[order[end]]) / Self.block == block { end += 1 }
            if block + 1 < firsts.count { look(for: order[at..<end], of: wanted, in: block, &found) }
            at = end
        }
        return found
    }

    /// Notes in the window who is wanted, and goes along the block's sums once.
    private func look(for places: ArraySlice<Int>, of wanted: [ItemIndex], in block: Int, _ found: inout [Float]) {
        let first = UInt32(truncatingIfNeeded: block * Self.block)
        let window: UnsafeMutablePointer<Float> = window.pointer
        for place in places { window[Int(wanted[place] - first)] = Float(place + 1) }
        for i in firsts[block]..<firsts[block + 1] {
            let place = Int(window[Int(items.pointer[i] - first)])
            if place > 0 { found[place - 1] = sums.pointer[i] }
        }
        for place in places {
            // Of an item that is wanted twice the last place was noted.
            found[place] = found[Int(window[Int(wanted[place] - first)]) - 1]
        }
        for place in places { window[Int(wanted[place] - first)] = 0 }
    }
}
