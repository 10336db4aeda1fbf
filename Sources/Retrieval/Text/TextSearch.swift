import MagpieDomain
import MagpieKernels

/// The k best items of a query: MaxScore (Turtle, Flood 1995) over windows of 4,096 items with block maxima (Ding, Suel,
/// SIGIR 2011).
///
/// In each window every clause has a bound, from the maxima of its blocks there. Clauses whose bounds together do not
/// reach the k-th best score so far cannot make an answer by themselves: only the postings of the others are walked, and
/// only what these leave in reach is looked up in the rest. A block, or a whole window, that cannot reach it is passed
/// over. Items come in ascending order and of equal scores the smaller item is better, so reaching is more than equal.
///
/// Sums are of whole numbers (``TextQuery/scale``), so the order of adding does not show, and bounds are exact.
struct TextSearch {
    private let index: TextIndex
    private let query: TextQuery
    private var cursors: [Cursor] = []
    private var clauses: [Clause] = []
    private var best: TopK

    static let window = 4096

    private struct Cursor {
        /// Postings of the term.
        var items: UnsafePointer<UInt32>
        var impacts: UnsafePointer<UInt16>
        var maxima: UnsafePointer<UInt16>
        var count: Int
        var factor: Float
        /// The first posting of this window and of the next, and the next that a look-up may find.
        var at = 0
        var end = 0
        var probe = 0

        var hasEnded: Bool { at == count }

        /// The first posting from `from` on whose item is at least `item`.
        @inline(__always)
        func seek(_ item: UInt32, from: Int) -> Int {
            gallop(to: item, in: items, from: from, end: count)
        }

        /// The most that a posting of this window adds.
        func bound() -> Int32 {
            guard at < end else { return 0 }
            var most: UInt16 = 0
            for block in at / TextIndex.blockSize...(end - 1) / TextIndex.blockSize { most = max(most, maxima[block]) }
            return TextQuery.points(most, factor)
        }
    }

    private struct Clause {
        var cursors: Range<Int>
        /// The most that a posting adds, at all and in this window.
        var most: Int32
        var bound: Int32 = 0
    }

    init(_ query: TextQuery, in index: TextIndex, limit: Int) {
        self.index = index
        self.query = query
        best = TopK(limit)
        // Look-ups are for clauses of one term; the smaller bounds come first.
        var prepared: [(cursors: [Cursor], most: Int32)] = []
        for clause in query.clauses {
            let cursors = clause.alternatives.compactMap { alternative -> Cursor? in
                guard alternative.term >= 0 else { return nil }
                let first = Int(index.postings.pointer[alternative.term])
                let block = Int(index.blocks.pointer[alternative.term])
                return Cursor(
                    items: index.items.pointer + first, impacts: index.impacts.pointer + first,
                    maxima: index.maxima.pointer + block, count: index.frequency(alternative.term),
                    factor: query.factor(alternative))
            }
            let most: Int32 = cursors.reduce(0) { most, cursor in
                var whole = cursor
                whole.end = cursor.count
                return max(most, whole.bound())
            }
            if !cursors.isEmpty { prepared.append((cursors, most)) }
        }
        prepared.sort { ($0.cursors.count == 1 ? 0 : 1, $0.most) < ($1.cursors.count == 1 ? 0 : 1, $1.most) }
        for (own, most) in prepared {
            clauses.append(Clause(cursors: cursors.count..<cursors.count + own.count, most: most))
            cursors += own
        }
    }

    /// Items and points, best first; nil when the deadline has passed.
    /// - Parameter excluded: items that are not returned.
    mutating func run(excluded: ItemSet, deadline: Deadline) -> [(item: ItemIndex, points: Int32)]? {
        guard best.limit > 0, !clauses.isEmpty else { return [] }
        let most = clauses.reduce(0) { $0 + $1.most }
        let isInTime: Bool = withExtendedLifetime(index) {
            excluded.withUnsafeWords { excluded in
                var room = WindowRoom()
                var base = nextBase()
                while base < index.itemCount {
                    if deadline.hasPassed { return false }
                    if best.count == best.limit, threshold >= most { break }
                    window(from: base, excluded, &room)
                    for i in cursors.indices { cursors[i].at = cursors[i].end }
                    base = nextBase()
                }
                return true
            }
        }
        return isInTime ? best.sorted().map { (ItemIndex($0.id), Int32($0.score)) } : nil
    }

    /// The window of the first posting that is left.
    private func nextBase() -> Int {
        var first = Int.max
        for cursor in cursors where !cursor.hasEnded { first = min(first, Int(cursor.items[cursor.at])) }
        return first == .max ? first : first / Self.window * Self.window
    }

    /// Points that are not enough.
    @inline(__always)
    private var threshold: Int32 { best.count == best.limit ? Int32(best.threshold) : 0 }

