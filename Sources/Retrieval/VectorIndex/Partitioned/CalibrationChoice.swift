import Foundation

/// What was counted, and the choice among it.
struct CalibrationChoice {
    let cuts: [SearchWidth]
    let tallies: [Calibration.Tally]
    let ks: [Int]
    /// By k, over all queries.
    let answers: [Int]
    let queries: Int
    let marginUnit: Float
    let cost: SearchCost

    /// What searches for all targets cost, as the product of their costs, were the last scores exact.
    func total(_ targets: [Double]) -> Double {
        ks.indices.filter { ks[$0] == 10 || ks[$0] == 200 || ks.count == 1 }.reduce(0) { total, row in
            targets.reduce(total) { $0 + log(cost.of(cheapest(row: row, recall: $1 + (1 - $1) / 20).work)) }
        }
    }

    /// The share of the answers that lie in the lists a cut leaves.
    func recall(row: Int, ofCut c: Int) -> Double {
        Double(hits(row, c).reduce(0, +)) / Double(max(answers[row], 1))
    }

    private func hits(_ row: Int, _ c: Int) -> ArraySlice<Int> {
        tallies[c].hits[row * Calibration.margins..<(row + 1) * Calibration.margins]
    }

    /// A way to search, and what it does on the calibration's queries.
    struct Found {
        let cut: Int
        var width: SearchWidth
        let work: SearchWork
        let recall: Double
    }

    /// The cheapest cut and margin at which the share of answers, were the last scores exact, reaches `recall`; the
    /// widest of all when none does.
    func cheapest(row: Int, recall: Double) -> Found {
        let all = Double(max(answers[row], 1))
        var best = candidate(row, cuts.count - 1, Calibration.margins - 1, recall: 1)
        best.width.margin = SearchWidth.anyGap
        var least = Double.infinity
        for c in cuts.indices {
            var sum = 0
            for (m, more) in hits(row, c).enumerated() {
                sum += more
                guard Double(sum) >= recall * all else { continue }
                let found = candidate(row, c, m, recall: Double(sum) / all)
                if cost.of(found.work) < least {
                    least = cost.of(found.work)
                    best = found
                }
                break
            }
        }
        return best
    }

    private func candidate(_ row: Int, _ c: Int, _ m: Int, recall: Double) -> Found {
        var width = cuts[c]
        width.margin = Calibration.told(Float(m) * marginUnit)
        func mean(_ sum: Int) -> Double { (Double(sum) / Double(queries) * 100).rounded() / 100 }
        let work = SearchWork(
            lists: mean(tallies[c].lists), scanned: mean(tallies[c].scanned),
            depth: mean(tallies[c].candidates[row * Calibration.margins + m]))
        return Found(cut: c, width: width, work: work, recall: recall)
    }
}
