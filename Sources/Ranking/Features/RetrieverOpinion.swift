import Foundation
import MagpieDomain

/// What one retriever thinks of a candidate, in forms that survive a refit: its place between the worst and the
/// best candidate (0 to 1), and the logarithm of its rank among the candidates (0 = first).
struct RetrieverOpinion: Feature {
    let retriever: String

    var columns: [String] { ["\(retriever).share", "\(retriever).logRank"] }

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        guard let scores = context.opinions.first(where: { $0.retriever == retriever })?.scores else { return }
        let known = scores.filter { !$0.isNaN }
        guard let best = known.max(), let worst = known.min() else { return }
        let span = best - worst
        for (row, score) in scores.enumerated() where !score.isNaN {
            matrix[row, column] = span > 0 ? (score - worst) / span : 1
        }
        for (row, rank) in ranks(of: scores).enumerated() where !scores[row].isNaN {
            matrix[row, column + 1] = log1p(Float(rank))
        }
    }
}

/// Ranks (0 = largest) of values; equal values share the best of their ranks; NaN comes last.
func ranks(of values: [Float]) -> [Int] {
    let order = values.indices.sorted { a, b in
        let x = values[a].isNaN ? -Float.infinity : values[a]
        let y = values[b].isNaN ? -Float.infinity : values[b]
        return x > y || (x == y && a < b)
    }
    var ranks = [Int](repeating: 0, count: values.count)
    for (rank, index) in order.enumerated() {
        let sameAsPrevious = rank > 0 && values[order[rank - 1]] == values[index]
        ranks[index] = sameAsPrevious ? ranks[order[rank - 1]] : rank
    }
    return ranks
}
