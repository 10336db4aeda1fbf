import MagpieDomain
import MagpieKernels

/// A search in which only some items may be found.
///
/// What may not be found is turned away inside the scan, so it takes nobody's place. Partitions are scanned, best
/// first, until what is left cannot matter, by one of two rules:
/// - A partition's score lies so far below the k-th best found that an answer there would have to stand out from its
///   partition more than all but a few answers do (`reach`, from calibration). So a filter that passes little near the
///   query makes the search go on, as far as it must.
/// - It lies half as far below, and the filter passes such a share of what was scanned that the k best that pass are
///   among so many best of all: calibration knows how far those lie.
///
/// All that passes is scored where that is cheaper: at once when it is less than twice an unfiltered search or few,
/// else as soon as the scan has cost a third as much, or finds that nothing near the query passes. And where so many candidates lie within the margin that codes cannot tell them
/// apart (answers far from the query, which are many and all alike).
struct FilteredSearch {
    let index: PartitionedIndex
    let tables: PartitionTables
    let workspace: SearchWorkspace
    let search: PartitionSearch
    let excluded: UnsafeBufferPointer<UInt64>
    let cost: SearchCost

    /// Samples this many words of the set to see what passes, and this many vectors of a list.
    private static let sampledWords = 256
    private static let sampledVectors = 16
    /// Nanoseconds to look up whether one vector may be found, as long as too few are for a threshold.
    private static let lookup = 5.0
    /// So few are scored by their vectors, where those are at hand: records would save less than they cost.
    private static let few = 1_000

    init(_ search: PartitionSearch, of index: PartitionedIndex, excluded: UnsafeBufferPointer<UInt64>) {
        self.search = search
        self.index = index
        tables = search.tables
        workspace = search.workspace
        self.excluded = excluded
        cost = SearchCost(tables)
    }

    /// The share of items that pass, from a sample.
    var passingShare: Double {
        let words = tables.itemCount / 64
        guard words > 0 else { return 0 }
        let step = max(words / Self.sampledWords, 1)
        var bits = 0
        var asked = 0
        for w in stride(from: 0, to: words, by: step) {
            bits += excluded[w].nonzeroBitCount
            asked += 64
        }
        return 1 - Double(bits) / Double(asked)
    }

    /// The k best where few pass, by their vectors; nil where many pass, or the index has no vectors at hand.
    /// - Parameter share: that passes, about.
    func bestOfFew(k: Int, share: Double) -> [Scored]? {
        guard index.vectors != nil, share * Double(tables.itemCount) < Double(Self.few) else { return nil }
        var items: [ItemIndex] = []
        items.reserveCapacity(2 * Self.few)
        forEachPassing { items.append($0) }
        return index.exactly(items, search, k: k)
    }

    /// The k best that pass, after ``PartitionSearch/scorePartitions()``.
    /// - Parameter share: that passes, about.
    func best(k: Int, recall: Double, share: Double, deadline: Deadline) -> [Scored] {
        let usual = index.plan.usual(k: k, target: recall)
        let all = Double(tables.count) * share * cost.record
        if all <= 2 * cost.of(usual.work) || share <= 1 / 64 { return bestOfAll(k: k, share: share) }
        let width = index.plan.width(k: k, target: recall)
        guard
            let scanned = scan(
                k: k, recall: recall, share: share, width: width, reach: usual.reach, budget: all / 3,
                deadline: deadline)
        else { return deadline.hasPassed ? [] : bestOfAll(k: k, share: share) }
        if Double(scanned.kept) > 8 * usual.work.depth + 64 { return bestOfAll(k: k, share: share) }
        let found = search.best(of: scanned.kept, k: k)
        // Where codes err more than they do about answers, their best are not the best: the k-th of them is then worse
        // than its code told.
        if let told = scanned.told, let last = found.last, found.count == k {
            let less: Float = (told - search.inner(last.score)) / search.biasWeight
            if less > width.margin { return bestOfAll(k: k, share: share) }
        }
        return found
    }

    private struct Scanned {
        var kept: Int
        /// The k-th best score by its code.
        var told: Float?
    }

