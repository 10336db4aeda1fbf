/// Where and why a text is not JSON.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Bytes from the start of the text.
    public let offset: Int
    public let problem: String

    public var description: String { "not valid JSON at byte \(offset + 1): \(problem)" }
}

extension JSONTree {
    public init(_ text: String) throws(JSONError) {
        var copy = text
        let result = copy.withUTF8 { bytes in Result { () throws(JSONError) in try JSONTree(bytes) } }
        self = try result.get()
    }

    /// Reads one document that fills `bytes` but for white space.
    public init(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

/// Recursive descent over the bytes, at most ``maximumDepth`` levels deep so that no text exhausts the stack.
private struct JSONParser {
    static let maximumDepth = 64

    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSONTree {
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw failure("text after the end of the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONTree {
        skipSpace()
        guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        guard at < bytes.count else { throw failure("the text ends early") }
        switch bytes[at] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONTree {
        var members: [JSONTree.Member] = []
        at += 1
        if skip(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw failure("expected a name in quotes") }
            let name = try string()
            guard skip(UInt8(ascii: ":")) else { throw failure("expected ':'") }
            members.append(.init(name, try value(depth: depth + 1)))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONTree {
        var values: [JSONTree] = []
        at += 1
        if skip(UInt8(ascii: "]")) { return .array(values) }
        repeat { values.append(try value(depth: depth + 1)) } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
        return .array(values)
    }

    private mutating func word(_ word: StaticString, _ value: JSONTree) throws(JSONError) -> JSONTree {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count, (0..<count).allSatisfy({ bytes[at + $0] == word.utf8Start[$0] }) else {
            throw failure("expected a value")
        }
        at += count
        return value
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
            at += 1
        }
        guard at < bytes.count else { throw failure("a string is not closed") }
        if bytes[at] == UInt8(ascii: "\"") {
            let text = UnsafeBufferPointer(rebasing: bytes[start..<at])
            at += 1
            return try utf8(text, from: start)
        }
        var unescaped = Array(bytes[start..<at])
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] >= 0x20 else { throw failure("a control character in a string") }
            if bytes[at] == UInt8(ascii: "\\") {
                try escape(into: &unescaped)
            } else {
                unescaped.append(bytes[at])
                at += 1
            }
        }
        guard at < bytes.count else { throw failure("a string is not closed") }
        at += 1
        let result = unescaped.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) in try utf8(buffer, from: start) }
        }
        return try result.get()
    }

    private func utf8(_ text: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONError(offset: start, problem: "a string is not UTF-8")
        }
        return string
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard at + 1 < bytes.count else { throw failure("a string is not closed") }
        let escaped = bytes[at + 1]
        at += 2
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
                    throw failure("half of a surrogate pair")
                }
                at += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard at + 4 <= bytes.count else { throw failure("a string is not closed") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw failure("\\u wants four hexadecimal digits")
            }
            at += 1
        }
        return code
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> Double {
        let start = at
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        let whole = at
        var mantissa: Int64 = 0
        while at < bytes.count, (48...57).contains(bytes[at]) {
            mantissa = mantissa &* 10 &+ Int64(bytes[at] - 48)
            at += 1
        }
        let digits = at - whole
        guard digits > 0 else {
            at = start
            throw failure("expected a value")
        }
        guard digits == 1 || bytes[whole] != 48 else { throw failure("a number starts with 0") }
        if at == bytes.count || ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[at]) {
            if digits <= 15, mantissa != 0 || whole == start {
                return whole == start ? Double(mantissa) : -Double(mantissa)
            }
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            try someDigits()
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            try someDigits()
        }
        guard let value = Double(String(decoding: bytes[start..<at], as: UTF8.self)), value.isFinite else {
            throw failure("a number out of range")
        }
        return value
    }

    private mutating func someDigits() throws(JSONError) {
        let start = at
        while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
        guard at > start else { throw failure("a number without digits") }
    }

    // MARK: Small steps

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 32 || (9...13).contains(bytes[at]) && bytes[at] != 11 && bytes[at] != 12 {
            at += 1
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private func failure(_ problem: String) -> JSONError { JSONError(offset: at, problem: problem) }
}
