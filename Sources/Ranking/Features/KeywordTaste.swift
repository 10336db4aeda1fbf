import Foundation
import MagpieArtifacts
import MagpieDomain

/// What the user's likes say of a candidate's keywords.
///
/// | column | what |
/// |---|---|
/// | `.decayed` | the cosine of ``KeywordAffinity``, a like counting half after each 30 days before the user's last |
/// | `.sameHours` | the same over likes within three hours of this time of day |
/// | `.userRate`, `.userRateBest` | the share of the user's likes that have the keyword: mean and best over the candidate's |
/// | `.lift` | mean logarithm of that share against the share in the catalogue: what this user likes more than others do |
/// | `.count` | log(1 + keywords of the candidate) |
///
/// Shares are drawn towards the catalogue's by five imagined likes.
struct KeywordTaste: Feature {
    private static let imagined: Float = 5
    private static let halfLife = 30.0 * 86_400_000

    let attribute: String
    /// The share of the catalogue that has each word, items weighed by their popularity; by word number.
    private let base: [Float]

    init(attribute: String, _ table: ItemTable, _ popularity: any Popularity) {
        self.attribute = attribute
        guard let keywords = table.keywords(attribute) else {
            base = []
            return
        }
        var shares = (0..<table.count).map { max(0, popularity.share(of: ItemIndex($0))) }
        for i in shares.indices where shares[i].isNaN { shares[i] = 0 }
        var total = shares.reduce(0) { $0 + Double($1) }
        if total <= 0 {
            shares = [Float](repeating: 1, count: table.count)
            total = Double(table.count)
        }
        var sums = [Double](repeating: 0, count: keywords.dictionary.count)
        for item in 0..<table.count where shares[item] > 0 {
            for at in keywords.range(of: item) { sums[Int(keywords.values[at])] += Double(shares[item]) }
        }
        base = sums.map { Float(min(max($0 / total, 1e-4), 1)) }
    }

    var columns: [String] {
        ["decayed", "sameHours", "userRate", "userRateBest", "lift", "count"].map { "\(attribute).\($0)" }
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let keywords = context.table.keywords(attribute), base.count == keywords.dictionary.count else { return }
        let history = context.query.history
        let newest = history.first?.time.milliseconds ?? 0
        let decayed = WordWeights(history, keywords) { interest, words in
            let age = max(0, Double(newest) - Double(interest.time.milliseconds))
            return Float(exp2(-age / Self.halfLife)) / Float(words).squareRoot()
        }
        let sameHours = WordWeights(history, keywords) { interest, words in
            Self.isSameTimeOfDay(interest.time, context.now) ? 1 / Float(words).squareRoot() : 0
        }
        let counts = WordWeights(history, keywords) { _, _ in 1 }
        let total = Float(counts.itemCount) + Self.imagined
        for (row, item) in context.items.enumerated() {
            let range = keywords.range(of: Int(item))
            if range.isEmpty { continue }
            matrix[row, 5] = log1p(Float(range.count))
            guard counts.itemCount > 0 else { continue }
            matrix[row, 0] = decayed.cosine(item, keywords)
            matrix[row, 1] = sameHours.cosine(item, keywords)
            var (sum, best, lift): (Float, Float, Float) = (0, 0, 0)
            for at in range {
                let word = keywords.values[at]
                let usual = base[Int(word)]
                let rate = (counts[word] + Self.imagined * usual) / total
                sum += rate
                best = max(best, rate)
                lift += log(rate / usual)
            }
            matrix[row, 2] = sum / Float(range.count)
            matrix[row, 3] = best
            matrix[row, 4] = lift / Float(range.count)
        }
    }

    /// Whether two moments are at most three hours apart on a clock without a date. In one time zone, whichever.
    private static func isSameTimeOfDay(_ a: Timestamp, _ b: Timestamp) -> Bool {
        let day: Int64 = 86_400_000
        let apart = (a.milliseconds % day - b.milliseconds % day).magnitude % UInt64(day)
        return min(apart, UInt64(day) - apart) <= 3 * 3_600_000
    }
}
