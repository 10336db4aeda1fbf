import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOnline

/// Which candidates of a request the ranker learns from: all that were liked or disliked, and of the others so many, by their place in
/// the order that a ranker would have to better (fusion): the first half of the sample are the best of them, the other
/// half are drawn from stretches of the rest, one from each. So the ranker sees the mistakes that matter most, and still what
/// a bad candidate looks like. Each of those drawn stands for its stretch: likelihoods and probabilities are those of all
/// candidates. (Taken from the middles of the stretches, they would have the same places in every request, between which trees
/// find what was liked.)
struct NegativeSample {
    /// Of each request.
    let negatives: Int

    /// Below this a sample says too little of a request.
    static let least = 50

    /// - Parameter maximumExamples: candidates of all requests together.
    init(requests: Int, maximumExamples: Int) {
        negatives = max(Self.least, maximumExamples / max(1, requests))
    }

    static func seed(of question: Question) -> UInt64 {
        Questions.mixed(question.user?.raw ?? 0, with: UInt64(question.position))
    }

    /// Rows to keep, ascending, and for how many candidates each stands.
    /// - Parameter fused: larger = earlier in the order of fusion; aligned with `labels`.
    /// - Parameter disliked: rows that are kept whatever their place; aligned with `labels`.
    /// - Parameter seed: which ones are drawn, see ``seed(of:)``.
    func rows(
        labels: [Bool], disliked: [Bool]? = nil, fused: [Float], seed: UInt64
    ) -> (rows: [Int], stands: [Float]) {
        let isKept = disliked.map { zip(labels, $0).map { $0 || $1 } } ?? labels
        let others = labels.indices.filter { !isKept[$0] }
        guard others.count > negatives else {
            return (Array(labels.indices), [Float](repeating: 1, count: labels.count))
        }
        let order = others.sorted { (fused[$0], $1) > (fused[$1], $0) }
        let best = negatives / 2
        let spread = negatives - best
        let rest = order.count - best
        var stands = [Float](repeating: 1, count: labels.count)
        var random = RandomSource(seed: seed, 0x4E53)
        var kept = Array(order[..<best])
        for stretch in 0..<spread {
            let (begin, end) = (best + stretch * rest / spread, best + (stretch + 1) * rest / spread)
            let row = order[begin + random.below(end - begin)]
            stands[row] = Float(end - begin)
            kept.append(row)
        }
        let rows = (kept + labels.indices.filter { isKept[$0] }).sorted()
        return (rows, rows.map { stands[$0] })
    }
}
