import MagpieDomain

/// A tensor of an open ``TensorFile``: a view, row-major, nothing copied. It keeps the file mapped.
///
/// In a hot loop take ``pointer`` once, outside; the subscript checks its index. The pointer lives as long as
/// some copy of this tensor does: hold the tensor in a property, or work inside ``withUnsafeBufferPointer(_:)``.
public struct Tensor<Element: TensorElement>: Sendable {
    public let shape: [Int]
    /// The number of elements: the product of ``shape``, 1 for a scalar (shape `[]`).
    public let count: Int
    @usableFromInline let file: MappedFile
    @usableFromInline let offset: Int

    /// `offset` is a multiple of 64 and the elements lie in the file: ``TensorFile`` has checked both.
    init(file: MappedFile, offset: Int, shape: [Int], count: Int) {
        self.file = file
        self.offset = offset
        self.shape = shape
        self.count = count
    }

    /// The first element, 64-byte aligned.
    @inlinable public var pointer: UnsafePointer<Element> {
        (file.base + offset).assumingMemoryBound(to: Element.self)
    }

    @inlinable public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(file) { try body(UnsafeBufferPointer(start: pointer, count: count)) }
    }
}

extension Tensor: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { count }

    @inlinable public subscript(i: Int) -> Element {
        precondition(i >= 0 && i < count, "element \(i) of \(count)")
        return pointer[i]
    }

    @inlinable public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? {
        try withUnsafeBufferPointer(body)
    }
}

/// Rows of floats as whoever builds an index takes them: not copied.
extension Tensor: VectorStorage where Element == Float {}

extension VectorSet {
    /// The rows of a tensor of shape n x d.
    public init(name: String, _ rows: Tensor<Float>) {
        precondition(rows.shape.count == 2, "shape \(rows.shape)")
        self.init(name: name, count: rows.shape[0], dimension: rows.shape[1], storage: rows)
    }
}
