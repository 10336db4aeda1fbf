import Foundation
import MagpieDomain
import MagpieFormats
import Testing

@Suite struct NamedVectorsTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func write(_ bytes: Data, _ name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try bytes.write(to: url)
        return url
    }

    /// As Python's safetensors writes: the header is padded to 8 bytes only, and tensors begin where it ends.
    private func safetensors(_ header: String, _ body: Data, length: UInt64? = nil) -> Data {
        var bytes = Data()
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
        return bytes + Data(header.utf8) + body
    }

    private func data<Element>(_ values: [Element]) -> Data { values.withUnsafeBytes { Data($0) } }

    private func npy(_ values: [Float], columns: Int) -> Data {
        var header =
            "{'descr': '<f4', 'fortran_order': False, 'shape': (\(values.count / columns), \(columns)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        return bytes + Data(header.utf8) + data(values)
    }

    private func rows(_ vectors: NamedVectors) -> [[Float]] { (0..<vectors.vectors.count).map(vectors.vectors.row) }

    private func problem(_ url: URL) -> String {
        do {
            _ = try NamedVectors(url)
            return "none"
        } catch { return "\(error)" }
    }

    @Test func numpyWithIdsBeside() throws {
        let url = try write(npy([1, 2, 3, 4, 5, 6], columns: 2), "items.npy")
        #expect(problem(url).contains("items.ids.txt: no such file: write the ids of items.npy"))
        _ = try write(Data("a\r\nb é\nc\n".utf8), "items.ids.txt")
        let vectors = try NamedVectors(url)
        #expect(vectors.ids == ["a", "b é", "c"] && rows(vectors) == [[1, 2], [3, 4], [5, 6]])
        _ = try write(Data("a\nb\n".utf8), "items.ids.txt")
        #expect(problem(url) == "items.npy: 3 vectors and 2 ids: give one id a row")
        _ = try write(Data("a\nb\na\n".utf8), "items.ids.txt")
        #expect(problem(url).contains("row 2: the id \"a\" again"))
        _ = try write(Data("a\n\nb".utf8), "items.ids.txt")
        #expect(problem(url).contains("row 1: an empty id"))
        _ = try write(npy([1, 2, .nan, 4], columns: 2), "items.npy")
        _ = try write(Data("a\nb".utf8), "items.ids.txt")
        #expect(problem(url).contains("row 1, coordinate 0: not a finite number"))
    }

    @Test func safetensorsOfEachType() throws {
        let ids: [Int64] = [7, 2571]
        let body = data(ids)
        for (type, bytes) in [
            ("F32", data([1, -2, 0.5, 4] as [Float])), ("F64", data([1, -2, 0.5, 4] as [Double])),
            ("F16", data([0x3C00, 0xC000, 0x3800, 0x4400] as [UInt16])),
            ("BF16", data([0x3F80, 0xC000, 0x3F00, 0x4080] as [UInt16])),
        ] {
            let header =
                "{\"__metadata__\":{\"by\":\"a test\"},\"ids\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
                + "\"vectors\":{\"dtype\":\"\(type)\",\"shape\":[2,2],\"data_offsets\":[16,\(16 + bytes.count)]}} "
            let vectors = try NamedVectors(try write(safetensors(header, body + bytes), "own.safetensors"))
            #expect(vectors.ids == ["7", "2571"] && rows(vectors) == [[1, -2], [0.5, 4]], "\(type)")
        }
        let strings =
            "{\"vectors\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
            + "\"ids.bytes\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]},"
            + "\"ids.offsets\":{\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[11,35]}}"
        let offsets: [Int64] = [0, 1, 3]
        let url = try write(
            safetensors(strings, data([1, 2] as [Float]) + Data("xyz".utf8) + data(offsets)), "own.safetensors")
        #expect(try NamedVectors(url).ids == ["x", "yz"])
    }

    @Test func damagedSafetensors() throws {
        let header =
            "{\"vectors\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
            + "\"ids\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[8,16]}}"
        let sound = safetensors(header, data([1, 2] as [Float]) + data([1, 2] as [Int32]))
        #expect(problem(try write(sound, "own.safetensors")) == "none")
        for count in 0..<sound.count {
            let found = problem(try write(sound.prefix(count), "own.safetensors"))
            #expect(found.contains("own.safetensors") && !found.contains("\n"), "\(count): \(found)")
        }
        // Any byte: an answer or an error, no trap.
        for place in 0..<sound.count {
            var damaged = sound
            damaged[place] ^= 0x15
            _ = problem(try write(damaged, "own.safetensors"))
        }
        for (from, to, expected) in [
            ("\"vectors\"", "\"numbers\"", "no tensor \"vectors\", only numbers, ids"),
            ("F32", "I64", "is of type I64, expected BF16, F16, F32, F64"), ("[2,1]", "[2]", "expected 2 dimension"),
            ("[2,1]", "[3,1]", "8 bytes for shape [3, 1]"), ("[0,8]", "[8,0]", "outside the file"),
            ("[0,8]", "[0,99]", "outside the file"), ("[2,1]", "[-2,1]", "outside the file or is not described"),
        ] {
            let changed = header.replacingOccurrences(of: from, with: to)
            let url = try write(
                safetensors(changed, data([1, 2] as [Float]) + data([1, 2] as [Int32])), "own.safetensors")
            #expect(problem(url).contains(expected), "\(problem(url))")
        }
        let huge = try write(safetensors(header, Data(), length: .max), "own.safetensors")
        #expect(problem(huge).contains("cut off or damaged"))
    }
}
