import Foundation
import MagpieDomain
import MagpieKernels

/// Finds how wide to search for a wanted recall: the cheapest of many widths, by where searches of held-out queries
/// met the exact answers. Costs are counted, not timed, so that the result is the same everywhere.
///
/// A query is scanned once, over as many lists as its last answer needs, and everything is kept. Then for each cut of
/// the lists (by number or by gap) and each margin it is counted how many answers would have been found, and how many
/// candidates scored.
struct Calibration {
    let tables: PartitionTables
    let pool: WorkspacePool
    /// As inner products see them.
    let queries: SharedRows
    /// Positions of the true best, best first.
    let truth: [[UInt32]]
    /// A position that does not count as an answer: the query's own.
    let skipping: [UInt32]?
    /// How much codes err (standard deviation, of a query of length 1): margins are told in eighths of it.
    let errorScale: Float
    let threads: Int

    static let ks = [1, 10, 50, 200, 1_000]
    static let targets = [0.8, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998]
    /// Of each family.
    private static let cuts = 40
    static let margins = 64

    /// Small and large k are calibrated apart, each with cuts and a family of its own.
    func plan() -> SearchPlan {
        var plan = SearchPlan(ks: [], targets: Self.targets, widths: [], reaches: [], work: [], measured: [])
        for isLarge in [false, true] {
            let ks = Self.ks.filter { ($0 > Self.smallK) == isLarge && $0 <= max(tables.count / 2, 1) }
            if ks.isEmpty { continue }
            let part = self.plan(of: ks, queries: isLarge ? min(queries.count, Self.largeQueries) : queries.count)
            plan.ks += part.ks
            plan.widths += part.widths
            plan.reaches += part.reaches
            plan.work += part.work
            plan.measured += part.measured
        }
        return plan
    }

    /// Of so many k or fewer all queries know the answers, of more only the first few, which have answers enough.
    static let smallK = 50
    static let largeQueries = 128

    private func plan(of ks: [Int], queries count: Int) -> SearchPlan {
        let cuts = self.cuts(ks.last ?? 1, count)
        let (tallies, standings) = tally(cuts, ks, count)
        let families = [0..<Self.cuts, Self.cuts..<2 * Self.cuts].map { family in
            CalibrationChoice(
                cuts: Array(cuts[family]), tallies: Array(tallies[family]), ks: ks,
                answers: ks.map { k in truth.prefix(count).reduce(0) { $0 + min($1.count, k) } },
                queries: max(count, 1), marginUnit: marginUnit, cost: SearchCost(tables))
        }
        let choice = families[0].total(Self.targets) <= families[1].total(Self.targets) ? families[0] : families[1]
        let losses = self.losses(choice, count)
        // A twentieth less missed than may be: other queries than these will be asked.
        let chosen = ks.indices.map { row in
            Self.targets.map { choice.cheapest(row: row, recall: ($0 + (1 - $0) / 20) / losses[row]) }
        }
        return SearchPlan(
            ks: ks, targets: Self.targets, widths: chosen.map { $0.map(\.width) },
            reaches: Parallel.map(ks.count, threads: threads) { row in
                self.reaches(standings.flatMap { $0.prefix(ks[row]) })
            },
            work: chosen.map { $0.map(\.work) },
            measured: zip(chosen, losses).map { found, loss in found.map { $0.recall * loss } })
    }

    /// By k: what the last scores leave of what the scan found, from one whole search a query for the largest k.
    private func losses(_ choice: CalibrationChoice, _ count: Int) -> [Double] {
        let last = choice.ks.count - 1
        let usual = choice.cheapest(row: last, recall: 0.99)
        let recalls = recalls(choice.ks, width: usual.width, count)
        return choice.ks.indices.map { row in
            // (Of smaller k the scan for the largest misses next to nothing but what lies in other lists.)
            let found = row == last ? usual.recall : choice.recall(row: row, ofCut: usual.cut)
            return found > 0 ? min(max(recalls[row] / found, 0.5), 1) : 1
        }
    }

    private var marginUnit: Float { errorScale / 8 }

