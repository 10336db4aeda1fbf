import MagpieDomain
import MagpieOnline

/// Which candidates of a request the ranker learns from: all that were liked or disliked, and of the others so many, by their place in
/// the order that a ranker would have to better (fusion): the first half of the sample are the best of them, the other
/// half stand evenly spread over the rest. So the ranker sees the mistakes that matter most, and still what a bad
/// candidate looks like. Each of the spread ones stands for its stretch of the rest: likelihoods and probabilities are those
/// of all candidates.
struct NegativeSample {
    /// Of each request.
    let negatives: Int

    /// Below this a sample says too little of a request.
    static let least = 50

    /// - Parameter maximumExamples: candidates of all requests together.
    init(requests: Int, maximumExamples: Int) {
        negatives = max(Self.least, maximumExamples / max(1, requests))
    }

    /// Rows to keep, ascending, and for how many candidates each stands.
    /// - Parameter fused: larger = earlier in the order of fusion; aligned with `labels`.
    /// - Parameter disliked: rows that are kept whatever their place; aligned with `labels`.
    func rows(labels: [Bool], disliked: [Bool]? = nil, fused: [Float]) -> (rows: [Int], stands: [Float]) {
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
        let kept = order[..<best] + (0..<spread).map { order[best + (2 * $0 + 1) * rest / (2 * spread)] }
        for row in kept[best...] { stands[row] = Float(rest) / Float(spread) }
        let rows = (kept + labels.indices.filter { isKept[$0] }).sorted()
        return (rows, rows.map { stands[$0] })
    }
}
