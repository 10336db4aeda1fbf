import MagpieDomain

/// How the opinions of the retrievers of a text are put together where no ranker is trained: a sum of
///
///     BM25 / its best among the candidates  +  .3 * cosine of latent semantics  +  .3 * cosine of the query encoder
///
/// Scores and not ranks (Fox and Shaw, TREC-2 1994; Bruch, Gai, Ingber, ACM TOIS 2023, section 4): how much better the first
/// is than the tenth is what BM25 knows best, and reciprocal ranks throw it away (docs/adr/0018). No opinion adds nothing.
public enum SearchFusion {
    /// What a retriever's opinion counts; nil = it does not answer texts, and its opinion cannot be summed with theirs.
    public static func weight(of retriever: String) -> Float? {
        switch retriever {
        case "text": 1
        case "semantic", "embedding": 0.3
        default: nil
        }
    }

    /// One score for each item.
    /// - Parameter opinions: of retrievers that have a weight, of the same items in the same order; NaN = none.
    public static func scores(_ opinions: [(retriever: String, scores: [Float])], count: Int) -> [Float] {
        var sums = [Float](repeating: 0, count: count)
        for (retriever, scores) in opinions {
            guard var weight = weight(of: retriever) else { continue }
            if retriever == "text" {
                let best = scores.reduce(0) { max($0, $1.isNaN ? 0 : $1) }
                weight = best > 0 ? weight / best : 0
            }
            for (i, score) in scores.enumerated() where !score.isNaN { sums[i] += weight * score }
        }
        return sums
    }
}
