import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct TextBlendTests {
    /// Two kinds of items, told by a keyword, with vectors about two centres; item 0 has a far too short history and lies
    /// on the wrong side, item 1 has none, item 2 no words, item 3 a word that nobody shares.
    static let kinds = 2
    static let size = 40

    static func texts() -> [EncoderText] {
        (0..<size).map { item in
            if item == 2 { return EncoderText(title: "") }
            if item == 3 { return EncoderText(title: "hapax") }
            return EncoderText(title: "item \(item)", keywords: [item % kinds == 0 ? "heads" : "tails"])
        }
    }

    static func model() -> EmbeddingModel {
        var random = RandomSource(seed: 1)
        var rows: [Float] = []
        for item in 0..<size {
            let side: Float = item % kinds == 0 ? 1 : -1
            rows += [item == 0 ? -2 : 2 * side, 0.2 * (random.uniform() - 0.5), 1]
        }
        var model = EmbeddingModel(
            dimension: 3, input: rows, output: rows.map { -3 * $0 }, counts: [Int64](repeating: 9, count: size))
        for item in [1, 2, 3] {
            model.counts[item] = 0
            for i in 0..<3 { (model.input[item * 3 + i], model.output[item * 3 + i]) = (0, 0) }
        }
        return model
    }

    static func events(_ first: Int) -> [Int] { [first, 0, 0, 0] + [Int](repeating: 1_000, count: size - 4) }

    private func blended(weight: Double, first: Int = 1) -> EmbeddingModel {
        TextBlend(words: ItemWords(of: Self.texts()), events: Self.events(first), weight: weight)
            .blended(Self.model())
    }

    @Test func fewEventsFollowTheText() {
        let model = Self.model()
        let (few, many) = (blended(weight: 20), blended(weight: 20, first: 100_000))
        // n = 1: 1/21 of -2 and 20/21 of what its kind says, about 2.
        #expect(few.input[0] > 1.2 && few.output[0] < -3.6, "\(few.input[0])")
        #expect(abs(many.input[0] + 2) < 0.02)
        // Those that thousands met stay where they are.
        for item in 4..<Self.size {
            for i in 0..<3 { #expect(abs(few.input[item * 3 + i] - model.input[item * 3 + i]) < 0.1) }
        }
        #expect(few.counts == model.counts)
    }

    @Test func withoutBehaviourTheTextAlone() {
        let result = blended(weight: 20)
        #expect(result.input[3] < -1 && result.output[3] > 3, "item 1 is of the tails")
        for item in [2, 3] {
            #expect(result.input[item * 3..<item * 3 + 3].allSatisfy { $0 == 0 }, "no shared word, no place")
        }
        // Without a weight behaviour stays as it is, bit for bit.
        let none = blended(weight: 0)
        #expect(none.input[0..<3] == Self.model().input[0..<3] && none.input[3] < -1)
    }

    /// An item's own vector is not in what its words say: alone with its word it has no text, and of two each tells the
    /// other.
    @Test func aTextIsNoEcho() {
        let words = ItemWords(of: [EncoderText(title: "pair"), EncoderText(title: "pair"), EncoderText(title: "alone")])
        var model = EmbeddingModel(
            dimension: 2, input: [1, 0, 0, 1, -1, -1], output: [1, 0, 0, 1, -1, -1], counts: [5, 5, 5])
        let result = TextBlend(words: words, events: [5, 5, 5], weight: 5).blended(model)
        #expect(result.input == result.output, "factors stay one")
        #expect(result.input[4...] == model.input[4...])
        // The mean is 0; what item 1 says to item 0 is along (0, 1), whatever the slope's sign.
        #expect(abs(result.input[0] - 0.5) < 1e-5)
        model.counts = [0, 0, 0]
        #expect(TextBlend(words: words, events: [0, 0, 0], weight: 5).blended(model).input == model.input)
    }

    @Test func noItemsNoWords() {
        let empty = EmbeddingModel(dimension: 4, input: [], output: [], counts: [])
        #expect(TextBlend(words: ItemWords(of: []), events: [], weight: 20).blended(empty).input.isEmpty)
    }
}
