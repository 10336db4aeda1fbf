import MagpieDomain

/// The product of two columns that stand before it: what a weighted sum cannot say by the two alone, such as "ranks of this
/// retriever count as far as the user is known well". NaN where one of the two is.
struct Crossed: Feature {
    let left: String
    let right: String

    var columns: [String] { ["\(left)*\(right)"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let left = matrix.column(left), let right = matrix.column(right) else { return }
        for row in 0..<matrix.rowCount { matrix[row, 0] = left[row, 0] * right[row, 0] }
    }
}

extension FeatureCatalogue {
    /// The catalogue with a product of each of these pairs of its columns, in this order, after all others. What is no pair
    /// (a damaged manifest) is passed over: a ranker that knows it then says what is missing.
    public func crossing(_ pairs: [[String]]) -> FeatureCatalogue {
        let crossed = pairs.filter { $0.count == 2 }.map { Crossed(left: $0[0], right: $0[1]) }
        return crossed.isEmpty ? self : FeatureCatalogue(features: features + crossed)
    }
}
