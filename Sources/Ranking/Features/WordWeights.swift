import MagpieArtifacts
import MagpieDomain

/// A weight for each word of a ``KeywordColumn``, 0 for most: dense where the dictionary is small, else sorted.
struct WordWeights {
    private static let dense = 8_192

    private var all: [Float] = []
    private var words: [UInt32] = []
    private var weights: [Float] = []
    /// How many items had any word.
    private(set) var itemCount = 0
    /// Euclidean length.
    private(set) var norm: Float = 0

    /// Adds the words of each item with the weight that it is given; the sums are in the order of the history.
    init(
        _ history: some Sequence<Interest>, _ keywords: KeywordColumn, weight: (Interest, _ words: Int) -> Float
    ) {
        let isDense = keywords.dictionary.count <= Self.dense
        if isDense { all = [Float](repeating: 0, count: keywords.dictionary.count) }
        var pairs: [(word: UInt32, weight: Float)] = []
        for interest in history {
            let range = keywords.range(of: Int(interest.item))
            if range.isEmpty { continue }
            let weight = weight(interest, range.count)
            if weight <= 0 { continue }
            itemCount += 1
            for at in range {
                let word = keywords.values[at]
                if isDense { all[Int(word)] += weight } else { pairs.append((word, weight)) }
            }
        }
        if !isDense {
            let order = pairs.indices.sorted { (pairs[$0].word, $0) < (pairs[$1].word, $1) }
            for at in order {
                if words.last == pairs[at].word {
                    weights[weights.count - 1] += pairs[at].weight
                } else {
                    words.append(pairs[at].word)
                    weights.append(pairs[at].weight)
                }
            }
        }
        norm = (isDense ? all : weights).reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    }

    subscript(word: UInt32) -> Float {
        if !all.isEmpty { return all[Int(word)] }
        guard let place = words.sortedIndex(of: word) else { return 0 }
        return weights[place]
    }

    /// The cosine with an item's words, each of weight 1; NaN where either has none.
    func cosine(_ item: ItemIndex, _ keywords: KeywordColumn) -> Float {
        let range = keywords.range(of: Int(item))
        guard norm > 0, !range.isEmpty else { return .nan }
        var dot: Float = 0
        for at in range { dot += self[keywords.values[at]] }
        return dot / (norm * Float(range.count).squareRoot())
    }
}