    // MARK: One window

    /// Sums of one window, all zero between windows.
    private struct WindowRoom {
        let sums = SharedBuffer<Int32>(count: TextSearch.window, repeating: 0)
        let clause = SharedBuffer<Int32>(count: TextSearch.window, repeating: 0)
        let seen = SharedBuffer<UInt64>(count: TextSearch.window / 64, repeating: 0)
        let seenInClause = SharedBuffer<UInt64>(count: TextSearch.window / 64, repeating: 0)
    }

    private mutating func window(from base: Int, _ excluded: UnsafeBufferPointer<UInt64>, _ room: inout WindowRoom) {
        // No item is UInt32.max.
        let end = UInt32(min(base + Self.window, Int(UInt32.max)))
        var total: Int32 = 0
        for c in clauses.indices {
            var bound: Int32 = 0
            for i in clauses[c].cursors {
                cursors[i].end = cursors[i].seek(end, from: cursors[i].at)
                cursors[i].probe = cursors[i].at
                bound = max(bound, cursors[i].bound())
            }
            clauses[c].bound = bound
            total += bound
        }
        guard total > threshold else { return }
        var looked = 0  // clauses that are only looked up
        var rest: Int32 = 0  // the most that they add
        while looked < clauses.count, clauses[looked].cursors.count == 1, rest + clauses[looked].bound <= threshold {
            rest += clauses[looked].bound
            looked += 1
        }
        let walked = (looked..<clauses.count).filter { clauses[$0].bound > 0 }
        if walked.count == 1, clauses[walked[0]].cursors.count == 1 {
            walk(clauses[walked[0]].cursors.lowerBound, looked, rest, excluded)
            return
        }
        for c in walked {
            if clauses[c].cursors.count == 1 {
                add(clauses[c].cursors.lowerBound, base, beside: total - clauses[c].bound, room)
            } else {
                addBest(of: c, base, room)
            }
        }
        offer(base, looked, rest, excluded, room)
    }

    /// One clause is walked: its postings are the candidates.
    private mutating func walk(_ walked: Int, _ looked: Int, _ rest: Int32, _ excluded: UnsafeBufferPointer<UInt64>) {
        let cursor = cursors[walked]
        let size = TextIndex.blockSize
        var i = cursor.at
        while i < cursor.end {
            let block = i / size
            let end = min((block + 1) * size, cursor.end)
            var need = threshold - rest  // more than this
            if TextQuery.points(cursor.maxima[block], cursor.factor) <= need {
                i = end
                continue
            }
            var least = leastImpact(over: need, cursor.factor)
            while i < end {
                let impact: UInt16 = cursor.impacts[i]
                let item: UInt32 = cursor.items[i]
                i += 1
                if impact < least { continue }
                let points = TextQuery.points(impact, cursor.factor)
                if points <= need || Self.contains(excluded, item) { continue }
                if offer(item, points, looked, rest) {
                    need = threshold - rest
                    least = leastImpact(over: need, cursor.factor)
                }
            }
        }
    }

    /// An impact below which points are surely not more than `need`.
    @inline(__always)
    private func leastImpact(over need: Int32, _ factor: Float) -> UInt16 {
        guard need > 0, factor > 0 else { return 0 }
        let impact: Float = Float(need - 1) / factor
        return impact > 1 ? UInt16(min(impact - 1, 65535)) : 0
    }

    /// Adds a term's postings to the sums, except for blocks that are out of reach together with all `beside` them.
    private func add(_ added: Int, _ base: Int, beside: Int32, _ room: WindowRoom) {
        let cursor = cursors[added]
        let sums: UnsafeMutablePointer<Int32> = room.sums.pointer
        let seen: UnsafeMutablePointer<UInt64> = room.seen.pointer
        let size = TextIndex.blockSize
        let threshold = self.threshold
        var i = cursor.at
        while i < cursor.end {
            let block = i / size
            let end = min((block + 1) * size, cursor.end)
            if TextQuery.points(cursor.maxima[block], cursor.factor) + beside > threshold {
                for j in i..<end {
                    let place = Int(cursor.items[j]) - base
                    sums[place] += TextQuery.points(cursor.impacts[j], cursor.factor)
                    seen[place >> 6] |= 1 << UInt64(place & 63)
                }
            }
            i = end
        }
    }

