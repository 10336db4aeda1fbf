import Foundation
import MagpieDomain
import MagpieFormats
import MagpieTestSupport
import Testing

/// Bytes of vector files, as other programs write them.
enum VectorBytes {
    static func npy(
        _ descr: String, _ shape: [Int], _ data: [UInt8], version: UInt8 = 1, fortran: Bool = false, align: Int = 64
    ) -> [UInt8] {
        let tuple = shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
        return npy(
            dictionary: "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(tuple), }",
            data, version: version, align: align)
    }

    static func npy(dictionary: String, _ data: [UInt8], version: UInt8 = 1, align: Int = 64) -> [UInt8] {
        var text = Array(dictionary.utf8)
        let start = version == 1 ? 10 : 12
        while (start + text.count + 1) % align != 0 { text.append(0x20) }
        text.append(0x0A)
        let length = version == 1 ? little(UInt16(text.count)) : little(UInt32(text.count))
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
    }

    static func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }

    static func fvecs(_ rows: [[Float]]) -> [UInt8] { rows.flatMap { little(Int32($0.count)) + floats($0) } }
    static func bvecs(_ rows: [[UInt8]]) -> [UInt8] { rows.flatMap { little(Int32($0.count)) + $0 } }
    static func ivecs(_ rows: [[Int32]]) -> [UInt8] {
        rows.flatMap { little(Int32($0.count)) + $0.flatMap { little($0) } }
    }
}

extension VectorSet {
    var rows: [[Float]] { (0..<count).map { row($0) } }
}

@Suite struct VectorFileTests {
    let files: TemporaryFiles
    init() throws { files = try TemporaryFiles() }

    @Test(arguments: [UInt8(1), 2, 3], [64, 16, 1])
    func floatsOfNumPy(version: UInt8, align: Int) throws {
        let values: [Float] = [1, -2.5, .leastNonzeroMagnitude, .infinity, .nan, 0.1]
        // One more space now and then, so that the data begins at every offset: mapped or copied, the same.
        for spaces in 0..<4 {
            let dictionary =
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + String(repeating: " ", count: spaces)
            let bytes = VectorBytes.npy(
                dictionary: dictionary, VectorBytes.floats(values), version: version, align: align)
            let vectors = try VectorFile.vectors(try files.write(bytes, "v.npy"))
            #expect((vectors.count, vectors.dimension) == (2, 3))
            #expect(vectors.rows.joined().map(\.bitPattern) == values.map(\.bitPattern))
            #expect(vectors.name == "v.npy")
        }
    }