    /// Cuts of the lists that leave half, three quarters ... of the answers: the first half by number, the second half
    /// by gap.
    private func cuts(_ k: Int, _ count: Int) -> [SearchWidth] {
        let every = max(k * count / 32_768, 1)  // answers enough for the quantiles
        let needs: [[(rank: Int, gap: Float)]] = Parallel.map(count, threads: threads) { q in
            pool.with { workspace in
                var search = PartitionSearch(tables, workspace)
                guard search.take(queries.pointer + q * queries.stride, isCentred: true) else { return [] }
                search.scorePartitions()
                _ = search.orderPartitions(tables.partitions)
                let place = places(workspace)
                let top = workspace.partitionScores.pointer[Int(workspace.order.pointer[0])]
                return stride(from: 0, to: min(k, truth[q].count), by: every).map { rank in
                    let p = tables.partition(of: Int(truth[q][rank]))
                    return (place[p], max((top - workspace.partitionScores.pointer[p]) / search.biasWeight, 0))
                }
            }
        }
        let sorted: [[Float]] = Parallel.map(2, threads: threads) { family in
            needs.joined().map { family == 0 ? Float($0.rank) : $0.gap }.sorted()
        }
        let shares = (1...Self.cuts).map { 1 - exp2(-Double($0) / 3.8) }
        func quantile(_ values: [Float], _ share: Double) -> Float {
            values.isEmpty ? 0 : values[min(Int(Double(values.count) * share), values.count - 1)]
        }
        let byNumber = shares.map {
            SearchWidth(probes: Int(quantile(sorted[0], $0)) + 1, gap: SearchWidth.anyGap, margin: 0)
        }
        let byGap = shares.map {
            SearchWidth(probes: tables.partitions, gap: Self.told(quantile(sorted[1], $0)), margin: 0)
        }
        return byNumber + byGap
    }

    /// Numbers that JSON readers refuse (subnormal ones) become 0.
    static func told(_ value: Float) -> Float { value.isNormal ? value : 0 }

    /// The place of each partition in the workspace's order.
    private func places(_ workspace: SearchWorkspace) -> [Int] {
        var place = [Int](repeating: 0, count: tables.partitions)
        for i in 0..<tables.partitions { place[Int(workspace.order.pointer[i])] = i }
        return place
    }

    /// Sums over queries, of one cut.
    struct Tally: Sendable {
        var lists = 0
        var scanned = 0
        /// By k and margin: answers that need just this margin; candidates within it. Row after row.
        var hits: [Int]
        var candidates: [Int]

        init(rows: Int) {
            hits = [Int](repeating: 0, count: rows * Calibration.margins)
            candidates = hits
        }

        mutating func add(_ other: Tally) {
            lists += other.lists
            scanned += other.scanned
            Self.add(other.hits, to: &hits)
            Self.add(other.candidates, to: &candidates)
        }

        /// Over pointers: of all that is done for a query this is done most often.
        private static func add(_ some: [Int], to sums: inout [Int]) {
            sums.withUnsafeMutableBufferPointer { sums in
                some.withUnsafeBufferPointer { some in
                    for i in 0..<min(sums.count, some.count) { sums[i] &+= some[i] }
                }
            }
        }
    }

    /// The tallies of all cuts, and for each query how far its answers stand out from their partitions.
    private func tally(_ cuts: [SearchWidth], _ ks: [Int], _ count: Int) -> ([Tally], [[Float]]) {
        let empty = [Tally](repeating: Tally(rows: ks.count), count: cuts.count)
        let group = 16
        let pieces = (count + group - 1) / group
        let parts: [(tallies: [Tally], standings: [[Float]])] = Parallel.map(pieces, threads: threads) { piece in
            var tallies = empty
            var standings: [[Float]] = []
            for q in piece * group..<min(piece * group + group, count) {
                pool.with { workspace in standings.append(add(q, cuts, ks, workspace, to: &tallies)) }
            }
            return (tallies, standings)
        }
        let sums = parts.reduce(into: empty) { sums, part in
            for c in sums.indices { sums[c].add(part.tallies[c]) }
        }
        return (sums, parts.flatMap(\.standings))
    }