    /// Adds a clause of several terms: of each item the best.
    private func addBest(of clause: Int, _ base: Int, _ room: WindowRoom) {
        let own: UnsafeMutablePointer<Int32> = room.clause.pointer
        let ownSeen: UnsafeMutablePointer<UInt64> = room.seenInClause.pointer
        for i in clauses[clause].cursors {
            let cursor = cursors[i]
            for j in cursor.at..<cursor.end {
                let place = Int(cursor.items[j]) - base
                own[place] = max(own[place], TextQuery.points(cursor.impacts[j], cursor.factor))
                ownSeen[place >> 6] |= 1 << UInt64(place & 63)
            }
        }
        let sums: UnsafeMutablePointer<Int32> = room.sums.pointer
        for w in 0..<Self.window / 64 where ownSeen[w] != 0 {
            room.seen.pointer[w] |= ownSeen[w]
            var left: UInt64 = ownSeen[w]
            ownSeen[w] = 0
            while left != 0 {
                let place = w << 6 | left.trailingZeroBitCount
                left &= left - 1
                sums[place] += own[place]
                own[place] = 0
            }
        }
    }

    /// Offers what the sums leave in reach, and clears them.
    private mutating func offer(
        _ base: Int, _ looked: Int, _ rest: Int32, _ excluded: UnsafeBufferPointer<UInt64>, _ room: WindowRoom
    ) {
        let sums: UnsafeMutablePointer<Int32> = room.sums.pointer
        let seen: UnsafeMutablePointer<UInt64> = room.seen.pointer
        var need = threshold - rest
        for w in 0..<Self.window / 64 where seen[w] != 0 {
            var left: UInt64 = seen[w]
            seen[w] = 0
            let word = base >> 6 + w
            let hidden: UInt64 = word < excluded.count ? excluded[word] : 0
            while left != 0 {
                let bit = left.trailingZeroBitCount
                left &= left - 1
                let place = w << 6 | bit
                let points = sums[place]
                sums[place] = 0
                if points <= need || hidden >> UInt64(bit) & 1 != 0 { continue }
                if offer(UInt32(base + place), points, looked, rest) { need = threshold - rest }
            }
        }
    }

    /// Looks the item up in the first `looked` clauses, the largest bound first, while it stays in reach.
    /// - Returns: whether it was offered.
    @inline(__always)
    private mutating func offer(_ item: UInt32, _ points: Int32, _ looked: Int, _ rest: Int32) -> Bool {
        var points = points
        var rest = rest
        var c = looked
        let threshold = self.threshold
        while c > 0 {
            c -= 1
            if clauses[c].bound == 0 { continue }
            rest -= clauses[c].bound
            let i = clauses[c].cursors.lowerBound
            let place = cursors[i].seek(item, from: cursors[i].probe)
            cursors[i].probe = place
            if place < cursors[i].end, cursors[i].items[place] == item {
                points += TextQuery.points(cursors[i].impacts[place], cursors[i].factor)
            }
            if points + rest <= threshold { return false }
        }
        best.offer(item, Float(points))
        return true
    }

    @inline(__always)
    private static func contains(_ words: UnsafeBufferPointer<UInt64>, _ item: UInt32) -> Bool {
        let word = Int(item >> 6)
        return word < words.count && words[word] >> UInt64(item & 63) & 1 != 0
    }
}

extension TextIndex {
    /// The points of items; nil where an item has none of the terms. Aligned with `items`, which may be in any order.
    func points(of items: [ItemIndex], _ query: TextQuery) -> [Int32?] {
        let order = items.indices.sorted { items[$0] < items[$1] }
        var sums = [Int32](repeating: 0, count: items.count)
        var own = [Int32](repeating: 0, count: items.count)
        for clause in query.clauses {
            for alternative in clause.alternatives where alternative.term >= 0 {
                let factor = query.factor(alternative)
                let end = Int(postings.pointer[alternative.term + 1])
                var at = Int(postings.pointer[alternative.term])
                for i in order {
                    at = seek(items[i], from: at, to: end)
                    if at == end { break }
                    if self.items.pointer[at] == items[i] {
                        own[i] = max(own[i], TextQuery.points(impacts.pointer[at], factor))
                    }
                }
            }
            for i in own.indices where own[i] != 0 {
                sums[i] += own[i]
                own[i] = 0
            }
        }
        return sums.map { $0 == 0 ? nil : $0 }
    }

    func seek(_ item: ItemIndex, from: Int, to end: Int) -> Int {
        gallop(to: item, in: items.pointer, from: from, end: end)
    }
}

/// The first place from `from` on whose item is at least `item`; `end` when there is none. Steps double until they are
/// past it (galloping: Bentley and Yao 1976), for the next one is mostly near.
@inline(__always)
private func gallop(to item: UInt32, in items: UnsafePointer<UInt32>, from: Int, end: Int) -> Int {
    guard from < end, items[from] < item else { return from }
    var low = from
    var step = 1
    while low + step < end, items[low + step] < item {
        low += step
        step *= 2
    }
    var high = min(low + step, end)
    low += 1
    while low < high {
        let middle = low + (high - low) / 2
        if items[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low
}
