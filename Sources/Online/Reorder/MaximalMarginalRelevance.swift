import MagpieDomain

/// Diversity: each place goes to the candidate that is good and unlike what stands already,
///
///     argmax over candidates c not yet placed of  (1 - diversity) relevance(c) - diversity max over placed s of sim(c, s)
///
/// Relevance is the score drawn to 0 ... 1 between the worst and the best of the candidates, so that it can be
/// weighed against a similarity. No similarity known (NaN) counts as none, a negative one as 0: unlike is unlike. Ties
/// go to the candidate that stood first, so diversity 0 changes nothing.
///
/// The order of n candidates costs n² similarities. It does not depend on how many items are asked for: an answer of
/// five is the beginning of the answer of ten.
///
/// Source: Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking for reordering documents and
/// producing summaries" (their lambda is 1 - diversity).
enum MaximalMarginalRelevance {
    /// - Parameters:
    ///   - scores: of the candidates in their order, which is descending; at least as many as are known.
    ///   - diversity: 0 ... 1.
    ///   - similarities: how like each candidate is to the candidate of this number; as many as there are scores.
    /// - Returns: the candidates' numbers in their new order.
    static func order(scores: [Float], diversity: Double, similarities: (Int) -> [Float]) -> [Int] {
        let count = scores.count
        guard count > 1, diversity > 0 else { return Array(scores.indices) }
        let relevance = Self.relevance(scores)
        var nearest = [Double](repeating: 0, count: count)
        var left = Array(0..<count)
        var order: [Int] = []
        order.reserveCapacity(count)
        while !left.isEmpty {
            var best = 0
            var bestValue = -Double.infinity
            for (place, candidate) in left.enumerated() {
                let value = (1 - diversity) * relevance[candidate] - diversity * nearest[candidate]
                if value > bestValue { (best, bestValue) = (place, value) }
            }
            let chosen = left.remove(at: best)
            order.append(chosen)
            if left.isEmpty { break }
            for (candidate, similarity) in similarities(chosen).enumerated() where similarity > 0 {
                nearest[candidate] = max(nearest[candidate], Double(similarity))
            }
        }
        return order
    }

    /// 0 for the worst, 1 for the best; all 1 when they are equal. What is no finite number is as bad as the worst.
    static func relevance(_ scores: [Float]) -> [Double] {
        let finite = scores.filter(\.isFinite).map(Double.init)
        guard let best = finite.max(), let worst = finite.min(), best > worst else {
            return scores.map { $0.isFinite ? 1 : 0 }
        }
        return scores.map { $0.isFinite ? (Double($0) - worst) / (best - worst) : 0 }
    }
}
