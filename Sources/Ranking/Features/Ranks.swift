import Foundation
import MagpieDomain

/// Ranks (0 = largest) of values; equal values share the best of their ranks; NaN comes last.
func ranks(of values: [Float]) -> [Int] {
    // One integer a value, larger values first, then the place: integers sort without asking a closure.
    var keys: [UInt64] = []
    keys.reserveCapacity(values.count)
    for (place, value) in values.enumerated() where !value.isNaN {
        keys.append(UInt64(descending(value)) << 32 | UInt64(place))
    }
    keys.sort()
    var ranks = [Int](repeating: keys.count, count: values.count)
    var last: UInt64 = 0
    var first = 0
    for (rank, key) in keys.enumerated() {
        if rank == 0 || key >> 32 != last {
            last = key >> 32
            first = rank
        }
        ranks[Int(key & 0xFFFF_FFFF)] = first
    }
    return ranks
}

/// Smaller for a larger value; 0 and -0 are equal.
private func descending(_ value: Float) -> UInt32 {
    let bits = (value + 0).bitPattern
    return bits >> 31 == 0 ? ~(bits | 0x8000_0000) : bits
}

extension FeatureMatrix {
    /// Writes log(1 + rank) of each value among the candidates' (0 = largest) where it is known.
    mutating func writeLogRanks(of values: [Float], at column: Int) {
        for (row, rank) in ranks(of: values).enumerated() where !values[row].isNaN {
            self[row, column] = rank < logs.count ? logs[rank] : log1p(Float(rank))
        }
    }

    /// Writes each value that is not negative as a share of the largest, where that is above 0.
    mutating func writeSharesOfBest(of values: [Float], at column: Int) {
        var best: Float = 0
        for value in values where value > best { best = value }
        guard best > 0 else { return }
        for (row, value) in values.enumerated() where !value.isNaN { self[row, column] = max(-1, value / best) }
    }
}

/// log(1 + rank) of the ranks that candidates usually have.
private let logs: [Float] = (0..<4096).map { log1p(Float($0)) }
