import MagpieDomain

/// How alike a candidate is to what the user liked last: to the very last item, and to the last five on average
/// and at best. NaN without a history.
struct SimilarityToRecent: Feature {
    let similarity: String

    var columns: [String] {
        ["\(similarity).toLast", "\(similarity).toLast5Mean", "\(similarity).toLast5Max"]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let similarity = context.similarities.first(where: { $0.name == similarity }) else { return }
        let recent = context.recent(5)
        guard !recent.isEmpty else { return }
        var sums = [Float](repeating: 0, count: context.items.count)
        var known = [Float](repeating: 0, count: context.items.count)
        let lists = similarity.similarities(of: context.items, to: recent.map(\.item))
        for (age, values) in lists.enumerated() {
            for (row, value) in values.enumerated() where !value.isNaN {
                if age == 0 { matrix[row, 0] = value }
                sums[row] += value
                known[row] += 1
                let best = matrix[row, 2]
                matrix[row, 2] = best.isNaN ? value : max(best, value)
            }
        }
        for row in sums.indices where known[row] > 0 {
            matrix[row, 1] = sums[row] / known[row]
        }
    }
}
