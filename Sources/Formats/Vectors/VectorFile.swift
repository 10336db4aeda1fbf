import Foundation
import MagpieDomain

/// Reads files of vectors and of neighbours' ids, in the formats that nearest-neighbour data sets come in.
///
/// | file | holds | reader |
/// |---|---|---|
/// | `.npy` | what `numpy.save` wrote: two dimensions, C order, little-endian | ``NumPyFile`` |
/// | `.fvecs` | rows of floats, each behind its length | ``VecsFile`` |
/// | `.bvecs` | rows of bytes (0 to 255), each behind its length | ``VecsFile`` |
/// | `.ivecs` | rows of 32-bit ids, each behind its length | ``VecsFile`` |
///
/// `.npy` of 32-bit floats stays where it is, mapped; everything else is converted once.
public enum VectorFile {
    /// The vectors of a `.npy`, `.fvecs` or `.bvecs` file.
    /// - Throws: ``FormatError/cannotRead(file:reason:)``, ``FormatError/badVectors(file:place:problem:)``.
    public static func vectors(_ url: URL) throws -> VectorSet {
        let file = try MappedBytes(url)
        switch try kind(of: file) {
        case .npy: return try NumPyFile(file).vectors()
        case .fvecs: return try VecsFile(file, .float).vectors()
        case .bvecs: return try VecsFile(file, .byte).vectors()
        case .ivecs:
            throw file.error("holds ids, not vectors: name a .npy, .fvecs or .bvecs file (ids belong to --truth)")
        }
    }

    /// The ids of an `.ivecs` file or of a `.npy` file of integers.
    /// - Throws: ``FormatError/cannotRead(file:reason:)``, ``FormatError/badVectors(file:place:problem:)``.
    public static func neighbours(_ url: URL) throws -> NeighbourLists {
        let file = try MappedBytes(url)
        switch try kind(of: file) {
        case .npy: return try NumPyFile(file).neighbours()
        case .ivecs: return try VecsFile(file, .id).neighbours()
        case .fvecs, .bvecs:
            throw file.error("holds vectors, not ids: name an .ivecs file or a .npy file of integers")
        }
    }

    private enum Kind: String { case npy, fvecs, bvecs, ivecs }

    /// By the name's ending; a file that begins like another, known format is told apart whatever it is called.
    private static func kind(of file: MappedBytes) throws -> Kind {
        if file.starts(with: NumPyFile.magic) { return .npy }
        if file.starts(with: [0x1F, 0x8B, 0x08]) {
            throw file.error("is compressed: unpack it first, gunzip -k \(file.name)")
        }
        if file.starts(with: Array("PK\u{3}\u{4}".utf8)) {
            throw file.error(
                "is an archive of arrays (.npz): take one out, python3 -c \"import numpy as np; "
                    + "a = np.load('\(file.name)'); print(a.files); np.save('vectors.npy', a[a.files[0]])\"")
        }
        if file.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            throw file.error(
                "is HDF5: take an array out, python3 -c \"import h5py, numpy as np; "
                    + "np.save('vectors.npy', h5py.File('\(file.name)')['train'][:])\"")
        }
        guard let kind = Kind(rawValue: file.url.pathExtension.lowercased()), kind != .npy else {
            throw file.error(
                file.url.pathExtension.lowercased() == "npy"
                    ? "does not begin like a .npy file: write it with numpy.save"
                    : "is of no known format: expected .npy, .fvecs, .bvecs, .ivecs")
        }
        return kind
    }
}

/// A whole file as read-only memory, mapped where the system can.
struct MappedBytes: Sendable {
    let url: URL
    let data: Data

    var name: String { url.lastPathComponent }
    var count: Int { data.count }

    init(_ url: URL) throws {
        self.url = url
        guard let values = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path) else {
            throw FormatError.cannotRead(file: url.path, reason: "no such file: check the path")
        }
        switch values[.type] as? FileAttributeType {
        case .typeRegular: break
        case .typeDirectory: throw FormatError.cannotRead(file: url.path, reason: "is a folder: name a file in it")
        default:
            throw FormatError.cannotRead(
                file: url.path, reason: "is a pipe or a device, which cannot be mapped: write it to a file first")
        }
        do {
            data = try Data(contentsOf: url, options: .alwaysMapped)
        } catch {
            throw FormatError.cannotRead(file: url.path, reason: "cannot be opened: check its permissions")
        }
        guard !data.isEmpty else { throw self.error("is empty: make it again") }
    }

    func error(_ problem: String, at place: String = "") -> FormatError {
        .badVectors(file: name, place: place, problem: problem)
    }

    func starts(with bytes: [UInt8]) -> Bool { data.starts(with: bytes) }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try data.withUnsafeBytes(body)
    }
}

/// Floats of a mapped file, from an offset that is a multiple of 4 on.
struct MappedFloats: VectorStorage {
    let data: Data
    let offset: Int
    let count: Int

    func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try data.withUnsafeBytes { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count * MemoryLayout<Float>.size])
            return try body(part.assumingMemoryBound(to: Float.self))
        }
    }
}
