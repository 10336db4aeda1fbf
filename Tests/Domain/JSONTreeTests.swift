import Foundation
import MagpieDomain
import Testing

@Suite struct JSONTreeTests {
    @Test(arguments: [
        ("null", JSONTree.null), (" true ", .bool(true)), ("-0", .number(-0.0)),
        ("12345678901234567890", .number(12_345_678_901_234_567_168)),
        ("1.5e-3", .number(0.0015)),
        (#""a\"\\\/\b\f\n\r\t\u00e9\ud83c\udfac""#, .string("a\"\\/\u{8}\u{C}\n\r\té\u{1F3AC}")),
        ("[]", .array([])), ("[1,[2]]", .array([.number(1), .array([.number(2)])])),
        (#"{"a":1,"a":2}"#, .object([.init("a", .number(1)), .init("a", .number(2))])),
    ])
    func reads(text: String, expected: JSONTree) throws {
        #expect(try JSONTree(text) == expected)
    }

    @Test(arguments: [
        "", "nul", "01", "1.", "-", "+1", ".5", "1e", "\"", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "[1,]", "[1", "{\"a\"}", "{a:1}", "{\"a\":1,}", "1 2", "1e999", "[" + String(repeating: "[", count: 10_000),
    ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONTree(text) }
    }

    @Test func refusesTextThatIsNotUTF8() {
        let bytes: [UInt8] = [34, 0xC3, 34]
        #expect(throws: JSONError.self) { try bytes.withUnsafeBufferPointer { try JSONTree($0) } }
    }

    /// Random trees come back, and Foundation reads the same text.
    @Test(arguments: 0..<50)
    func roundTrip(seed: Int) throws {
        var state = UInt64(seed)
        func next(_ n: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % n
        }
        func tree(_ depth: Int) -> JSONTree {
            switch next(depth > 3 ? 4 : 6) {
            case 0: return .null
            case 1: return .bool(next(2) == 0)
            case 2:
                let number = Double(bitPattern: next(1 << 31) << 33 | next(1 << 31))
                return .number(number.isFinite ? number : Double(next(1000)) - 500)
            case 3:
                return .string(
                    String(
                        (0..<next(6)).map { _ in ["a", "\"", "\\", "\u{0}", "é", "\u{1F3AC}", "\n"][Int(next(7))] }
                            .joined()))
            case 4: return .array((0..<next(4)).map { _ in tree(depth + 1) })
            default: return .object((0..<next(4)).map { .init("k\($0)", tree(depth + 1)) })
            }
        }
        let original = JSONTree.array([tree(0)])
        #expect(try JSONTree(original.text) == original)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(original.text.utf8)) }
    }
}
