/// Draws from a fixed discrete distribution in constant time (Vose 1991, "A Linear Algorithm for Generating
/// Random Numbers with a Given Distribution"): slot s stays s with probability `threshold[s] / 2^32`, else it
/// becomes `alias[s]`. Probabilities are rounded to 2^-32 of a slot.
public struct AliasTable: Sendable {
    public private(set) var threshold: [UInt32]
    public private(set) var alias: [UInt32]

    /// - Parameter weights: what is not above 0 counts as 0; a sum of 0 or infinity gives the uniform distribution.
    public init(_ weights: [Double]) {
        let weights: [Double] = weights.map { $0 > 0 ? $0 : 0 }
        let count = weights.count
        threshold = [UInt32](repeating: .max, count: count)
        alias = (0..<UInt32(count)).map { $0 }
        let total: Double = weights.reduce(0, +)
        guard count > 0, total > 0, total.isFinite else { return }
        var share: [Double] = weights.map { $0 / total * Double(count) }
        var small: [Int] = []
        var large: [Int] = []
        for slot in share.indices {
            if share[slot] < 1 { small.append(slot) } else { large.append(slot) }
        }
        while let low = small.popLast(), let high = large.last {
            threshold[low] = UInt32(min(share[low] * 0x1p32, 0x1p32 - 1))
            alias[low] = UInt32(high)
            share[high] -= 1 - share[low]
            if share[high] < 1 {
                large.removeLast()
                small.append(high)
            }
        }
        // What rounding leaves over in either list is a full slot, as initialised: threshold 2^32 - 1, own alias.
    }

    public var count: Int { alias.count }

    /// One draw takes one random number.
    @inlinable public func draw(using random: inout RandomSource) -> Int {
        precondition(!alias.isEmpty, "a draw from nothing")
        let bits: UInt64 = random.next()
        let slot = Int(((bits >> 32) &* UInt64(alias.count)) >> 32)
        return UInt32(truncatingIfNeeded: bits) < threshold[slot] ? slot : Int(alias[slot])
    }
}
