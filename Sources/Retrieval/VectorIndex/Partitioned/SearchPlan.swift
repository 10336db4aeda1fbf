import Foundation

/// What calibration found: for some k and some target recalls, how wide to search.
struct SearchPlan: Sendable, Codable, Equatable {
    /// Ascending.
    var ks: [Int]
    /// Ascending.
    var targets: [Double]
    /// By k, then by target.
    var widths: [[SearchWidth]]
    /// The recall that was measured with it on the calibration queries.
    var measured: [[Double]]

    /// Between two k, or two targets, widths go as a power: straight lines over log k and log(1 - target).
    func width(k: Int, target: Double) -> SearchWidth {
        let upper = ks.firstIndex { $0 >= k } ?? ks.count - 1
        let lower = ks[upper] > k ? max(upper - 1, 0) : upper
        let share = lower == upper ? 0 : log(Double(k) / Double(ks[lower])) / log(Double(ks[upper]) / Double(ks[lower]))
        let a = width(row: lower, target: target)
        let b = width(row: upper, target: target)
        var width = between(a, b, max(share, 0))
        if k > ks[upper] {  // past the table: as many more as k is more
            let factor = Double(k) / Double(ks[upper])
            width.probes = Int((Double(width.probes) * factor).rounded(.up))
            width.depth = Int((Double(width.depth) * factor).rounded(.up))
        }
        width.depth = max(width.depth, k)
        return width
    }

    private func width(row: Int, target: Double) -> SearchWidth {
        let upper = targets.firstIndex { $0 >= target } ?? targets.count - 1
        let lower = targets[upper] > target ? max(upper - 1, 0) : upper
        guard lower != upper else { return widths[row][upper] }
        let share = log((1 - targets[lower]) / (1 - target)) / log((1 - targets[lower]) / (1 - targets[upper]))
        return between(widths[row][lower], widths[row][upper], share)
    }

    private func between(_ a: SearchWidth, _ b: SearchWidth, _ share: Double) -> SearchWidth {
        func mean(_ x: Int, _ y: Int) -> Int {
            x == y ? x : Int((Double(max(x, 1)) * pow(Double(max(y, 1)) / Double(max(x, 1)), share)).rounded(.up))
        }
        return SearchWidth(probes: mean(a.probes, b.probes), depth: mean(a.depth, b.depth))
    }
}
