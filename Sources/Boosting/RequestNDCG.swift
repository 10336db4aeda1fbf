import MagpieKernels
import MagpieRanking

/// NDCG of requests whose rows have gains.
public enum RequestNDCG {
    /// NDCG@k of each request in the order of these scores, ties by row: gains over log2(1 + rank), divided by the same of
    /// the best order; 0 for a request without a gain. A row that stands for n candidates takes n places, the middle of which is
    /// its rank.
    public static func values(_ scores: [Float], _ examples: Examples, at k: Int) -> [Double] {
        precondition(scores.count == examples.rowCount, "\(scores.count) scores of \(examples.rowCount) rows")
        let buffer = SharedBuffer<Float>(count: scores.count, repeating: 0)
        for (row, score) in scores.enumerated() { buffer.pointer[row] = score }
        return LambdaGradient(examples, truncation: k).ndcg(buffer, at: k)
    }
}
