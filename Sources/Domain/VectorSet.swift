/// Vectors in a row, as they came out of somebody's file: `count` x `dimension` floats, row-major, without gaps.
///
///     vectors.withUnsafeBufferPointer { all in
///         // row r is all[r * vectors.dimension ..< (r + 1) * vectors.dimension]
///     }
///
/// The floats may lie in a mapped file, so millions of rows cost no memory of their own. They are as the file has
/// them: whoever scores them looks for NaN and infinities first.
public struct VectorSet: Sendable {
    /// What an error calls it: the file's name.
    public let name: String
    public let count: Int
    /// At least 1.
    public let dimension: Int
    private let storage: any VectorStorage

    /// `storage` has `count * dimension` floats.
    public init(name: String, count: Int, dimension: Int, storage: any VectorStorage) {
        precondition(dimension > 0 && storage.count == count * dimension, "\(count) x \(dimension)")
        self.name = name
        self.count = count
        self.dimension = dimension
        self.storage = storage
    }

    /// `values` has whole rows.
    public init(name: String, dimension: Int, values: [Float]) {
        precondition(dimension > 0 && values.count % dimension == 0, "\(values.count) floats in rows of \(dimension)")
        self.init(
            name: name, count: values.count / dimension, dimension: dimension, storage: VectorArray(values: values))
    }

    /// All floats, row after row; the pointer holds during the call.
    public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try storage.withUnsafeBufferPointer(body)
    }

    /// A copy of one row.
    public func row(_ row: Int) -> [Float] {
        precondition(row >= 0 && row < count, "row \(row) of \(count)")
        return withUnsafeBufferPointer { Array($0[row * dimension..<(row + 1) * dimension]) }
    }
}

/// Where the floats of a ``VectorSet`` lie: an array, a mapped file, shared memory. They never change.
public protocol VectorStorage: Sendable {
    var count: Int { get }

    func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result
}

private struct VectorArray: VectorStorage {
    let values: [Float]

    var count: Int { values.count }

    func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try values.withUnsafeBufferPointer(body)
    }
}

/// For each of `count` queries the ids (row numbers) of its nearest vectors, best first, as a truth file has them:
/// `count` x `width`, row-major. They may be anything that the file holds: whoever follows them checks them.
public struct NeighbourLists: Sendable, Equatable {
    /// What an error calls it: the file's name.
    public let name: String
    /// At least 1.
    public let width: Int
    public let ids: [Int64]

    public var count: Int { ids.count / width }

    /// `ids` has whole rows.
    public init(name: String, width: Int, ids: [Int64]) {
        precondition(width > 0 && ids.count % width == 0, "\(ids.count) ids in rows of \(width)")
        self.name = name
        self.width = width
        self.ids = ids
    }

    public subscript(query: Int) -> ArraySlice<Int64> { ids[query * width..<(query + 1) * width] }
}
