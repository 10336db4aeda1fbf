import Foundation
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieServing

@Suite struct JSONWriterTests {
    @Test func writesWhatFoundationReads() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededNumbers(seed)
            let texts = (0..<random.below(6)).map { _ in random.text() }
            let numbers = (0..<random.below(6)).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
            let floats = (0..<random.below(6)).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
                .filter(\.isFinite)
            var json = JSONWriter()
            json.object { json in
                json.field("texts", texts) { $0.write($1) }
                json.field("numbers", numbers) { $0.write($1) }
                json.field("floats", floats) { $0.write($1) }
                json.object("nested") { $0.field("yes", true) }
                json.field("count", texts.count)
            }
            struct Read: Decodable {
                var texts: [String], numbers: [Double], floats: [Float], nested: [String: Bool], count: Int
            }
            let read = try JSONDecoder().decode(Read.self, from: Data(json.bytes))
            #expect(read.texts.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
            #expect(read.numbers == numbers && read.floats == floats)
            #expect(read.nested == ["yes": true] && read.count == texts.count)
            // And by our own, stricter reader.
            #expect(throws: Never.self) { try json.bytes.withUnsafeBufferPointer { try JSONTree($0) } }
        }
    }

    @Test func hasNoWordForNaN() {
        var json = JSONWriter()
        json.array([Float.nan, .infinity, -0.0, 1e-7]) { $0.write($1) }
        #expect(String(decoding: json.bytes, as: UTF8.self) == "[null,null,-0.0,1e-07]")
    }
}

extension SeededNumbers {
    mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "\"", "\\", "\u{0}", "\u{1F}", "\n", "\r", "\t", "a", "é", "/", "\u{7F}", "漢", "🐦",
        ]
        var text = ""
        for _ in 0..<below(12) { text.unicodeScalars.append(scalars[below(scalars.count)]) }
        return text
    }
}
