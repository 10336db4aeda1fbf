import MagpieKernels

/// Side information for items with little behaviour (as in EGES: Wang et al., KDD 2018, "Billion-scale Commodity
/// Embedding for E-commerce Recommendation in Alibaba"): an item's vectors are
///
///     n / (n + weight) behaviour + weight / (n + weight) text
///
/// with n its events. An item that nobody met is where its text says; one that thousands met is where they put it.
///
/// *Where the text says*: the mean of all items, and from there towards the items that share a word, by word:
///
///     text(i) = mean + slope * (sum over i's words w of idf(w) * shift(w without i)) / (sum of idf(w))
///     shift(w without i) = (sum of s_j (v_j - mean)) / (sum of s_j + 1)    over the other items j with the word
///
/// where s_j = n_j / (n_j + weight) is how far an item's own vector can be trusted. An item is left out of what its own
/// words say, so that the text is a second opinion and not an echo. The slope is the one that fits best, by least
/// squares over the items with behaviour. Input and output vectors are placed by themselves.
///
/// *What no text says* is how much an item is liked at all: the coordinate along the mean vector stays that of behaviour
/// (of an item without any, that of those of which least is known).
///
/// Deviation from EGES: it learns how much each kind of side information says, jointly with the vectors. Here one number
/// says how many events a text is worth, so that it can be read, measured and set (`embedding.textWeight`); any source
/// of vectors can be blended.
public struct TextBlend: Sendable {
    let words: ItemWords
    let events: [Int]
    let weight: Double

    /// - Parameters:
    ///   - events: of each item.
    ///   - weight: so many events count as much as the text; 0: text only where there is no behaviour.
    public init(words: ItemWords, events: [Int], weight: Double) {
        precondition(weight >= 0 && events.count == words.itemCount, "\(events.count) items, weight \(weight)")
        self.words = words
        self.events = events
        self.weight = weight
    }

    /// The model with blended vectors. Items that it knows nothing of get vectors from their text where they share a word
    /// with others, and keep `counts` 0.
    public func blended(_ model: EmbeddingModel) -> EmbeddingModel {
        precondition(model.itemCount == words.itemCount, "\(model.itemCount) against \(words.itemCount) items")
        let shares = events.indices.map { item -> Float in
            guard model.counts[item] > 0 else { return 0 }
            let n = Double(max(events[item], 1))
            return Float(n / (n + weight))
        }
        var result = model
        blend(&result.input, shares, dimension: model.dimension)
        // Factors are the input and the output at once, and stay so.
        if model.output == model.input {
            result.output = result.input
        } else {
            blend(&result.output, shares, dimension: model.dimension)
        }
        return result
    }

    private func blend(_ rows: inout [Float], _ shares: [Float], dimension d: Int) {
        guard d > 0, shares.contains(where: { $0 > 0 }) else { return }
        let mean = Self.mean(of: rows, shares, dimension: d)
        // By word: the sum of s (v - mean), and of s.
        var sums = [Float](repeating: 0, count: words.weights.count * d)
        var totals = [Float](repeating: 0, count: words.weights.count)
        for item in shares.indices where shares[item] > 0 {
            for word in words.words(of: item) {
                totals[Int(word)] += shares[item]
                for i in 0..<d { sums[Int(word) * d + i] += shares[item] * (rows[item * d + i] - mean[i]) }
            }
        }
        // The shift that an item's words tell; nil when they tell nothing.
        func shift(of item: Int) -> [Float]? {
            var shift = [Float](repeating: 0, count: d)
            var told: Float = 0
            let own = shares[item]
            for word in words.words(of: item) {
                let w = Int(word)
                let total = totals[w] - own
                // What is left after subtraction may be rounding alone.
                guard total > 1e-3 else { continue }
                let factor = words.weights[w] / (total + 1)
                for i in 0..<d { shift[i] += factor * (sums[w * d + i] - own * (rows[item * d + i] - mean[i])) }
                told += words.weights[w]
            }
            guard told > 0 else { return nil }
            return shift.map { $0 / told }
        }
        let shifts = shares.indices.map { shift(of: $0) }
        let slope = Self.slope(of: shifts, in: rows, shares, mean)
        // Along the mean vector lies how much an item is liked at all, which no text says.
        let axis = Self.unit(mean)
        let strangersLevel = Self.levelWhereLittleIsKnown(rows, shares, axis)
        for (item, shift) in shifts.enumerated() {
            guard let shift, shares[item] < 1 else { continue }
            let row = item * d..<(item + 1) * d
            let level = shares[item] > 0 ? Self.level(rows[row], axis) : strangersLevel
            for i in 0..<d {
                let text = mean[i] + slope * shift[i]
                rows[row.lowerBound + i] = shares[item] * rows[row.lowerBound + i] + (1 - shares[item]) * text
            }
            let missing = level - Self.level(rows[row], axis)
            for i in 0..<d { rows[row.lowerBound + i] += missing * axis[i] }
        }
    }

    private static func unit(_ vector: [Float]) -> [Float] {
        var unit = vector
        VectorKernels.normalise(&unit)
        return unit
    }

    private static func level(_ row: ArraySlice<Float>, _ axis: [Float]) -> Float {
        zip(row, axis).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The mean level of the tenth of the items that are known least.
    private static func levelWhereLittleIsKnown(_ rows: [Float], _ shares: [Float], _ axis: [Float]) -> Float {
        let d = axis.count
        let known = shares.indices.filter { shares[$0] > 0 }.sorted { (shares[$0], $0) < (shares[$1], $1) }
        let least = known.prefix(max(known.count / 10, 1))
        return least.reduce(0) { $0 + level(rows[$1 * d..<($1 + 1) * d], axis) } / Float(max(least.count, 1))
    }

    private static func mean(of rows: [Float], _ shares: [Float], dimension d: Int) -> [Float] {
        var mean = [Float](repeating: 0, count: d)
        var total: Float = 0
        for item in shares.indices where shares[item] > 0 {
            for i in 0..<d { mean[i] += shares[item] * rows[item * d + i] }
            total += shares[item]
        }
        return mean.map { $0 / total }
    }

    /// How far to go: the weighted least-squares fit of v - mean by the shift.
    private static func slope(of shifts: [[Float]?], in rows: [Float], _ shares: [Float], _ mean: [Float]) -> Float {
        let d = mean.count
        var products = 0.0
        var squares = 0.0
        for (item, shift) in shifts.enumerated() where shares[item] > 0 {
            guard let shift else { continue }
            for i in 0..<d {
                let wanted = Double(rows[item * d + i] - mean[i])
                products += Double(shares[item]) * wanted * Double(shift[i])
                squares += Double(shares[item]) * Double(shift[i]) * Double(shift[i])
            }
        }
        return squares > 0 ? Float(products / squares) : 0
    }
}
