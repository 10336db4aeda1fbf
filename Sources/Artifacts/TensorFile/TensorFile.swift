import Foundation

/// A tensor artifact: a `.safetensors` file that says which kind it is and which layout, mapped into memory.
/// It opens in Python with `safetensors.numpy.load_file`.
///
///     u64 LE                length of the header, L
///     L bytes               JSON, padded with spaces so that 8 + L is a multiple of 64
///         "__metadata__"        {"kind": "items", "layout": "1", ...}, all values strings
///         "<tensor>"            {"dtype": "F32", "shape": [n, d], "data_offsets": [begin, end]}
///     the tensors           in the header's order, without holes; `_pad.N` (U8) fills up to 64 bytes
///
/// Opening reads the header only and checks that every tensor lies in the file, that nothing overlaps and nothing
/// is left over, so it takes microseconds whatever the file's size. What the numbers mean is checked by whoever
/// asks for them (``checkOffsets(_:name:end:)``, ``checkIndices(_:name:below:)``).
///
/// Source: https://github.com/huggingface/safetensors, "Format". Narrower than that: 64-byte alignment.
public final class TensorFile: Sendable {
    public let url: URL
    /// What the artifact is: "items", "embeddings", ...
    public let kind: String
    /// The version of that kind's layout.
    public let layout: Int
    /// All of the header's `__metadata__`, "kind" and "layout" among it.
    public let metadata: [String: String]
    /// The tensors in file order, without padding: for `inspect`.
    public let tensors: [TensorInfo]
    private let byName: [String: Int]
    private let file: MappedFile

    /// Opens an artifact of a known kind in one of the layouts that the caller can read.
    public convenience init(_ url: URL, kind: String, layouts: ClosedRange<Int>) throws {
        try self.init(inspecting: url)
        guard self.kind == kind else { throw ArtifactError.wrongKind(path: url.path, got: self.kind, expected: kind) }
        guard layout <= layouts.upperBound else {
            throw ArtifactError.newerLayout(path: url.path, got: layout, expected: layouts)
        }
        guard layout >= layouts.lowerBound else {
            throw ArtifactError.olderLayout(path: url.path, got: layout, expected: layouts)
        }
    }

    /// Opens an artifact of any kind and layout, to show what is in it.
    public init(inspecting url: URL) throws {
        file = try MappedFile(url)
        let header = try TensorHeader(of: file)
        self.url = url
        metadata = header.metadata
        kind = metadata["kind"] ?? ""
        guard let layout = metadata["layout"].flatMap({ Int($0) }) else {
            throw ArtifactError.missing(path: url.path, name: "layout number in __metadata__")
        }
        self.layout = layout
        let tensors = header.tensors.filter { !$0.name.hasPrefix(TensorHeader.padPrefix) }
        // Names are unique: the header was checked.
        byName = Dictionary(uniqueKeysWithValues: tensors.indices.map { (tensors[$0].name, $0) })
        self.tensors = tensors
    }

    public func contains(_ name: String) -> Bool { byName[name] != nil }

    /// The tensor `name`, which must have elements of that type and, where `shape` is not nil, that shape
    /// (nil inside it = any length).
    public func tensor<T: TensorElement>(
        _ name: String, as type: T.Type = T.self, shape: [Int?]? = nil
    ) throws -> Tensor<T> {
        guard let index = byName[name] else { throw ArtifactError.missing(path: url.path, name: "tensor " + name) }
        let info = tensors[index]
        guard info.type == T.tensorType else {
            throw wrongTensor(name, got: info.type.rawValue, expected: T.tensorType.rawValue)
        }
        if let shape {
            let fits = shape.count == info.shape.count && zip(shape, info.shape).allSatisfy { $0 == nil || $0 == $1 }
            guard fits else {
                let expected = shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
                throw wrongTensor(name, got: "shape \(info.shape)", expected: "[\(expected)]")
            }
        }
        guard info.offset % 64 == 0 else {
            throw wrongTensor(name, got: "byte offset \(info.offset)", expected: "a multiple of 64")
        }
        return Tensor(file: file, offset: info.offset, shape: info.shape, count: info.byteCount / info.type.size)
    }

    /// The strings that ``TensorFileWriter/add(_:strings:)`` wrote under this name.
    public func strings(_ name: String) throws -> StringTable { try StringTable(name, of: self) }

    /// A word of the metadata that must be there.
    public func requiredMetadata(_ name: String) throws -> String {
        guard let value = metadata[name] else {
            throw ArtifactError.missing(path: url.path, name: "\(name) in __metadata__")
        }
        return value
    }
}

/// One line of the header: a tensor and where it lies.
public struct TensorInfo: Sendable, Equatable {
    public let name: String
    public let type: TensorType
    public let shape: [Int]
    /// From the first byte of the file.
    public let offset: Int
    public let byteCount: Int
}

// Checks of what the numbers in a tensor mean. Whoever follows numbers from a file into memory asks for them once,
// when the artifact is opened.
extension TensorFile {
    /// That `offsets` begin at 0, never fall, and finish at `end`: then each pair is a range in `0 ..< end`.
    public func checkOffsets(_ offsets: Tensor<Int64>, name: String, end: Int) throws {
        try offsets.withUnsafeBufferPointer { values in
            var previous: Int64 = 0
            for i in values.indices {
                let value: Int64 = values[i]
                guard value >= previous, i > 0 || value == 0 else {
                    throw outOfRange(name, got: "\(value) at \(i)", expected: i == 0 ? "0" : "at least \(previous)")
                }
                previous = value
            }
            guard previous == Int64(end) else {
                throw outOfRange(name, got: "\(previous) at the end", expected: "\(end)")
            }
        }
    }

    /// That every value is below `limit` (row numbers, dictionary numbers, links).
    public func checkIndices(_ indices: Tensor<UInt32>, name: String, below limit: Int) throws {
        try indices.withUnsafeBufferPointer { values in
            var largest: UInt32 = 0
            for value in values { largest = max(largest, value) }
            guard values.isEmpty || Int(largest) < limit else {
                throw outOfRange(name, got: "\(largest)", expected: "less than \(limit)")
            }
        }
    }

    public func wrongTensor(_ name: String, got: String, expected: String) -> ArtifactError {
        .wrongTensor(path: url.path, name: name, got: got, expected: expected)
    }

    public func outOfRange(_ name: String, got: String, expected: String) -> ArtifactError {
        .outOfRange(path: url.path, name: name, got: got, expected: expected)
    }
}
