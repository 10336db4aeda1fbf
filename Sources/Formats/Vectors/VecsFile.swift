import Foundation
import MagpieDomain

/// A `.fvecs`, `.bvecs` or `.ivecs` file: rows one after the other, each a 32-bit little-endian length d and then d
/// elements (32-bit floats, bytes, 32-bit integers). All rows of a file have the same length.
///
/// Source: http://corpus-texmex.irisa.fr, "Vector file formats".
struct VecsFile {
    enum Element {
        case float
        case byte
        case id

        var size: Int { self == .byte ? 1 : 4 }
    }

    /// A length beyond it is another format's beginning.
    private static let dimensionLimit = 1 << 20

    private let file: MappedBytes
    private let element: Element
    private let dimension: Int
    private let count: Int
    private var rowSize: Int { 4 + dimension * element.size }

    init(_ file: MappedBytes, _ element: Element) throws {
        self.file = file
        self.element = element
        guard file.count >= 4 else { throw file.error("\(file.count) bytes are too few: the file is cut off") }
        let length: Int32 = file.withBytes { Int32(littleEndian: $0.loadUnaligned(as: Int32.self)) }
        guard length > 0, Int(length) <= Self.dimensionLimit else {
            throw file.error(
                "a length of \(length), expected 1 to \(Self.dimensionLimit): the file is damaged or of another format",
                at: "row 0")
        }
        dimension = Int(length)
        let size = 4 + Int(length) * element.size
        count = file.count / size
        // Lengths first: where they differ, what is left over at the end says nothing.
        try checkLengths()
        guard file.count % size == 0 else {
            throw file.error(
                "\(count) rows of \(length) numbers and \(file.count % size) bytes more: "
                    + "the file is cut off, make or copy it again")
        }
    }

    private func checkLengths() throws {
        try file.withBytes { bytes in
            for row in 0..<count {
                let at: Int = row * rowSize
                let length = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self))
                guard Int(length) == dimension else {
                    throw file.error(
                        "a length of \(length) at byte \(at), the rows before have \(dimension): "
                            + "the file is damaged or of another format", at: "row \(row)")
                }
            }
        }
    }

    /// Of a file of floats or bytes.
    func vectors() throws -> VectorSet {
        precondition(element != .id)
        let values = [Float](unsafeUninitializedCapacity: count * dimension) { out, initialized in
            guard let first = out.baseAddress else { return }
            file.withBytes { bytes in
                for row in 0..<count {
                    let numbers = UnsafeRawBufferPointer(rebasing: bytes[row * rowSize + 4..<(row + 1) * rowSize])
                    let target: UnsafeMutablePointer<Float> = first + row * dimension
                    if element == .byte {
                        for i in 0..<dimension { (target + i).initialize(to: Float(numbers[i])) }
                    } else {
                        for i in 0..<dimension {
                            let bits: UInt32 = numbers.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
                            (target + i).initialize(to: Float(bitPattern: UInt32(littleEndian: bits)))
                        }
                    }
                }
            }
            initialized = count * dimension
        }
        return VectorSet(name: file.name, dimension: dimension, values: values)
    }

    /// Of a file of ids.
    func neighbours() throws -> NeighbourLists {
        precondition(element == .id)
        var ids: [Int64] = []
        ids.reserveCapacity(count * dimension)
        file.withBytes { bytes in
            for row in 0..<count {
                for i in 0..<dimension {
                    let at: Int = row * rowSize + 4 + 4 * i
                    ids.append(Int64(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self))))
                }
            }
        }
        return NeighbourLists(name: file.name, width: dimension, ids: ids)
    }
}
