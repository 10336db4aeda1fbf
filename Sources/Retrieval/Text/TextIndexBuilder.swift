import Foundation
import MagpieArtifacts

extension TextIndex {
    /// What was indexed, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        public var items: Int
        public var terms: Int
        public var postings: Int
        /// Items without a single token: no text finds them.
        public var emptyItems: Int
    }

    /// Indexes the texts, the place in the array being the item's index, and writes the file.
    ///
    /// - Parameters:
    ///   - k1: how fast repetition stops to count; 0 = a term is there or not.
    ///   - b: how much a long text is discounted, 0...1.
    /// Throws ``ArtifactError`` when the file cannot be written.
    @discardableResult
    public static func build(_ texts: [ItemText], k1: Float = 1.2, b: Float = 0.75, to url: URL) throws -> Report {
        precondition(k1 >= 0 && (0...1).contains(b), "k1 \(k1), b \(b)")
        precondition(texts.count < Int(UInt32.max), "\(texts.count) items")
        let collected = Collected(texts)
        let order = collected.dictionary.sorted()
        var rank = [Int](repeating: 0, count: order.count)
        for (place, number) in order.enumerated() { rank[number] = place }

        // Counting sort by term; items stay in ascending order because they were collected so.
        var offsets = [Int64](repeating: 0, count: order.count + 1)
        for number in collected.terms { offsets[rank[Int(number)] + 1] += 1 }
        for i in order.indices { offsets[i + 1] += offsets[i] }
        var next = offsets
        var items = [UInt32](repeating: 0, count: collected.terms.count)
        var quantities = [Float](repeating: 0, count: collected.terms.count)
        for item in texts.indices {
            for i in collected.starts[item]..<collected.starts[item + 1] {
                let term = rank[Int(collected.terms[i])]
                items[Int(next[term])] = UInt32(item)
                quantities[Int(next[term])] = collected.quantities[i]
                next[term] += 1
            }
        }

        var writer = TensorFileWriter(kind: kind, layout: layout)
        writer.add("terms", strings: order.map { collected.dictionary.string($0) })
        writer.add("postings", offsets)
        writer.add("items", items)
        writer.add("quantities", quantities)
        writer.add("lengths", collected.lengths)
        writer.add("parameters", [k1, b])
        try writer.write(to: url)
        return Report(
            items: texts.count, terms: order.count, postings: items.count,
            emptyItems: collected.lengths.count { $0 == 0 })
    }

    /// Weighted term frequencies by item: terms[i], quantities[i] for i in starts[item] ..< starts[item + 1].
    private struct Collected {
        var dictionary = TermDictionary()
        var starts = [0]
        var terms: [UInt32] = []
        var quantities: [Float] = []
        var lengths: [Float] = []

        init(_ texts: [ItemText]) {
            var buffer = TokenBuffer()
            var frequency: [Float] = []  // by term number, zero outside of the item at hand
            for text in texts {
                let first = terms.count
                var length: Float = 0
                for field in text.fields where field.boost > 0 {
                    buffer.analyze(field.text)
                    for token in buffer.tokens {
                        let number = dictionary.number(of: buffer.bytes[token.range])
                        if number == frequency.count { frequency.append(0) }
                        if frequency[number] == 0 { terms.append(UInt32(number)) }
                        frequency[number] += field.boost
                        length += field.boost
                    }
                }
                for i in first..<terms.count {
                    quantities.append(frequency[Int(terms[i])])
                    frequency[Int(terms[i])] = 0
                }
                lengths.append(length)
                starts.append(terms.count)
            }
        }
    }
}
