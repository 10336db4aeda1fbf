import Foundation
import MagpieKernels
import MagpieRanking

/// LambdaMART's gradients (Burges 2010, "From RankNet to LambdaRank to LambdaMART: An Overview", sections 3 and 4).
///
/// For a request whose rows have scores s and gains g, over all pairs of a better row h and a worse one l of which at least
/// one stands among the first `truncation` by score,
///
///     loss = sum of weight_h * delta * log(1 + exp(-sigma (s_h - s_l)))
///     delta = |g_h - g_l| * |1 / log2(1 + rank_h) - 1 / log2(1 + rank_l)| / idealDCG@truncation
///
/// with delta, the change of NDCG if the two changed places, taken as a constant: gradient and the diagonal of the Hessian
/// are those of this sum. Ties rank by row. A row that stands for n candidates takes n places, of which its rank is the middle:
/// pairs and ranks are about those of all candidates. (Counted once, what was sampled thinly would look as if it were liked
/// more often.) `normalised` (Ke et al. 2017's LightGBM, `lambdarank_norm`) also divides
/// delta by 0.01 + |s_h - s_l| and multiplies a request's gradients by log2(1 + n) / n, n being the sum of their sizes, so
/// that requests with many pairs do not drown the others.
///
/// **The same for any number of threads**, here and in XGBoost: a request is summed by one thread in order, and all
/// gradients are then rounded to multiples of a power of two (``quantise(_:threads:)``) so coarse that no sum of them in
/// 64-bit floats is rounded. XGBoost adds them up in whatever order its threads come, and gets the same histogram.
struct LambdaGradient: Sendable {
    let groups: [Int]
    let gains: [Float]
    let weights: [Float]
    /// nil: each row for itself.
    private let stands: [Float]?
    let truncation: Int
    let sigma: Double
    let isNormalised: Bool
    /// By request: 1 / the best DCG there is.
    private let inverseIdeal: [Double]
    /// By rank from 0: 1 / log2(2 + rank).
    private let discount: [Double]

    init(_ examples: Examples, truncation: Int, sigma: Double = 1, isNormalised: Bool = true) {
        groups = examples.groups
        gains = examples.gains
        weights = examples.weights
        stands = examples.stands.allSatisfy { $0 == 1 } ? nil : examples.stands
        self.truncation = truncation
        self.sigma = sigma
        self.isNormalised = isNormalised
        let longest = zip(groups, groups.dropFirst()).map { $1 - $0 }.max() ?? 0
        let discount = (0..<longest).map { 1 / log2(Double($0) + 2) }
        self.discount = discount
        let gains = gains
        inverseIdeal = zip(groups, groups.dropFirst()).map { first, end in
            let best = gains[first..<end].sorted(by: >).prefix(truncation)
            let ideal = zip(best, discount).reduce(0.0) { $0 + Double($1.0) * $1.1 }
            return ideal > 0 ? 1 / ideal : 0
        }
    }

    var groupCount: Int { groups.count - 1 }

    private static let groupsPerPiece = 16

    /// Writes a gradient and a hessian for every row. Requests that `isUsed` leaves out get zeros.
    func fill(
        scores: SharedBuffer<Float>, isUsed: [Bool], gradient: SharedBuffer<Float>, hessian: SharedBuffer<Float>,
        threads: Int
    ) {
        let pieces = (groupCount + Self.groupsPerPiece - 1) / Self.groupsPerPiece
        Parallel.forEach(pieces, threads: threads, scratch: { Workspace() }) { piece, work in
            for group in piece * Self.groupsPerPiece..<min(groupCount, (piece + 1) * Self.groupsPerPiece) {
                let rows = groups[group]..<groups[group + 1]
                let out: UnsafeMutablePointer<Float> = gradient.pointer + rows.lowerBound
                let curve: UnsafeMutablePointer<Float> = hessian.pointer + rows.lowerBound
                if isUsed[group] {
                    add(group, scores.pointer + rows.lowerBound, &work)
                    for r in 0..<rows.count {
                        out[r] = Float(work.gradient[r])
                        curve[r] = Float(work.hessian[r])
                    }
                } else {
                    out.update(repeating: 0, count: rows.count)
                    curve.update(repeating: 0, count: rows.count)
                }
            }
        }
    }

    private struct Workspace {
        var order: [UInt64] = []
        /// By place in `order`, where rows stand for others.
        var discount: [Double] = []
        var gradient: [Double] = []
        var hessian: [Double] = []
    }

