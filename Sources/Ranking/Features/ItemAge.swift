import Foundation
import MagpieDomain

/// For how long an item has been liked, and since when it has not: log(1 + days) since its first and its last
/// positive, as known at the request. NaN for an item that nobody liked yet.
///
/// Event side: ``ItemState/firstPositive`` and ``ItemState/lastPositive``.
struct ItemAge: Feature {
    var columns: [String] { ["age.sinceFirst", "age.sinceLast"] }

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        for (row, state) in context.states.enumerated() {
            guard let state, state.positives > 0, state.firstPositive <= state.lastPositive else { continue }
            matrix[row, column] = logDays(from: state.firstPositive, to: context.now)
            matrix[row, column + 1] = logDays(from: state.lastPositive, to: context.now)
        }
    }

    private func logDays(from past: Int64, to now: Timestamp) -> Float {
        log1p(Float(max(0, Double(now.milliseconds) - Double(past)) / 86_400_000))
    }
}
