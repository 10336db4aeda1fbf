import MagpieDomain
import MagpieRetrieval

/// Holds answers against the true k best of one query.
struct TrueAnswers {
    /// The true best, best first.
    let items: [UInt32]
    /// The score that the last of them has, less a millionth: what is as near counts, too.
    private let least: Double
    private let query: [Float]
    private let base: VectorSet
    private let metric: VectorMetric
    private static let tolerance = 1e-6

    init(_ items: [UInt32], query: [Float], base: VectorSet, metric: VectorMetric) {
        (self.items, self.query, self.base, self.metric) = (items, query, base, metric)
        let worst = ExactAnswers.scores(query, of: items, in: base, metric: metric).min() ?? .infinity
        least = worst - Self.tolerance * worst.magnitude
    }

    /// How many of the answers are right; one that is told twice counts once.
    /// - Parameter mayPass: which items were asked for; nil: all.
    func hits(_ answers: [UInt32], mayPass: ItemSet? = nil) -> (byDistance: Int, byID: Int) {
        let told = Set(answers.prefix(items.count)).filter { mayPass?.contains($0) ?? true }
        let byID = told.intersection(items)
        let others = told.subtracting(byID)
        let near = ExactAnswers.scores(query, of: Array(others), in: base, metric: metric).reduce(0) {
            $0 + ($1 >= least ? 1 : 0)
        }
        return (byID.count + near, byID.count)
    }
}

/// The true answers of all queries: from the truth file, or computed.
struct RecallJudge {
    private let truth: [TrueAnswers]

    init(_ input: IndexInput, threads: Int) {
        let lists: [[UInt32]]
        if let given = input.truth {
            lists = (0..<given.count).map { q in given[q].prefix(input.k).map { UInt32(truncatingIfNeeded: $0) } }
        } else {
            lists = ExactAnswers(input.base, metric: input.metric, threads: threads)
                .find(input.queries, k: input.k, threads: threads)
        }
        truth = zip(lists, input.rows).map {
            TrueAnswers($0, query: $1, base: input.base, metric: input.metric)
        }
    }

    /// The share of the true answers that were found.
    func recall(_ answers: (Int) -> [UInt32]) -> (byDistance: Double, byID: Double) {
        var (near, same, all) = (0, 0, 0)
        for (q, list) in truth.enumerated() {
            let hits = list.hits(answers(q))
            near += hits.byDistance
            same += hits.byID
            all += list.items.count
        }
        return (Double(near) / Double(max(all, 1)), Double(same) / Double(max(all, 1)))
    }
}