    @Test func otherNumbersOfNumPy() throws {
        func read(_ descr: String, _ data: [UInt8]) throws -> [Float] {
            try VectorFile.vectors(try files.write(VectorBytes.npy(descr, [1, 2], data), "v.npy")).row(0)
        }
        #expect(try read("|u1", [7, 255]) == [7, 255])
        #expect(try read("|i1", [7, 255]) == [7, -1])
        #expect(try read("<i2", [1, 2, 0xFE, 0xFF]) == [513, -2])
        #expect(try read("<u2", [1, 2, 0xFE, 0xFF]) == [513, 65534])
        #expect(
            try read("<i4", VectorBytes.little(Int32(-70_000)) + VectorBytes.little(Int32(16_777_217))) == [
                -70_000, 16_777_216,
            ])
        #expect(try read("<i8", VectorBytes.little(Int64(-9)) + VectorBytes.little(Int64(1) << 40)) == [-9, 0x1p40])
        #expect(
            try read("<f8", VectorBytes.little((0.1).bitPattern) + VectorBytes.little((1e300).bitPattern)) == [
                0.1, .infinity,
            ])
        #expect(try read("<f2", [0x00, 0x3C, 0x01, 0x80]) == [1, -0x1p-24])
    }

    /// Every half-precision number, against the definition: sign, 5 bits of exponent, 10 of fraction.
    @Test func allHalves() throws {
        let data = (0...UInt16.max).flatMap { VectorBytes.little($0) }
        let vectors = try VectorFile.vectors(try files.write(VectorBytes.npy("<f2", [256, 256], data), "h.npy"))
        let wrong = vectors.rows.joined().enumerated().filter { bits, value in
            let (exponent, fraction) = (bits >> 10 & 31, Double(bits & 1023) / 1024)
            let magnitude =
                exponent == 0
                ? fraction * 0x1p-14
                : exponent == 31 ? (fraction == 0 ? .infinity : .nan) : (1 + fraction) * pow(2, Double(exponent - 15))
            if magnitude.isNaN { return !value.isNaN }
            return Double(value) != (bits < 32768 ? magnitude : -magnitude) || (value.sign == .minus) != (bits >= 32768)
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test func rowsBehindTheirLengths() throws {
        let floats: [[Float]] = [[1, -2, .nan], [4, .leastNonzeroMagnitude, 6]]
        let read = try VectorFile.vectors(try files.write(VectorBytes.fvecs(floats), "v.fvecs"))
        #expect(read.rows.joined().map(\.bitPattern) == floats.joined().map(\.bitPattern))
        #expect((read.count, read.dimension) == (2, 3))
        let bytes: [[UInt8]] = [[0, 1, 2, 3, 255], [9, 8, 7, 6, 5], [1, 1, 1, 1, 1]]
        let small = try VectorFile.vectors(try files.write(VectorBytes.bvecs(bytes), "V.BVECS"))
        #expect(small.rows == bytes.map { $0.map(Float.init) })
        let one = try VectorFile.vectors(try files.write(VectorBytes.bvecs([[7]]), "one.bvecs"))
        #expect(one.rows == [[7]])
        let ids = try VectorFile.neighbours(try files.write(VectorBytes.ivecs([[3, 1], [-1, 2]]), "t.ivecs"))
        #expect((ids.count, ids.width, Array(ids[1])) == (2, 2, [-1, 2]))
    }

    @Test func idsOfNumPy() throws {
        let wide = VectorBytes.npy("<i8", [2, 2], [3, -1, 1 << 40, 0].flatMap { VectorBytes.little(Int64($0)) })
        #expect(try VectorFile.neighbours(try files.write(wide, "t.npy")).ids == [3, -1, 1 << 40, 0])
        let huge = VectorBytes.npy("<u8", [1, 1], VectorBytes.little(UInt64.max))
        #expect(try VectorFile.neighbours(try files.write(huge, "t.npy")).ids == [.max])
        let narrow = VectorBytes.npy("<i4", [1, 2], [3, 4].flatMap { VectorBytes.little(Int32($0)) })
        #expect(try VectorFile.neighbours(try files.write(narrow, "t.npy")).ids == [3, 4])
    }

    @Test func aMappedFileHoldsWhenItsNameIsGone() throws {
        let values = (0..<4096).map(Float.init)
        let url = try files.write(VectorBytes.npy("<f4", [32, 128], VectorBytes.floats(values)), "v.npy")
        let vectors = try VectorFile.vectors(url)
        try FileManager.default.removeItem(at: url)
        #expect(Array(vectors.rows.joined()) == values)
    }
}

@Suite struct DamagedVectorFileTests {
    let files: TemporaryFiles
    init() throws { files = try TemporaryFiles() }

    static let two = VectorBytes.floats([1, 2])

    /// A file's name, its bytes, what is wrong and what to do about it.
    static let damaged: [(String, [UInt8], String, String)] = [
        (
            "v.npy", VectorBytes.npy(">f4", [1, 2], two), "v.npy: header: big-endian numbers (>f4): python3 -c",
            "a.astype('<f4')"
        ),
        (
            "v.npy", VectorBytes.npy("<f4", [1, 2], two, fortran: true), "column after column",
            "np.ascontiguousarray(a)"
        ),
        ("v.npy", VectorBytes.npy("<c8", [1, 1], two), "elements of type <c8", "np.load('v.npy')"),
        ("v.npy", VectorBytes.npy("|O", [1, 2], two), "elements of type |O", "a.astype('<f4')"),
        ("v.npy", VectorBytes.npy("|b1", [1, 8], two), "elements of type |b1", "a.astype('<f4')"),
        ("v.npy", VectorBytes.npy("<f4", [2], two), "shape [2], expected 2 dimensions", "a.reshape(1, -1)"),
        ("v.npy", VectorBytes.npy("<f4", [1, 2, 1], two), "shape [1, 2, 1]", "a.reshape(len(a), -1)"),
        ("v.npy", VectorBytes.npy("<f4", [], Array(two.prefix(4))), "shape []", "a.reshape(1, -1)"),
        ("v.npy", VectorBytes.npy("<f4", [0, 2], []), "no numbers in 0 x 2", "expected at least one row"),
        ("v.npy", VectorBytes.npy("<f4", [2, 2], two), "do not fit in the 8 bytes", "cut off"),
        ("v.npy", VectorBytes.npy("<f4", [1, 1], two), "4 bytes follow the 1 x 1 numbers", "save one array a file"),
        ("v.npy", VectorBytes.npy("<f4", [1 << 62, 1 << 62], two), "do not fit", "cut off"),
        ("v.npy", VectorBytes.npy("<f4", [1, 2], two, version: 4), "version 4.0 is not known", "numpy.save"),
        (
            "v.npy",
            VectorBytes.npy(dictionary: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", two),
            "records", "a['field']"
        ),
        (
            "v.npy", VectorBytes.npy(dictionary: "{'descr': '<f4', 'shape': (1, 2)}", two),
            "'fortran_order' is missing", "the file is damaged"
        ),
        (
            "v.npy", VectorBytes.npy(dictionary: "{'descr': '<f4', 'descr': '<f4'}", two), "stands twice",
            "the file is damaged"
        ),
        (
            "v.npy", VectorBytes.npy(dictionary: "{'descr': '<f4', 'fortran_order': No, 'shape': (1, 2)}", two),
            "True or False", "the file is damaged"
        ),
        (
            "v.npy",
            VectorBytes.npy(
                dictionary: "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2)}", two),
            "too large", "the file is damaged"
        ),
        ("v.npy", Array(VectorBytes.npy("<f4", [1, 2], two).prefix(9)), "9 bytes are too few", "cut off"),
        ("v.npy", Array(VectorBytes.npy("<f4", [1, 2], two).prefix(40)), "more than the file has", "cut off"),
        ("v.npy", VectorBytes.fvecs([[1, 2]]), "does not begin like a .npy file", "numpy.save"),
        ("v.npy", [], "v.npy: is empty", "make it again"),
        ("v.npz", Array("PK\u{3}\u{4}and so on".utf8), "is an archive of arrays", "np.load('v.npz')"),
        ("v.hdf5", [0x89] + Array("HDF\r\n".utf8), "is HDF5", "h5py.File('v.hdf5')"),
        ("v.fvecs.gz", [0x1F, 0x8B, 8, 0, 0], "is compressed", "gunzip -k v.fvecs.gz"),
        ("v.bvecs", [0x1F, 0x8B, 8, 0, 0], "is compressed", "gunzip -k v.bvecs"),
        ("v.csv", Array("1,2\n".utf8), "no known format", ".npy, .fvecs, .bvecs, .ivecs"),
        ("v.ivecs", VectorBytes.ivecs([[1, 2]]), "holds ids, not vectors", "--truth"),
        ("v.fvecs", [1, 0, 0], "3 bytes are too few", "cut off"),
        ("v.fvecs", VectorBytes.little(Int32(0)), "row 0: a length of 0", "expected 1 to 1048576"),
        ("v.fvecs", VectorBytes.little(Int32(-5)), "a length of -5", "another format"),
        ("v.fvecs", VectorBytes.fvecs([[1, 2], [3, 4], [5]]), "2 rows of 2 numbers and 8 bytes more", "cut off"),
        (
            "v.fvecs", VectorBytes.fvecs([[1, 2], [3], [5, 6]]),
            "row 1: a length of 1 at byte 12, the rows before have 2", "damaged"
        ),
        ("v.bvecs", VectorBytes.fvecs([[1, 2], [3, 4]]), "row 1: a length of", "another format"),
        (
            "v.fvecs", Array(VectorBytes.fvecs([[1, 2], [3, 4]]).dropLast()), "1 rows of 2 numbers and 11 bytes more",
            "cut off"
        ),
    ]

    @Test(arguments: damaged)
    func vectors(name: String, bytes: [UInt8], problem: String, remedy: String) throws {
        let url = try files.write(bytes, name)
        let error = try #require(throws: FormatError.self) { try VectorFile.vectors(url) }
        let text = error.description
        #expect(text.hasPrefix(name + ": ") && text.contains(problem) && text.contains(remedy), "\(text)")
        #expect(!text.contains("\n"))
    }

    @Test func idsAreNotVectors() throws {
        let floats = try files.write(VectorBytes.npy("<f4", [1, 2], Self.two), "t.npy")
        let error = try #require(throws: FormatError.self) { try VectorFile.neighbours(floats) }
        #expect(error.description.contains("no ids, expected integers"))
        let rows = try files.write(VectorBytes.fvecs([[1]]), "t.fvecs")
        #expect(throws: FormatError.self) { try VectorFile.neighbours(rows) }
    }

    @Test func whatIsNoFile() throws {
        let nowhere = files.folder.appendingPathComponent("nowhere.npy")
        var error = try #require(throws: FormatError.self) { try VectorFile.vectors(nowhere) }
        #expect(error.description.contains("no such file"))
        error = try #require(throws: FormatError.self) { try VectorFile.vectors(files.folder) }
        #expect(error.description.contains("is a folder"))
        error = try #require(throws: FormatError.self) { try VectorFile.vectors(URL(fileURLWithPath: "/dev/null")) }
        #expect(error.description.contains("pipe or a device"))
    }

    /// Files with a few bytes changed, cut off or drawn out: an error of this room, or vectors as large as they say.
    @Test func anyBytesAreAnErrorOrVectors() throws {
        let originals: [(String, [UInt8])] = [
            ("v.npy", VectorBytes.npy("<f4", [3, 4], VectorBytes.floats((0..<12).map(Float.init)))),
            ("v.npy", VectorBytes.npy("<i8", [2, 3], [UInt8](repeating: 1, count: 48), version: 2)),
            ("v.npy", VectorBytes.npy("|u1", [5, 3], [UInt8](repeating: 9, count: 15), version: 3, align: 16)),
            ("v.fvecs", VectorBytes.fvecs([[1, 2, 3], [4, 5, 6], [7, 8, 9]])),
            ("v.bvecs", VectorBytes.bvecs([[1, 2, 3], [4, 5, 6], [7, 8, 9]])),
            ("v.ivecs", VectorBytes.ivecs([[1, 2, 3], [4, 5, 6], [7, 8, 9]])),
        ]
        var random = SeededNumbers(20)
        var accepted = 0
        for round in 0..<2000 {
            let (name, original) = originals[round % originals.count]
            var bytes = original
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.removeSubrange(at...)
                case 3: bytes.remove(at: at)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                }
            }
            let url = try files.write(bytes, name)
            do {
                let vectors = try VectorFile.vectors(url)
                let total = vectors.withUnsafeBufferPointer { $0.reduce(into: UInt32(0)) { $0 ^= $1.bitPattern } }
                #expect(vectors.count > 0 && vectors.dimension > 0 && total >= 0)
                accepted += 1
            } catch let error as FormatError {
                #expect(!error.description.contains("\n"))
            }
            if let ids = try? VectorFile.neighbours(url) { #expect(ids.count * ids.width == ids.ids.count) }
        }
        #expect((200...1800).contains(accepted), "\(accepted): both must happen")
    }
}
