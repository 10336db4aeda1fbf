import Foundation
import MagpieDomain

/// A `.npy` file of numbers in rows (see ``NumPyHeader`` for the layout).
///
/// Read: two dimensions, C order, little-endian; as vectors float16, float32, float64 and the integers (a 64-bit
/// number is rounded to the nearest 32-bit float), as ids the integers. Everything else is an error that says how
/// numpy rewrites the file.
struct NumPyFile {
    static let magic = NumPyHeader.magic

    private let file: MappedBytes
    private let header: NumPyHeader
    private let type: Element
    private let rows: Int
    private let columns: Int

    /// What numpy calls the elements, without the byte order.
    private enum Element: String {
        case float16 = "f2"
        case float32 = "f4"
        case float64 = "f8"
        case uint8 = "u1"
        case int8 = "i1"
        case uint16 = "u2"
        case int16 = "i2"
        case uint32 = "u4"
        case int32 = "i4"
        case uint64 = "u8"
        case int64 = "i8"

        var isInteger: Bool { !rawValue.hasPrefix("f") }

        var size: Int {
            switch self {
            case .uint8, .int8: 1
            case .float16, .uint16, .int16: 2
            case .float32, .uint32, .int32: 4
            case .float64, .uint64, .int64: 8
            }
        }
    }

    init(_ file: MappedBytes) throws {
        self.file = file
        do {
            header = try file.withBytes { try NumPyHeader($0) }
        } catch let problem as NumPyHeader.Problem {
            throw file.error(problem.text, at: "header")
        }
        type = try Self.element(header.descr, file)
        let shape = header.shape
        guard shape.count == 2 else {
            let remedy = Self.rewritten(file, shape.count > 2 ? "a.reshape(len(a), -1)" : "a.reshape(1, -1)")
            throw file.error("shape \(shape), expected 2 dimensions (rows and columns): \(remedy)", at: "header")
        }
        guard !header.isFortranOrder else {
            throw file.error(
                "column after column (Fortran order), expected row after row: "
                    + Self.rewritten(file, "np.ascontiguousarray(a)"), at: "header")
        }
        (rows, columns) = (shape[0], shape[1])
        guard rows > 0, columns > 0 else {
            throw file.error("no numbers in \(rows) x \(columns), expected at least one row", at: "header")
        }
        let (cells, isTooMany) = rows.multipliedReportingOverflow(by: columns)
        let (bytes, isTooLong) = cells.multipliedReportingOverflow(by: type.size)
        let rest = file.count - header.dataOffset
        guard !isTooMany, !isTooLong, bytes <= rest else {
            throw file.error(
                "\(rows) x \(columns) numbers of \(type.size) bytes do not fit in the \(rest) bytes that follow the "
                    + "header: the file is cut off, make or copy it again")
        }
        guard bytes == rest else {
            throw file.error(
                "\(rest - bytes) bytes follow the \(rows) x \(columns) numbers that the header tells of: "
                    + "save one array a file")
        }
    }

    private static func element(_ descr: String, _ file: MappedBytes) throws -> Element {
        let order = descr.first ?? "?"
        guard let type = Element(rawValue: String(descr.dropFirst())), "<>=|".contains(order) else {
            throw file.error(
                "elements of type \(descr), expected float32: \(rewritten(file, "a.astype('<f4')"))", at: "header")
        }
        guard order != ">" || type.size == 1 else {
            throw file.error(
                "big-endian numbers (\(descr)): \(rewritten(file, "a.astype('<\(type.rawValue)')"))", at: "header")
        }
        return type
    }

    private static func rewritten(_ file: MappedBytes, _ expression: String) -> String {
        "python3 -c \"import numpy as np; a = np.load('\(file.name)'); np.save('rewritten.npy', \(expression))\""
    }

    func vectors() throws -> VectorSet {
        let count = rows * columns
        if type == .float32, header.dataOffset % MemoryLayout<Float>.alignment == 0 {
            return VectorSet(
                name: file.name, count: rows, dimension: columns,
                storage: MappedFloats(data: file.data, offset: header.dataOffset, count: count))
        }
        let values: [Float] = file.withBytes { bytes in
            let data = UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
            switch type {
            case .float16: return Self.converted(data, count) { (bits: UInt16) in Self.float(half: bits) }
            case .float32: return Self.converted(data, count) { (bits: UInt32) in Float(bitPattern: bits) }
            case .float64: return Self.converted(data, count) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
            case .uint8: return Self.converted(data, count) { (value: UInt8) in Float(value) }
            case .int8: return Self.converted(data, count) { (value: Int8) in Float(value) }
            case .uint16: return Self.converted(data, count) { (value: UInt16) in Float(value) }
            case .int16: return Self.converted(data, count) { (value: Int16) in Float(value) }
            case .uint32: return Self.converted(data, count) { (value: UInt32) in Float(value) }
            case .int32: return Self.converted(data, count) { (value: Int32) in Float(value) }
            case .uint64: return Self.converted(data, count) { (value: UInt64) in Float(value) }
            case .int64: return Self.converted(data, count) { (value: Int64) in Float(value) }
            }
        }
        return VectorSet(name: file.name, dimension: columns, values: values)
    }

    func neighbours() throws -> NeighbourLists {
        guard type.isInteger else {
            throw file.error(
                "elements of type \(header.descr) are no ids, expected integers: "
                    + Self.rewritten(file, "a.astype('<i4')"), at: "header")
        }
        let count = rows * columns
        let ids: [Int64] = file.withBytes { bytes in
            let data = UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
            switch type {
            case .uint8: return Self.converted(data, count) { (value: UInt8) in Int64(value) }
            case .int8: return Self.converted(data, count) { (value: Int8) in Int64(value) }
            case .uint16: return Self.converted(data, count) { (value: UInt16) in Int64(value) }
            case .int16: return Self.converted(data, count) { (value: Int16) in Int64(value) }
            case .uint32: return Self.converted(data, count) { (value: UInt32) in Int64(value) }
            case .int32: return Self.converted(data, count) { (value: Int32) in Int64(value) }
            case .uint64: return Self.converted(data, count) { (value: UInt64) in Int64(clamping: value) }
            case .int64: return Self.converted(data, count) { (value: Int64) in value }
            case .float16, .float32, .float64: return []
            }
        }
        return NeighbourLists(name: file.name, width: columns, ids: ids)
    }

    /// `data` holds at least `count` numbers, aligned or not.
    @inline(__always) private static func converted<Stored: FixedWidthInteger & BitwiseCopyable, Result>(
        _ data: UnsafeRawBufferPointer, _ count: Int, _ convert: (Stored) -> Result
    ) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { out, initialized in
            for i in 0..<count {
                let stored: Stored = data.loadUnaligned(fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
                (out.baseAddress.map { $0 + i })?.initialize(to: convert(Stored(littleEndian: stored)))
            }
            initialized = count
        }
    }

    /// IEEE 754 binary16 to binary32, exactly. `Float16` does it too, but not on every machine that Swift runs on.
    static func float(half bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let rest = UInt32(bits & 0x7FFF)
        // 5 bits of exponent against 8: biases 15 and 127.
        if rest >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | (rest & 0x3FF) << 13) }
        if rest >= 0x0400 { return Float(bitPattern: sign | (rest << 13) + 112 << 23) }
        let magnitude = Float(rest) * 0x1p-24
        return sign == 0 ? magnitude : -magnitude
    }
}
