/// Strings of a ``TensorFile``, by number: one UTF-8 blob and where each string begins in it.
///
///     <name>.bytes    U8  [total]   the strings, one after another
///     <name>.offsets  I64 [n + 1]   string i is bytes offsets[i] ..< offsets[i + 1]; first 0, last total
///
/// Opening checks every offset, so no later access can leave the blob. Bytes that are not UTF-8 (a damaged file
/// opened without its checksum) read as U+FFFD.
public struct StringTable: Sendable {
    public let count: Int
    @usableFromInline let blob: Tensor<UInt8>
    @usableFromInline let offsets: Tensor<Int64>

    init(_ name: String, of file: TensorFile) throws {
        blob = try file.tensor(name + ".bytes", as: UInt8.self, shape: [nil])
        offsets = try file.tensor(name + ".offsets", as: Int64.self, shape: [nil])
        guard offsets.count >= 1 else {
            throw file.wrongTensor(name + ".offsets", got: "no element", expected: "at least one")
        }
        count = offsets.count - 1
        try file.checkOffsets(offsets, name: name + ".offsets", end: blob.count)
    }

    @inlinable public subscript(i: Int) -> String {
        withBytes(i) { String(decoding: $0, as: UTF8.self) }
    }

    /// The UTF-8 bytes of string `i`, valid inside `body`.
    @inlinable public func withBytes<Result>(
        _ i: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        precondition(i >= 0 && i < count, "string \(i) of \(count)")
        let begin = Int(offsets.pointer[i])
        let length = Int(offsets.pointer[i + 1]) - begin
        return try withExtendedLifetime(blob) {
            try body(UnsafeBufferPointer(start: blob.pointer + begin, count: length))
        }
    }

    /// Where `text` stands in a table that is ascending by bytes; nil when it is not there. In a table that is
    /// not ascending it may be missed. O(log n).
    public func firstIndex(ofSorted text: String) -> Int? {
        var copy = text
        return copy.withUTF8 { wanted in
            var low = 0
            var high = count
            while low < high {
                let middle = low + (high - low) / 2
                let isBefore = withBytes(middle) { $0.lexicographicallyPrecedes(wanted) }
                if isBefore { low = middle + 1 } else { high = middle }
            }
            return low < count && withBytes(low, { $0.elementsEqual(wanted) }) ? low : nil
        }
    }

    /// All strings, in order.
    public var strings: [String] { (0..<count).map { self[$0] } }
}