    /// nil when it cost more than `budget`, or the deadline passed.
    private func scan(
        k: Int, recall: Double, share: Double, width: SearchWidth, reach: Float, budget: Double, deadline: Deadline
    ) -> Scanned? {
        let lists = search.orderPartitions(tables.partitions)
        guard
            var scan = CodeScan(search, first: lists, k: k, margin: width.margin, excluded: excluded.baseAddress)
        else { return Scanned(kept: 0) }
        let order: UnsafeMutablePointer<UInt32> = workspace.order.pointer
        let scores: UnsafeMutablePointer<Float> = workspace.partitionScores.pointer
        let top: Float = scores[Int(order[0])]
        var spent = 0.0
        var asked = 0
        var passing = 0
        var next = 2
        for i in 0..<lists {
            let p = Int(order[i])
            if i == next {
                next = i + max(i / 8, 1)
                if spent > budget || deadline.hasPassed { return nil }
                if passing == 0, spent > budget / 8, Double(asked) * share > 8 { return nil }
                if let least = scan.score(ofRank: k) {
                    let below: Float = (least - scores[p]) / search.biasWeight
                    if below > reach { break }
                    if below > reach / 2, passing >= 16 {
                        let rank = Int(Double(k) * Double(asked) / Double(passing))
                        let width = index.plan.width(k: rank, target: recall)
                        if i >= width.probes || top - scores[p] > width.gap * search.biasWeight { break }
                    }
                }
            }
            let first = Int(tables.firsts[p])
            let count = Int(tables.firsts[p + 1]) - first
            for v in stride(from: 0, to: count, by: max(count / Self.sampledVectors, 1)) {
                let item = Int(tables.items[first + v])
                passing += Int(~excluded[item >> 6] >> UInt64(item & 63) & 1)
                asked += 1
            }
            spent += Double(count) * (scan.isOpen ? Self.lookup : cost.vector)
            scan.add(order[i])
        }
        return Scanned(kept: scan.finish(), told: scan.score(ofRank: k))
    }

    /// Scores all that pass by their records, and the best of those by their vectors where the index has them.
    private func bestOfAll(k: Int, share: Double) -> [Scored] {
        let count = share > 1 / 24 ? positionsInOrder() : positionsByItem()
        guard index.vectors != nil, count > k else { return search.bestPositions(count, k: k) }
        // Records put a few out of their place, more where answers are many and alike.
        return index.exactly(search.bestPositions(count, k: 2 * k + 20 + count / 500).map(\.item), search, k: k)
    }

    /// Word by word of the set: for few.
    private func positionsByItem() -> Int {
        var count = 0
        forEachPassing { item in
            if count == workspace.positions.count { workspace.grow(keeping: count) }
            workspace.positions.pointer[count] = tables.positions[Int(item)]
            count += 1
        }
        return count
    }

    @inline(__always) private func forEachPassing(_ body: (UInt32) -> Void) {
        let words = (tables.itemCount + 63) / 64
        // Where all items are in the index, nobody need be looked up: that would be a cache line each.
        let isWhole = tables.count == tables.itemCount
        for w in 0..<words {
            var passing: UInt64 = ~excluded[w]
            if w == words - 1, tables.itemCount % 64 != 0 { passing &= (1 << UInt64(tables.itemCount % 64)) - 1 }
            while passing != 0 {
                let item = w * 64 + passing.trailingZeroBitCount
                passing &= passing - 1
                if isWhole || tables.positions[item] != PartitionTables.absent {
                    body(UInt32(truncatingIfNeeded: item))
                }
            }
        }
    }

    /// Position by position: for many, whose records are then read in the order in which they lie.
    private func positionsInOrder() -> Int {
        workspace.reserve(candidates: tables.count)
        let positions: UnsafeMutablePointer<UInt32> = workspace.positions.pointer
        var count = 0
        for position in 0..<tables.count {
            let item = Int(tables.items[position])
            positions[count] = UInt32(truncatingIfNeeded: position)
            count += Int(~excluded[item >> 6] >> UInt64(item & 63) & 1)
        }
        return count
    }
}