    private func add(_ group: Int, _ scores: UnsafePointer<Float>, _ work: inout Workspace) {
        let first = groups[group]
        let count = groups[group + 1] - first
        work.gradient = [Double](repeating: 0, count: count)
        work.hessian = [Double](repeating: 0, count: count)
        Self.rank(scores, count, into: &work.order)
        let inverse = inverseIdeal[group]
        let (best, worst) = (scores[Int(work.order[0] & 0xFFFF_FFFF)], scores[Int(work.order[count - 1] & 0xFFFF_FFFF)])
        let isSpread = isNormalised && best != worst
        let top = discounts(group, work.order, first: truncation, into: &work.discount)
        let discount = stands == nil ? discount : work.discount
        var size = 0.0
        for i in 0..<top {
            let a = Int(work.order[i] & 0xFFFF_FFFF)
            let gain: Float = gains[first + a]
            for j in (i + 1)..<max(count, i + 1) {
                let b = Int(work.order[j] & 0xFFFF_FFFF)
                let other: Float = gains[first + b]
                if gain == other { continue }
                let (high, low) = gain > other ? (a, b) : (b, a)
                let difference = Double(scores[high]) - Double(scores[low])
                var delta = Double(abs(gain - other)) * (discount[i] - discount[j]) * inverse
                if isSpread { delta /= 0.01 + abs(difference) }
                delta *= Double(weights[first + high])
                if let stands { delta *= Double(stands[first + high]) * Double(stands[first + low]) }
                let p = 1 / (1 + exp(sigma * difference))
                let slope = sigma * delta * p
                let curve = sigma * sigma * delta * p * (1 - p)
                work.gradient[high] -= slope
                work.gradient[low] += slope
                work.hessian[high] += curve
                work.hessian[low] += curve
                size += 2 * slope
            }
        }
        guard isNormalised, size > 0 else { return }
        let factor = log2(1 + size) / size
        for r in 0..<count {
            work.gradient[r] *= factor
            work.hessian[r] *= factor
        }
    }

    /// How many rows of an order stand among the first `k` candidates. Where rows stand for others, writes what a rank
    /// divides a gain by; otherwise that is ``discount``.
    private func discounts(_ group: Int, _ order: [UInt64], first k: Int, into result: inout [Double]) -> Int {
        guard let stands else { return min(k, order.count) }
        result.removeAll(keepingCapacity: true)
        var (before, top) = (0.0, 0)
        for entry in order {
            let own = Double(stands[groups[group] + Int(entry & 0xFFFF_FFFF)])
            let rank = before + (own - 1) / 2
            if rank < Double(k) { top += 1 }
            result.append(1 / log2(rank + 2))
            before += own
        }
        return top
    }

    /// Rows by falling score, ties by row; the row is in the low half.
    static func rank(_ scores: UnsafePointer<Float>, _ count: Int, into order: inout [UInt64]) {
        order.removeAll(keepingCapacity: true)
        for row in 0..<count {
            // Zero has two signs and one place.
            let bits = (scores[row] + 0).bitPattern
            let rising = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
            order.append(UInt64(~rising) << 32 | UInt64(row))
        }
        order.sort()
    }

    /// NDCG@k of each request in the order of these scores; 0 for a request whose gains are all 0.
    func ndcg(_ scores: SharedBuffer<Float>, at k: Int) -> [Double] {
        var (order, own): ([UInt64], [Double]) = ([], [])
        return (0..<groupCount).map { group in
            let rows = groups[group]..<groups[group + 1]
            Self.rank(scores.pointer + rows.lowerBound, rows.count, into: &order)
            let top = discounts(group, order, first: k, into: &own)
            func sum(_ gains: some Sequence<Float>, _ discount: [Double]) -> Double {
                zip(gains, discount).reduce(0) { $0 + Double($1.0) * $1.1 }
            }
            let ideal = sum(gains[rows].sorted(by: >).prefix(k), discount)
            guard ideal > 0 else { return 0 }
            let found = order.prefix(top).lazy.map { gains[rows.lowerBound + Int($0 & 0xFFFF_FFFF)] }
            return sum(found, stands == nil ? discount : own) / ideal
        }
    }

    /// Rounds to multiples of 2^-22 of the power of two above the largest: the sum of 2^31 such numbers is exact.
    static func quantise(_ values: SharedBuffer<Float>, threads: Int) {
        let rows = 65_536
        let pieces = (values.count + rows - 1) / rows
        let largest =
            Parallel.map(pieces, threads: threads) { piece -> Float in
                var largest: Float = 0
                for i in piece * rows..<min(values.count, (piece + 1) * rows) {
                    largest = max(largest, abs(values.pointer[i]))
                }
                return largest
            }.max() ?? 0
        guard largest > 1e-30, largest.isFinite else { return }
        let unit = Float(sign: .plus, exponent: largest.exponent + 1 - 22, significand: 1)
        Parallel.forEach(pieces, threads: threads) { piece in
            for i in piece * rows..<min(values.count, (piece + 1) * rows) {
                values.pointer[i] = (values.pointer[i] / unit).rounded(.toNearestOrEven) * unit
            }
        }
    }
}
