import Foundation
import MagpieArtifacts
import MagpieDomain

/// A numeric attribute of the candidate (a film's year), and how far it is from what the user likes: from the
/// mean of the whole history and from that of the last five items. What is no finite Float counts as not known: one
/// infinity would leave no mean and no scale of its column.
struct NumberTaste: Feature {
    let attribute: String

    var columns: [String] { ["\(attribute).value", "\(attribute).gap", "\(attribute).gapLast5"] }

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        guard let numbers = context.table.number(attribute) else { return }
        let mean = mean(context.query.history[...], numbers)
        let recent = self.mean(context.recent(5), numbers)
        for (row, item) in context.items.enumerated() {
            let value = numbers[Int(item)]
            guard Float(value).isFinite else { continue }
            matrix[row, column] = Float(value)
            if let mean { matrix[row, column + 1] = Float(abs(value - mean)) }
            if let recent { matrix[row, column + 2] = Float(abs(value - recent)) }
        }
    }

    private func mean(_ history: ArraySlice<Interest>, _ numbers: Tensor<Double>) -> Double? {
        let values = history.map { numbers[Int($0.item)] }.filter { Float($0).isFinite }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