    /// How far, for each target, an answer may stand out from its partition before it is among the few that may be
    /// missed: half of what the target leaves.
    private func reaches(_ standings: [Float]) -> [Float] {
        let sorted = standings.sorted()
        return Self.targets.map { target in
            guard !sorted.isEmpty else { return SearchWidth.anyGap }
            let share = 1 - (1 - target) / 2
            let value = sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]
            return value.isNormal ? max(value, 0) : value > 1 ? SearchWidth.anyGap : 0
        }
    }

    private func add(
        _ q: Int, _ cuts: [SearchWidth], _ ks: [Int], _ workspace: SearchWorkspace, to tallies: inout [Tally]
    ) -> [Float] {
        var search = PartitionSearch(tables, workspace)
        guard search.take(queries.pointer + q * queries.stride, isCentred: true) else { return [] }
        search.scorePartitions()
        let all = search.orderPartitions(tables.partitions)
        let order = workspace.order.pointer
        let lists = cuts.map { self.lists($0, search, all) }
        let most = lists.max() ?? 1
        let total = (0..<most).reduce(0) { $0 + Int(tables.firsts[Int(order[$1]) + 1] - tables.firsts[Int(order[$1])]) }
        guard
            var scan = CodeScan(search, first: most, k: nil, margin: 0, excluded: nil, room: total + 1)
        else { return [] }
        var ends = [0]
        for i in 0..<most {
            scan.add(order[i])
            ends.append(scan.count)
        }
        let place = places(workspace)
        func at(_ position: Int) -> Int? {
            let p = tables.partition(of: position)
            return place[p] < most ? ends[place[p]] + position - Int(tables.firsts[p]) : nil
        }
        var keys = ScannedKeys(
            candidates: UnsafePointer(workspace.candidates.pointer), shift: scan.shift,
            without: skipping.flatMap { at(Int($0[q])) })
        // Where each answer stands: its list's place in the order, its key.
        let answers: [Standing] = truth[q].prefix(ks.last ?? 1).map { position in
            let p = tables.partition(of: Int(position))
            guard let at = at(Int(position)) else { return (.max, 0, .infinity) }
            let key = workspace.candidates.pointer[at].key
            let standing = scan.score(ofKey: key) - workspace.partitionScores.pointer[p]
            return (place[p], Float(key), standing / search.biasWeight)
        }
        let unit = marginUnit * search.biasWeight / scan.step
        // Cuts that leave this query the same lists find and cost the same.
        var found = Tally(rows: ks.count)
        for c in cuts.indices.sorted(by: { (lists[$0], $0) < (lists[$1], $1) }) {
            if lists[c] != found.lists {
                found.lists = lists[c]
                found.scanned = ends[lists[c]]
                keys.extend(to: found.scanned, most: ks.last ?? 1, unit: unit)
                for (row, k) in ks.enumerated() {
                    let threshold = keys.key(ofRank: k)
                    let begin = row * Self.margins
                    keys.counts(
                        from: threshold, unit: unit, least: min(k, keys.end), into: &found.candidates, at: begin)
                    Self.count(
                        answers, first: k, within: found.lists, of: threshold, unit: unit, into: &found.hits, at: begin)
                }
            }
            tallies[c].add(found)
        }
        return answers.map(\.standing)
    }

    private typealias Standing = (place: Int, key: Float, standing: Float)

    /// How many of the first answers, those that lie in so many lists, need each margin.
    private static func count(
        _ answers: [Standing], first k: Int, within lists: Int, of threshold: Float, unit: Float,
        into hits: inout [Int], at begin: Int
    ) {
        hits.withUnsafeMutableBufferPointer { hits in
            answers.withUnsafeBufferPointer { answers in
                for m in begin..<begin + margins { hits[m] = 0 }
                let inverse: Float = unit > 0 ? 1 / unit : 0
                for a in 0..<min(k, answers.count) where answers[a].place < lists {
                    let need: Float = max((threshold - answers[a].key) * inverse, 0)
                    guard need <= Float(margins - 1) else { continue }
                    let whole = Int(need)
                    hits[begin + whole + (Float(whole) < need ? 1 : 0)] += 1
                }
            }
        }
    }

    /// How many of the ordered lists a cut leaves.
    private func lists(_ cut: SearchWidth, _ search: PartitionSearch, _ all: Int) -> Int {
        if cut.gap == SearchWidth.anyGap { return min(cut.probes, all) }
        let order = search.workspace.order.pointer
        let scores = search.workspace.partitionScores.pointer
        let least: Float = scores[Int(order[0])] - cut.gap * search.biasWeight
        var low = 0
        var high = all
        while low < high {
            let middle = (low + high) / 2
            if scores[Int(order[middle])] >= least { low = middle + 1 } else { high = middle }
        }
        return max(low, 1)
    }

    /// By k, of the whole search for the largest.
    private func recalls(_ ks: [Int], width: SearchWidth, _ count: Int) -> [Double] {
        guard let k = ks.last else { return [] }
        let more = skipping == nil ? 0 : 1
        let hits: [[Int]] = Parallel.map(count, threads: threads) { q in
            pool.with { workspace in
                var search = PartitionSearch(tables, workspace)
                guard search.take(queries.pointer + q * queries.stride, isCentred: true) else {
                    return ks.map { min($0, truth[q].count) }
                }
                search.scorePartitions()
                let kept = search.scan(
                    search.choosePartitions(width), k: k + more, margin: width.margin, excluded: nil)
                var answers = search.best(of: kept, k: k + more)
                if let own = skipping?[q] { answers.removeAll { $0.item == tables.items[Int(own)] } }
                var ranks: [ItemIndex: Int] = [:]
                for (rank, position) in truth[q].prefix(k).enumerated() { ranks[tables.items[Int(position)]] = rank }
                return ks.map { k in
                    let wanted = min(k, truth[q].count)
                    guard wanted > 0 else { return 0 }
                    // As good as the k-th is as good: of copies any will do.
                    workspace.positions.pointer[0] = truth[q][wanted - 1]
                    let last = search.bestPositions(1, k: 1).first?.score ?? .infinity
                    let hits = answers.prefix(k).reduce(0) { sum, answer in
                        sum + (ranks[answer.item].map { $0 < wanted } ?? false || answer.score >= last ? 1 : 0)
                    }
                    return min(hits, wanted)
                }
            }
        }
        return ks.indices.map { row in
            let all = truth.prefix(count).reduce(0) { $0 + min($1.count, ks[row]) }
            return all > 0 ? Double(hits.reduce(0) { $0 + $1[row] }) / Double(all) : 1
        }
    }
}
