/// Reads the JSON of a tensor file's header: objects, strings, arrays of natural numbers, and nothing else.
///
/// Strict (RFC 8259, no extensions) and total: every byte is looked at through a bounds check, what does not fit
/// is ``ArtifactError/malformed(path:at:got:expected:)`` with the byte's place in the file.
struct HeaderReader {
    let path: String
    let bytes: UnsafeRawBufferPointer
    var position: Int
    /// Where `bytes` begin in the file, for messages.
    let fileOffset: Int

    func error(got: String, expected: String) -> ArtifactError {
        .malformed(path: path, at: fileOffset + position, got: got, expected: expected)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    /// Whether the next byte after space is this one; then it is taken.
    private mutating func takes(_ wanted: Character) -> Bool {
        skipSpace()
        guard let byte = next, byte == wanted.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ wanted: Character) throws {
        guard takes(wanted) else {
            let got = next.map { "the byte \($0)" } ?? "the end of the header"
            throw error(got: got, expected: "'\(wanted)'")
        }
    }

    /// `{"name": value, ...}`; `member` must read the value.
    mutating func object(_ member: (inout HeaderReader, String) throws -> Void) throws {
        try expect("{")
        if takes("}") { return }
        repeat {
            let name = try string()
            try expect(":")
            try member(&self, name)
        } while takes(",")
        try expect("}")
    }

    /// `[1, 2, 3]`, at most 16 numbers.
    mutating func naturals() throws -> [Int] {
        try expect("[")
        var numbers: [Int] = []
        if takes("]") { return numbers }
        repeat {
            guard numbers.count < 16 else { throw error(got: "more than 16 numbers", expected: "']'") }
            numbers.append(try natural())
        } while takes(",")
        try expect("]")
        return numbers
    }

    private mutating func natural() throws -> Int {
        skipSpace()
        let begin = position
        var value = 0
        while let byte = next, byte >= 0x30, byte <= 0x39 {
            let (tens, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowedToo) = tens.addingReportingOverflow(Int(byte) - 0x30)
            guard !overflowed, !overflowedToo else {
                throw error(got: "a number of more than 63 bits", expected: "a smaller one")
            }
            value = sum
            position += 1
        }
        let hasLeadingZero = position - begin > 1 && bytes[begin] == 0x30
        guard position > begin, !hasLeadingZero else {
            let got = next.map { "the byte \($0)" } ?? "the end of the header"
            throw error(got: hasLeadingZero ? "a leading 0" : got, expected: "a natural number")
        }
        return value
    }

    mutating func string() throws -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw error(got: "bytes that are not UTF-8", expected: "UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw error(got: "the control character \(byte)", expected: "it escaped")
            default: text.append(byte)
            }
        }
        throw error(got: "the end of the header", expected: "'\"'")
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = next else { throw error(got: "the end of the header", expected: "an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try fourHexDigits())
            if code & 0xFC00 == 0xD800 {
                guard next == UInt8(ascii: "\\") else { throw error(got: "half a surrogate pair", expected: "both") }
                position += 1
                guard next == UInt8(ascii: "u") else { throw error(got: "half a surrogate pair", expected: "both") }
                position += 1
                let low = UInt32(try fourHexDigits())
                guard low & 0xFC00 == 0xDC00 else { throw error(got: "half a surrogate pair", expected: "both") }
                code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw error(got: "half a surrogate pair", expected: "both")
            }
            text.append(contentsOf: Array(String(scalar).utf8))
        default: throw error(got: "the escape \\ and byte \(byte)", expected: "one of JSON's")
        }
    }

    private mutating func fourHexDigits() throws -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error(got: "no hexadecimal digit", expected: "four of them")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    /// Only space may be left.
    mutating func end() throws {
        skipSpace()
        if let byte = next { throw error(got: "the byte \(byte)", expected: "the end of the header") }
    }
}
