import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRetrieval

/// Search under filters, from one that lets everything pass to one that lets one item in ten thousand pass. Each query
/// has filters of its own, made outside of what is timed: a search takes the set of what is excluded.
struct FilterMeasurement {
    /// Which items pass.
    enum Kind: String, CaseIterable {
        /// Any, by chance.
        case random
        /// By chance among the half that is farthest from the query: what an index looks at first is all excluded.
        case anti
    }

    static let passRates = [1, 0.1, 0.01, 0.001, 0.0001]
    private static let queryLimit = 100

    private let input: IndexInput
    private let index: PartitionedIndex
    private let exact: ExactAnswers
    private let target: Double
    private let seed: UInt64
    private let threads: Int
    private let rows: [[Float]]
    /// For each query the score that half of the items do not reach.
    private let medians: [Float]

    init(_ input: IndexInput, file: URL, target: Double, seed: UInt64, threads: Int) throws {
        self.input = input
        self.target = target
        self.seed = seed
        self.threads = threads
        index = try PartitionedIndex(opening: file, vectors: input.base)
        let rows = Array(input.rows.prefix(Self.queryLimit))
        let exact = ExactAnswers(input.base, metric: input.metric, threads: threads)
        medians = Parallel.map(rows.count, threads: threads) { q in
            let scores = exact.scores(rows[q]).sorted()
            return scores[scores.count / 2]
        }
        self.rows = rows
        self.exact = exact
    }

    func points(progress: (Double) -> Void, each: (FilterPoint) throws -> Void) rethrows -> [FilterPoint] {
        var points: [FilterPoint] = []
        let all = Self.passRates.count * Kind.allCases.count
        for rate in Self.passRates {
            for kind in Kind.allCases {
                let point = point(rate: rate, kind: kind)
                try each(point)
                points.append(point)
                progress(Double(points.count) / Double(all))
            }
        }
        return points
    }

    private func point(rate: Double, kind: Kind) -> FilterPoint {
        let (index, exact, rows, k, target) = (index, exact, rows, input.k, target)
        let count = max(1, Int((Double(input.base.count) * rate).rounded()))
        let passing: [[UInt32]] = Parallel.map(rows.count, threads: threads) { q in
            self.passing(count, kind: kind, rate: rate, query: q)
        }
        let allowed = passing.map { items in
            var set = ItemSet(itemCount: input.base.count)
            for item in items { set.insert(item) }
            return set
        }
        let excluded = allowed.map(\.complement)
        let truth: [[UInt32]] = Parallel.map(rows.count, threads: threads) { q in
            exact.find(rows[q], k: k, among: passing[q])
        }
        var (hits, wanted, wrong) = (0, 0, 0)
        for (q, row) in rows.enumerated() {
            let answers = index.search(row, k: k, excluding: excluded[q], recall: target).map(\.item)
            let judged = TrueAnswers(truth[q], query: row, base: input.base, metric: input.metric)
            hits += judged.hits(answers, mayPass: allowed[q]).byDistance
            wanted += truth[q].count
            wrong += answers.reduce(0) { $0 + (allowed[q].contains($1) ? 0 : 1) }
        }
        let filtered = CallTimes.measured(rows.count) { q in
            _ = index.search(rows[q], k: k, excluding: excluded[q], recall: target)
        }
        let unfiltered = CallTimes.measured(rows.count) { q in _ = index.search(rows[q], k: k, recall: target) }
        // From the same set that the index takes, and once more for who has the list already.
        let byScan = CallTimes.measured(rows.count) { q in
            _ = exact.best(rows[q], k: k, among: excluded[q].complement.items)
        }
        let byList = CallTimes.measured(rows.count) { q in _ = exact.best(rows[q], k: k, among: passing[q]) }
        return FilterPoint(
            dataset: input.base.name, k: k, targetRecall: target, filter: kind.rawValue, passRate: rate,
            passing: count, recall: Double(hits) / Double(max(wanted, 1)), excludedAnswers: wrong,
            p50Micros: filtered.micros(0.5).rounded(to: 3), exactMicros: byScan.micros(0.5).rounded(to: 3),
            exactListMicros: byList.micros(0.5).rounded(to: 3),
            unfilteredMicros: unfiltered.micros(0.5).rounded(to: 3))
    }

    /// `count` items, ascending. Where so many do not fit into the farther half, it is those with the lowest scores.
    private func passing(_ count: Int, kind: Kind, rate: Double, query: Int) -> [UInt32] {
        let n = input.base.count
        var items = (0..<UInt32(n)).map { $0 }
        guard count < n else { return items }
        if kind == .anti {
            let scores = exact.scores(rows[query])
            if count * 2 > n {
                return items.sorted { scores[Int($0)] < scores[Int($1)] }.prefix(count).sorted()
            }
            items.removeAll { scores[Int($0)] >= medians[query] }
            // Many items with the very score of the median: some of them pass, too.
            if items.count < count { items = (0..<UInt32(n)).filter { scores[Int($0)] <= medians[query] } }
        }
        // The first steps of a shuffle (Fisher and Yates) are a sample.
        var random = RandomSource(seed: seed, 0x6669, UInt64(query), rate.bitPattern)
        for i in 0..<count { items.swapAt(i, i + random.below(items.count - i)) }
        return items.prefix(count).sorted()
    }
}

/// One filter's figures.
struct FilterPoint: Encodable {
    var dataset: String
    var k: Int
    var targetRecall: Double
    var filter: String
    var passRate: Double
    /// Items that pass.
    var passing: Int
    /// By distance, of the true best among those that pass.
    var recall: Double
    /// Answers that should not have passed; anything but 0 is a bug.
    var excludedAnswers: Int
    /// The median of a query.
    var p50Micros: Double
    /// The median of exact search in 32-bit floats: rows gathered from the set, scored, k kept.
    var exactMicros: Double
    /// The same where the list of what passes is at hand.
    var exactListMicros: Double
    var unfilteredMicros: Double
}
