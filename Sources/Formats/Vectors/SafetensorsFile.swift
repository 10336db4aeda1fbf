import Foundation
import MagpieDomain

/// A `.safetensors` file as other programs write them: 8 bytes with the length of the header, a JSON header, the tensors.
///
/// Read: F32, F16, F64 and BF16 as vectors; I32, I64, U32 and U64 as ids; U8 as text. Wherever the tensors begin: Magpie's
/// own artifacts, whose alignment is stricter, are read by `TensorFile`.
///
/// Source: https://github.com/huggingface/safetensors, "Format".
struct SafetensorsFile {
    private struct Tensor {
        var name: String
        var type: String
        var shape: [Int]
        /// Of the file.
        var bytes: Range<Int>
    }

    private let file: MappedBytes
    private let tensors: [Tensor]

    init(_ file: MappedBytes) throws {
        self.file = file
        let length: Int = try file.withBytes { bytes in
            guard bytes.count >= 8 else { throw file.error("is too short for a .safetensors file: make it again") }
            return Int(clamping: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)))
        }
        guard length <= 100_000_000, length <= file.count - 8 else {
            throw file.error("a header of \(length) bytes in a file of \(file.count): the file is cut off or damaged")
        }
        let header: JSONTree
        do {
            header = try file.withBytes { bytes in
                try JSONTree(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length]).bindMemory(to: UInt8.self))
            }
        } catch let error as JSONError {
            throw file.error("\(error): the file is damaged", at: "header")
        }
        guard case .object(let members) = header else {
            throw file.error("is no JSON object: the file is damaged", at: "header")
        }
        tensors = try members.filter { $0.name != "__metadata__" }.map { member in
            func numbers(_ name: String) -> [Int]? {
                guard case .array(let values)? = member.value[name] else { return nil }
                let numbers = values.compactMap { value -> Int? in
                    guard case .number(let number) = value else { return nil }
                    return Int(exactly: number).flatMap { $0 >= 0 ? $0 : nil }
                }
                return numbers.count == values.count ? numbers : nil
            }
            guard case .string(let type)? = member.value["dtype"], let shape = numbers("shape"),
                let offsets = numbers("data_offsets"), offsets.count == 2, offsets[0] <= offsets[1],
                offsets[1] <= file.count - 8 - length
            else {
                throw file.error("tensor \"\(member.name)\" lies outside the file or is not described", at: "header")
            }
            return Tensor(
                name: member.name, type: type, shape: shape, bytes: 8 + length + offsets[0]..<8 + length + offsets[1])
        }
    }

    func has(_ name: String) -> Bool { tensors.contains { $0.name == name } }

    /// The names that are there, for messages.
    var names: String { tensors.map(\.name).filter { !$0.hasPrefix("_pad.") }.joined(separator: ", ") }

    private func tensor(_ name: String, dimensions: Int, types: [String: Int]) throws -> Tensor {
        guard let tensor = tensors.first(where: { $0.name == name }) else {
            throw file.error("no tensor \"\(name)\", only \(names)")
        }
        let expected = types.keys.sorted().joined(separator: ", ")
        guard let size = types[tensor.type] else {
            throw file.error("tensor \"\(name)\" is of type \(tensor.type), expected \(expected): convert it")
        }
        guard tensor.shape.count == dimensions else {
            throw file.error("tensor \"\(name)\" has shape \(tensor.shape), expected \(dimensions) dimension(s)")
        }
        var bytes = size
        for side in tensor.shape {
            let (product, isTooLarge) = bytes.multipliedReportingOverflow(by: side)
            guard !isTooLarge else { throw file.error("tensor \"\(name)\" has shape \(tensor.shape): damaged") }
            bytes = product
        }
        guard bytes == tensor.bytes.count else {
            throw file.error("tensor \"\(name)\": \(tensor.bytes.count) bytes for shape \(tensor.shape): damaged")
        }
        return tensor
    }

    private func read<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
        _ tensor: Tensor, _ convert: (Stored) -> Value
    ) -> [Value] {
        file.withBytes { bytes in
            stride(from: tensor.bytes.lowerBound, to: tensor.bytes.upperBound, by: MemoryLayout<Stored>.size).map {
                convert(Stored(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Stored.self)))
            }
        }
    }

    /// A matrix of floats, converted to 32 bits.
    func vectors(_ name: String) throws -> VectorSet {
        let tensor = try tensor(name, dimensions: 2, types: ["F32": 4, "F16": 2, "BF16": 2, "F64": 8])
        guard tensor.shape[0] > 0, tensor.shape[1] > 0 else {
            throw file.error("tensor \"\(name)\" has shape \(tensor.shape), expected at least one row and column")
        }
        let values: [Float] =
            switch tensor.type {
            case "F16": read(tensor) { (bits: UInt16) in NumPyFile.float(half: bits) }
            case "BF16": read(tensor) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
            case "F64": read(tensor) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
            default: read(tensor) { (bits: UInt32) in Float(bitPattern: bits) }
            }
        return VectorSet(name: file.name, dimension: tensor.shape[1], values: values)
    }

    /// Strings: `<name>.bytes` (U8) and `<name>.offsets` (I64), as Magpie's artifacts have them; or whole numbers, which
    /// are written out.
    func strings(_ name: String) throws -> [String] {
        if has(name) {
            let tensor = try tensor(name, dimensions: 1, types: ["I64": 8, "U64": 8, "I32": 4, "U32": 4])
            return switch tensor.type {
            case "I64": read(tensor) { (value: Int64) in String(value) }
            case "U64": read(tensor) { (value: UInt64) in String(value) }
            case "I32": read(tensor) { (value: Int32) in String(value) }
            default: read(tensor) { (value: UInt32) in String(value) }
            }
        }
        let blob = try tensor(name + ".bytes", dimensions: 1, types: ["U8": 1]).bytes
        let offsets: [Int64] = read(try tensor(name + ".offsets", dimensions: 1, types: ["I64": 8])) { (o: Int64) in o }
        guard offsets.first == 0, offsets.last == Int64(blob.count),
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw file.error("tensor \"\(name).offsets\" does not ascend from 0 to \(blob.count): damaged") }
        return file.withBytes { bytes in
            zip(offsets, offsets.dropFirst()).map { begin, end in
                String(
                    decoding: bytes[blob.lowerBound + Int(begin)..<blob.lowerBound + Int(end)], as: UTF8.self)
            }
        }
    }
}
