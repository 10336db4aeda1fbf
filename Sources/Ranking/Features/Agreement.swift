import Foundation
import MagpieDomain

/// How the retrievers agree on a candidate: the share of those asked that proposed it, the logarithm of its best place
/// in their lists (0 = first), reciprocal rank fusion over the lists as a share of the best and as log-rank (Cormack,
/// Clarke and Büttcher, SIGIR 2009), and the mean of its places among the candidates by every opinion, proposer or not.
struct Agreement: Feature {
    var columns: [String] {
        ["merged.proposers", "merged.bestLogRank", "merged.fusedOfBest", "merged.fusedLogRank", "merged.meanPlace"]
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        writeOpinions(context, to: matrix.from(4))
        let lists = context.proposals.filter { !$0.isEmpty }
        guard !lists.isEmpty else { return }
        let rows = KeyRows(context.items)
        var proposers = [Float](repeating: 0, count: rows.count)
        var best = [Int](repeating: .max, count: rows.count)
        for list in lists {
            for (rank, candidate) in list.enumerated() {
                guard let row = rows.row(of: candidate.item) else { continue }
                proposers[row] += 1
                best[row] = min(best[row], rank)
            }
        }
        let fused = ReciprocalRankFusion.scores(in: rows, lists: lists)
        for row in proposers.indices {
            matrix[row, 0] = proposers[row] / Float(lists.count)
            if best[row] < .max { matrix[row, 1] = log1p(Float(best[row])) }
        }
        matrix.writeSharesOfBest(of: fused, at: 2)
        matrix.writeLogRanks(of: fused, at: 3)
    }

    private func writeOpinions(_ context: FeatureContext, to matrix: FeatureColumns) {
        var sums = [Float](repeating: 0, count: context.items.count)
        var known = [Float](repeating: 0, count: context.items.count)
        for opinion in context.opinions {
            let (best, worst) = opinion.scores.reduce(into: (-Float.infinity, Float.infinity)) { range, score in
                if score > range.0 { range.0 = score }
                if score < range.1 { range.1 = score }
            }
            guard best > worst else { continue }
            for (row, score) in opinion.scores.enumerated() where !score.isNaN {
                sums[row] += (score - worst) / (best - worst)
                known[row] += 1
            }
        }
        for row in sums.indices where known[row] > 0 { matrix[row, 0] = sums[row] / known[row] }
    }
}
