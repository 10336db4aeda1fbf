import Foundation
import MagpieArtifacts
import MagpieDomain

/// A numeric attribute of the candidate (a film's year), and where it lies beside what the user likes: how far from the
/// mean of the whole history and from that of the last five items, above which of them (below is negative), and how
/// many standard deviations of the user's own spread that is. What is no finite Float counts as not known: one
/// infinity would leave no mean and no scale of its column.
struct NumberTaste: Feature {
    let attribute: String

    var columns: [String] {
        ["value", "gap", "gapLast5", "above", "aboveLast5", "spreads"].map { "\(attribute).\($0)" }
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let numbers = context.table.number(attribute) else { return }
        let usual = Self.usual(context.query.history[...], numbers)
        let recent = Self.usual(context.recent(5), numbers)
        for (row, item) in context.items.enumerated() {
            let value = numbers[Int(item)]
            guard Float(value).isFinite else { continue }
            matrix[row, 0] = Float(value)
            if let usual {
                matrix[row, 1] = Float(abs(value - usual.mean))
                matrix[row, 3] = Float(value - usual.mean)
                if usual.deviation > 0 {
                    let spreads = (value - usual.mean) / usual.deviation
                    matrix[row, 5] = Float(min(max(spreads, -10), 10))
                }
            }
            if let recent {
                matrix[row, 2] = Float(abs(value - recent.mean))
                matrix[row, 4] = Float(value - recent.mean)
            }
        }
    }

    private static func usual(
        _ history: ArraySlice<Interest>, _ numbers: Tensor<Double>
    ) -> (mean: Double, deviation: Double)? {
        var (count, sum) = (0.0, 0.0)
        for interest in history {
            let value = numbers[Int(interest.item)]
            guard Float(value).isFinite else { continue }
            count += 1
            sum += value
        }
        guard count > 0 else { return nil }
        let mean = sum / count
        var squares = 0.0
        for interest in history {
            let value = numbers[Int(interest.item)]
            if Float(value).isFinite { squares += (value - mean) * (value - mean) }
        }
        return (mean, (squares / count).squareRoot())
    }
}
