import MagpieDomain

/// The columns of one ``Feature`` in a ``FeatureMatrix``, counted from 0, while the matrix is being filled: bare addresses,
/// for a request has some 35,000 values, and asking for each whether the matrix is shared takes longer than to write it.
public struct FeatureColumns {
    private let values: UnsafeMutableBufferPointer<Float>
    private let first: Int
    /// The names of all columns of the matrix.
    private let names: [String]
    let rowCount: Int

    init(_ values: UnsafeMutableBufferPointer<Float>, names: [String], rowCount: Int, from first: Int) {
        precondition(values.count == names.count * rowCount && (0...names.count).contains(first))
        self.values = values
        self.names = names
        self.rowCount = rowCount
        self.first = first
    }

    public subscript(row: Int, column: Int) -> Float {
        get { values[row * names.count + first + column] }
        nonmutating set { values[row * names.count + first + column] = newValue }
    }

    /// The same from a later column on.
    func from(_ column: Int) -> FeatureColumns {
        FeatureColumns(values, names: names, rowCount: rowCount, from: first + column)
    }

    /// A column of the matrix, whoever wrote it; nil where there is none.
    func column(_ name: String) -> FeatureColumns? {
        names.firstIndex(of: name).map { FeatureColumns(values, names: names, rowCount: rowCount, from: $0) }
    }
}

extension FeatureMatrix {
    /// A matrix whose columns are written by these features.
    /// - Parameter places: which column each begins with.
    init(names: [String], of features: [any Feature], at places: [Int], _ context: FeatureContext) {
        self.init(names: names, rowCount: context.items.count)
        let rowCount = rowCount
        values.withUnsafeMutableBufferPointer { values in
            for (feature, place) in zip(features, places) {
                feature.write(context, to: FeatureColumns(values, names: names, rowCount: rowCount, from: place))
            }
        }
    }
}
