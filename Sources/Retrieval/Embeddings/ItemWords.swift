import Foundation

/// The words that items share, for ``TextBlend``: of each item its title's, its keywords' and its other texts' words,
/// each once, and how much each word says. A word that one item alone has says nothing of others and is left out.
public struct ItemWords: Sendable {
    /// Item i has the words `words[starts[i] ..< starts[i + 1]]`, ascending.
    private(set) var starts: [Int] = [0]
    private(set) var words: [UInt32] = []
    /// By word, 0...1: its idf relative to the largest.
    private(set) var weights: [Float] = []

    private static let buckets = 1 << 22

    public init(of texts: [EncoderText]) {
        var features = TextFeatures(buckets: Self.buckets)
        var counts = [UInt32](repeating: 0, count: Self.buckets)
        var all: [UInt32] = []
        var ends: [Int] = []
        var found: [UInt32] = []
        for text in texts {
            found.removeAll(keepingCapacity: true)
            for part in [text.title] + text.keywords + [text.other] {
                features.collect(part, detail: .words, into: &found)
            }
            found.sort()
            var last: UInt32?
            for bucket in found where bucket != last {
                all.append(bucket)
                counts[Int(bucket)] += 1
                last = bucket
            }
            ends.append(all.count)
        }
        var number = [UInt32](repeating: .max, count: Self.buckets)
        let most = log(1 + Double(max(texts.count, 1)))
        for bucket in 0..<Self.buckets where counts[bucket] > 1 {
            number[bucket] = UInt32(weights.count)
            weights.append(Float(log(1 + Double(texts.count) / Double(counts[bucket])) / most))
        }
        var begin = 0
        for end in ends {
            for bucket in all[begin..<end] where counts[Int(bucket)] > 1 { words.append(number[Int(bucket)]) }
            starts.append(words.count)
            begin = end
        }
    }

    var itemCount: Int { starts.count - 1 }

    func words(of item: Int) -> ArraySlice<UInt32> { words[starts[item]..<starts[item + 1]] }
}
