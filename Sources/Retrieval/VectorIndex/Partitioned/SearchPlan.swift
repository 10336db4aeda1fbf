import Foundation

/// What calibration found: for some k and some target recalls, how wide to search.
struct SearchPlan: Sendable, Codable, Equatable {
    /// Ascending.
    var ks: [Int]
    /// Ascending.
    var targets: [Double]
    /// By k, then by target.
    var widths: [[SearchWidth]]
    /// For filtered searches: how far an answer stands out from its partition, see ``FilteredSearch``.
    var reaches: [[Float]]
    /// What such a search does on average.
    var work: [[SearchWork]]
    /// The recall that was measured with it on the calibration queries.
    var measured: [[Double]]

    /// Between two k, or two targets, widths go as a power: straight lines over log k and log(1 - target).
    func width(k: Int, target: Double) -> SearchWidth {
        let upper = ks.firstIndex { $0 >= k } ?? ks.count - 1
        let lower = ks[upper] > k ? max(upper - 1, 0) : upper
        let share = lower == upper ? 0 : log(Double(k) / Double(ks[lower])) / log(Double(ks[upper]) / Double(ks[lower]))
        let a = width(row: lower, target: target)
        let b = width(row: upper, target: target)
        // A number of partitions and a gap have no mean: then as for the larger k.
        let isMixed = (a.gap == SearchWidth.anyGap) != (b.gap == SearchWidth.anyGap)
        var width = isMixed ? b : between(a, b, max(share, 0))
        if k > ks[upper] {  // past the table: as many more as k is more
            let factor = Double(k) / Double(ks[upper])
            width.probes = Int((Double(width.probes) * factor).rounded(.up))
            width.gap = SearchWidth.anyGap
        }
        return width
    }

    /// The reach and the work of the first row and column that are as much.
    func usual(k: Int, target: Double) -> (reach: Float, work: SearchWork) {
        let row = ks.firstIndex { $0 >= k } ?? ks.count - 1
        let column = targets.firstIndex { $0 >= target } ?? targets.count - 1
        return (reaches[row][column], work[row][column])
    }

    private func width(row: Int, target: Double) -> SearchWidth {
        let upper = targets.firstIndex { $0 >= target } ?? targets.count - 1
        let lower = targets[upper] > target ? max(upper - 1, 0) : upper
        guard lower != upper else { return widths[row][upper] }
        let share = log((1 - targets[lower]) / (1 - target)) / log((1 - targets[lower]) / (1 - targets[upper]))
        return between(widths[row][lower], widths[row][upper], share)
    }

    private func between(_ a: SearchWidth, _ b: SearchWidth, _ share: Double) -> SearchWidth {
        func mean(_ x: Double, _ y: Double) -> Double { x > 0 && y > 0 ? x * pow(y / x, share) : max(x, y) }
        func mean(_ x: Int, _ y: Int) -> Int { x == y ? x : Int(mean(Double(x), Double(y)).rounded(.up)) }
        func mean(_ x: Float, _ y: Float) -> Float { x == y ? x : Float(mean(Double(x), Double(y))) }
        return SearchWidth(
            probes: mean(a.probes, b.probes), gap: mean(a.gap, b.gap), margin: mean(a.margin, b.margin))
    }
}

/// Averages over the queries of the calibration.
struct SearchWork: Sendable, Codable, Equatable {
    var lists: Double
    /// Vectors whose codes are scanned.
    var scanned: Double
    /// Candidates that are scored again.
    var depth: Double
}
