/// The header of a ``TensorFile``, read and checked: what a reader may believe about the bytes that follow.
///
/// Refused: a length beyond the file or 100 MB (the reference reader's limit), anything but the JSON described
/// there, a name twice, an unknown element type, a shape whose bytes are not `end - begin`, a hole, an overlap,
/// bytes left over. All arithmetic on numbers from the file is checked for overflow.
struct TensorHeader {
    static let padPrefix = "_pad."
    static let metadataName = "__metadata__"
    static let lengthLimit = 100_000_000

    var metadata: [String: String] = [:]
    /// In the order of their bytes, padding among them.
    var tensors: [TensorInfo] = []

    init(of file: MappedFile) throws {
        let path = file.url.path
        guard file.count >= 8 else {
            throw ArtifactError.truncated(path: path, got: file.count, expected: "at least 8")
        }
        let length = file.withBytes(0..<8) { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length >= 2, length <= UInt64(Self.lengthLimit) else {
            throw ArtifactError.malformed(
                path: path, at: 0, got: "a header of \(length) bytes", expected: "2 to \(Self.lengthLimit)")
        }
        let dataBegin = 8 + Int(length)
        guard dataBegin <= file.count else {
            throw ArtifactError.truncated(path: path, got: file.count, expected: "at least \(dataBegin)")
        }
        try file.withBytes(8..<dataBegin) { bytes in
            var reader = HeaderReader(path: path, bytes: bytes, position: 0, fileOffset: 8)
            try read(&reader, dataBegin: dataBegin)
        }
        try checkLayout(path: path, dataBegin: dataBegin, fileLength: file.count)
    }

    private mutating func read(_ reader: inout HeaderReader, dataBegin: Int) throws {
        var names: Set<String> = []
        try reader.object { reader, name in
            guard names.insert(name).inserted else {
                throw reader.error(got: "the name \(name) twice", expected: "once")
            }
            if name == Self.metadataName {
                try reader.object { reader, key in
                    let value = try reader.string()
                    guard metadata.updateValue(value, forKey: key) == nil else {
                        throw reader.error(got: "the name \(key) twice", expected: "once")
                    }
                }
            } else {
                tensors.append(try Self.tensor(name, &reader, dataBegin: dataBegin))
            }
        }
        try reader.end()
    }

    private static func tensor(_ name: String, _ reader: inout HeaderReader, dataBegin: Int) throws -> TensorInfo {
        var type: TensorType?
        var shape: [Int]?
        var range: [Int]?
        try reader.object { reader, key in
            switch key {
            case "dtype" where type == nil:
                let word = try reader.string()
                guard let known = TensorType(rawValue: word) else {
                    throw reader.error(
                        got: "the dtype \(word)",
                        expected: TensorType.allCases.map(\.rawValue).joined(separator: ", "))
                }
                type = known
            case "shape" where shape == nil: shape = try reader.naturals()
            case "data_offsets" where range == nil: range = try reader.naturals()
            default: throw reader.error(got: "the name \(key)", expected: "dtype, shape and data_offsets, once each")
            }
        }
        guard let type, let shape, let range, range.count == 2, range[0] <= range[1] else {
            throw reader.error(
                got: "an incomplete entry \(name)", expected: "dtype, shape and data_offsets [begin, end]")
        }
        var bytes = type.size
        for length in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
            guard !overflow else { throw reader.error(got: "the shape \(shape)", expected: "fewer elements") }
            bytes = product
        }
        let (begin, overflow) = range[0].addingReportingOverflow(dataBegin)
        guard !overflow, bytes == range[1] - range[0] else {
            throw reader.error(got: "data_offsets \(range) for \(name)", expected: "\(bytes) bytes, as its shape says")
        }
        return TensorInfo(name: name, type: type, shape: shape, offset: begin, byteCount: bytes)
    }

    /// That the tensors, in the order of their offsets, fill the rest of the file exactly.
    private mutating func checkLayout(path: String, dataBegin: Int, fileLength: Int) throws {
        tensors.sort { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
        var end = dataBegin
        for tensor in tensors {
            guard tensor.offset == end else {
                throw ArtifactError.malformed(
                    path: path, at: tensor.offset, got: "tensor \(tensor.name)", expected: "it at byte \(end)")
            }
            let (next, overflow) = end.addingReportingOverflow(tensor.byteCount)
            guard !overflow, next <= fileLength else {
                throw ArtifactError.truncated(
                    path: path, got: fileLength, expected: "at least \(tensor.byteCount) more for \(tensor.name)")
            }
            end = next
        }
        guard end == fileLength else {
            throw ArtifactError.malformed(
                path: path, at: end, got: "\(fileLength - end) bytes more", expected: "the end")
        }
    }
}
