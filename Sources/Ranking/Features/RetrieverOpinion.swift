import MagpieDomain

/// What one retriever thinks of a candidate, in forms that survive a refit: its place between the worst and the
/// best candidate (0 to 1), its score as a share of the best (where the best is above 0), the logarithm of its rank
/// among the candidates (0 = first), and how many standard deviations it lies above the mean.
struct RetrieverOpinion: Feature {
    let retriever: String

    var columns: [String] {
        ["\(retriever).share", "\(retriever).ofBest", "\(retriever).logRank", "\(retriever).z"]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let scores = context.opinions.first(where: { $0.retriever == retriever })?.scores else { return }
        var (best, worst) = (-Float.infinity, Float.infinity)
        var (count, sum) = (0.0, 0.0)
        for score in scores where !score.isNaN {
            best = max(best, score)
            worst = min(worst, score)
            count += 1
            sum += Double(score)
        }
        guard count > 0 else { return }
        let mean = sum / count
        var squares = 0.0
        for score in scores where !score.isNaN { squares += (Double(score) - mean) * (Double(score) - mean) }
        let deviation = (squares / count).squareRoot()
        let span = best - worst
        for (row, score) in scores.enumerated() where !score.isNaN {
            matrix[row, 0] = span > 0 ? (score - worst) / span : 1
            matrix[row, 3] = span > 0 && deviation > 0 ? Float((Double(score) - mean) / deviation) : 0
        }
        matrix.writeSharesOfBest(of: scores, at: 1)
        matrix.writeLogRanks(of: scores, at: 2)
    }
}
