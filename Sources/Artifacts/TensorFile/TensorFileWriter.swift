import Foundation

/// Collects tensors and writes them as one ``TensorFile``. Same tensors in the same order, same bytes.
///
///     var writer = TensorFileWriter(kind: "neighbours", layout: 1, metadata: ["items": "9066"])
///     writer.add("offsets", offsets)
///     writer.add("scores", scores, shape: [rows, 50])
///     try writer.write(to: folder.appendingPathComponent("neighbours.safetensors"))
///
/// Arrays are held, not copied, until they are written.
public struct TensorFileWriter {
    private struct Section {
        var name: String
        var type: TensorType
        var shape: [Int]
        var byteCount: Int
        var withBytes: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    }

    private let metadata: [(key: String, value: String)]
    private var sections: [Section] = []
    private var names: Set<String> = [TensorHeader.metadataName]
    private var padCount = 0

    public init(kind: String, layout: Int, metadata: [String: String] = [:]) {
        precondition(metadata["kind"] == nil && metadata["layout"] == nil, "kind and layout have their own parameters")
        var all = metadata
        all["kind"] = kind
        all["layout"] = String(layout)
        self.metadata = all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// Appends a tensor. `shape` nil = `[values.count]`; otherwise its product must be `values.count`. The name
    /// must be new, and not begin with `_pad.`.
    public mutating func add<T: TensorElement>(_ name: String, _ values: [T], shape: [Int]? = nil) {
        let shape = shape ?? [values.count]
        precondition(shape.reduce(1, *) == values.count, "tensor \(name): shape \(shape), \(values.count) values")
        precondition(!name.hasPrefix(TensorHeader.padPrefix), "tensor \(name): the name of padding")
        precondition(names.insert(name).inserted, "tensor \(name) twice")
        let section = Section(
            name: name, type: T.tensorType, shape: shape, byteCount: values.count * T.tensorType.size,
            withBytes: { body in try values.withUnsafeBytes(body) })
        sections.append(section)
        let rest = section.byteCount % 64
        if rest != 0 {
            let zeros = [UInt8](repeating: 0, count: 64 - rest)
            sections.append(
                Section(
                    name: TensorHeader.padPrefix + String(padCount), type: .u8, shape: [zeros.count],
                    byteCount: zeros.count, withBytes: { body in try zeros.withUnsafeBytes(body) }))
            padCount += 1
        }
    }

    /// Appends strings as `<name>.bytes` and `<name>.offsets`, see ``StringTable``.
    public mutating func add(_ name: String, strings: [String]) {
        var bytes: [UInt8] = []
        var offsets: [Int64] = [0]
        offsets.reserveCapacity(strings.count + 1)
        for string in strings {
            bytes.append(contentsOf: string.utf8)
            offsets.append(Int64(bytes.count))
        }
        add(name + ".bytes", bytes)
        add(name + ".offsets", offsets)
    }

    /// Writes all or nothing: temporary name, fsync, rename, fsync of the folder. Throws
    /// ``ArtifactError/cannotWrite(path:got:)``.
    public func write(to url: URL) throws {
        let header = headerBytes()
        try AtomicFile.write(to: url) { file in
            try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.append($0) }
            try header.withUnsafeBytes { try file.append($0) }
            for section in sections { try section.withBytes { try file.append($0) } }
        }
    }

    private func headerBytes() -> [UInt8] {
        let words = metadata.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",")
        var text = "{\"\(TensorHeader.metadataName)\":{\(words)}"
        var begin = 0
        for section in sections {
            let shape = section.shape.map(String.init).joined(separator: ",")
            text += ",\(quoted(section.name)):{\"dtype\":\"\(section.type.rawValue)\",\"shape\":[\(shape)],"
            text += "\"data_offsets\":[\(begin),\(begin + section.byteCount)]}"
            begin += section.byteCount
        }
        text += "}"
        var bytes = Array(text.utf8)
        while (8 + bytes.count) % 64 != 0 { bytes.append(0x20) }
        precondition(bytes.count <= TensorHeader.lengthLimit, "a header of \(bytes.count) bytes")
        return bytes
    }
}

/// A JSON string (RFC 8259, section 7).
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
