/// The header of a `.npy` file: what follows it, and where.
///
///     6 bytes    "\x93NUMPY"
///     2 bytes    major and minor version: 1, 2 or 3
///     u16 LE     length of the header (version 1); u32 LE in versions 2 and 3
///     ...        a Python dictionary in ASCII (3: UTF-8), filled up with spaces, ended by a newline:
///                {'descr': '<f4', 'fortran_order': False, 'shape': (200000, 128), }
///
/// Source: NumPy's documentation, `numpy.lib.format`.
struct NumPyHeader: Equatable {
    /// An element's type: byte order, kind, bytes, as in `'<f4'`.
    var descr = ""
    var isFortranOrder = false
    var shape: [Int] = []
    /// Of the first element, from the first byte of the file.
    var dataOffset = 0

    /// What is wrong with a header, in words.
    struct Problem: Error { let text: String }

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// numpy itself writes some 128 bytes.
    private static let lengthLimit = 1 << 20

    /// - Parameter bytes: the whole file.
    /// - Throws: ``Problem``.
    init(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard bytes.count >= 10 else { throw Problem(text: "\(bytes.count) bytes are too few: the file is cut off") }
        let major: UInt8 = bytes[6]
        guard (1...3).contains(major) else {
            throw Problem(text: "version \(major).\(bytes[7]) is not known (1, 2 and 3 are): write it with numpy.save")
        }
        let start = major == 1 ? 10 : 12
        guard bytes.count >= start else { throw Problem(text: "\(bytes.count) bytes are too few: the file is cut off") }
        let length: Int =
            major == 1
            ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
            : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        guard length <= Self.lengthLimit, start + length <= bytes.count else {
            throw Problem(text: "is \(length) bytes long, more than the file has: the file is cut off or damaged")
        }
        dataOffset = start + length
        var parser = PythonLiteral(UnsafeRawBufferPointer(rebasing: bytes[start..<dataOffset]))
        try read(&parser)
    }

    private mutating func read(_ parser: inout PythonLiteral) throws(Problem) {
        var seen: [String] = []
        try parser.expect("{")
        while !parser.take("}") {
            let key = try parser.string()
            guard !seen.contains(key) else { throw parser.problem("'\(key)' stands twice") }
            seen.append(key)
            try parser.expect(":")
            switch key {
            case "descr":
                guard !parser.peek("["), !parser.peek("(") else {
                    throw Problem(
                        text: "the elements are records, not numbers: save one field, np.save(..., a['field'])")
                }
                descr = try parser.string()
            case "fortran_order": isFortranOrder = try parser.bool()
            case "shape": shape = try parser.naturals()
            default: throw parser.problem("'\(key)' is not known")
            }
            if !parser.take(",") {
                try parser.expect("}")
                break
            }
        }
        try parser.end()
        for key in ["descr", "fortran_order", "shape"] where !seen.contains(key) {
            throw parser.problem("'\(key)' is missing")
        }
    }
}

/// As much of Python's notation as the header of a `.npy` file uses.
struct PythonLiteral {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func problem(_ text: String) -> NumPyHeader.Problem {
        NumPyHeader.Problem(text: "\(text) (byte \(at) of the dictionary): the file is damaged, or not by numpy.save")
    }

    private mutating func skipSpace() {
        while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
    }

    mutating func peek(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return at < bytes.count && UInt32(bytes[at]) == character.value
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek(character) else { return false }
        at += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(NumPyHeader.Problem) {
        guard take(character) else { throw problem("expected \(character)") }
    }

    mutating func end() throws(NumPyHeader.Problem) {
        skipSpace()
        guard at == bytes.count else { throw problem("more than a dictionary") }
    }

    /// Without escapes: no name or type that numpy writes has one.
    mutating func string() throws(NumPyHeader.Problem) -> String {
        let quote: Unicode.Scalar = peek("\"") ? "\"" : "'"
        try expect(quote)
        let begin = at
        while at < bytes.count, UInt32(bytes[at]) != quote.value {
            guard bytes[at] >= 0x20, bytes[at] < 0x7F, bytes[at] != UInt8(ascii: "\\") else {
                throw problem("a text with an odd character")
            }
            at += 1
        }
        let text = String(decoding: bytes[begin..<at], as: UTF8.self)
        try expect(quote)
        return text
    }

    mutating func bool() throws(NumPyHeader.Problem) -> Bool {
        skipSpace()
        let begin = at
        while at < bytes.count, UInt8(ascii: "A")...UInt8(ascii: "z") ~= bytes[at] { at += 1 }
        switch String(decoding: bytes[begin..<at], as: UTF8.self) {
        case "True": return true
        case "False": return false
        default: throw problem("expected True or False")
        }
    }

    /// `(3, 4)`, `(3,)`, `()`; Python 2 wrote `(3L, 4L)`.
    mutating func naturals() throws(NumPyHeader.Problem) -> [Int] {
        var values: [Int] = []
        try expect("(")
        while !take(")") {
            skipSpace()
            var value = 0
            let begin = at
            while at < bytes.count, bytes[at] &- 48 < 10 {
                let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
                let (sum, stillTooBig) = tens.addingReportingOverflow(Int(bytes[at] - 48))
                guard !tooBig, !stillTooBig else { throw problem("a number that is too large") }
                value = sum
                at += 1
            }
            guard at > begin else { throw problem("expected a number") }
            values.append(value)
            _ = take("L")
            if !take(",") {
                try expect(")")
                break
            }
        }
        return values
    }
}
