/// Second stage: hundreds to ten, slower and precise. A pure function of the features.
public protocol Ranker: Sendable {
    /// The columns that it was trained on, in order.
    var featureNames: [String] { get }

    /// One score a row; larger is better. `features.names` must equal ``featureNames``.
    func scores(of features: FeatureMatrix) -> [Float]

    /// What each feature added to the score of one row: `contributions.reduce(bias, +)` is the score, up to rounding.
    func contributions(of features: FeatureMatrix, row: Int) -> [Float]

    /// Where every score begins.
    var bias: Float { get }

    /// For scores the probabilities that the items are liked; nil where the model was not calibrated.
    func probabilities(of scores: [Float]) -> [Float]?
}

extension Ranker {
    public var bias: Float { 0 }
    public func probabilities(of scores: [Float]) -> [Float]? { nil }
}

/// Candidates x features, row-major. NaN = not known.
public struct FeatureMatrix: Sendable {
    public let names: [String]
    public private(set) var rowCount: Int
    public var values: [Float]

    public init(names: [String], rowCount: Int) {
        self.names = names
        self.rowCount = rowCount
        values = [Float](repeating: .nan, count: names.count * rowCount)
    }

    /// (Inlined: features write some 100,000 values a request.)
    @inlinable public subscript(row: Int, column: Int) -> Float {
        get { values[row * names.count + column] }
        set { values[row * names.count + column] = newValue }
    }

    public func row(_ row: Int) -> ArraySlice<Float> {
        values[row * names.count..<(row + 1) * names.count]
    }

    /// Some of the rows, in the order given.
    public func picking(_ rows: [Int]) -> FeatureMatrix {
        var picked = FeatureMatrix(names: names, rowCount: 0)
        picked.values.reserveCapacity(rows.count * names.count)
        for row in rows { picked.values.append(contentsOf: self.row(row)) }
        picked.rowCount = rows.count
        return picked
    }

    /// Appends the rows of another request.
    public mutating func append(_ other: FeatureMatrix) {
        precondition(other.names == names, "columns differ")
        values.append(contentsOf: other.values)
        rowCount += other.rowCount
    }

    /// Appends some rows of another matrix.
    public mutating func append(_ other: FeatureMatrix, rows: Range<Int>) {
        precondition(other.names == names, "columns differ")
        values.append(contentsOf: other.values[rows.lowerBound * names.count..<rows.upperBound * names.count])
        rowCount += rows.count
    }
}
