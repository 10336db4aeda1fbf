import Foundation
import MagpieDomain

/// Ranks (0 = largest) of values; equal values share the best of their ranks; NaN comes last.
func ranks(of values: [Float]) -> [Int] {
    var ranks = [Int](repeating: values.count { !$0.isNaN }, count: values.count)
    forEachRank(of: values) { ranks[$0] = $1 }
    return ranks
}

/// The places of values, the largest first; equal values stay in order, NaN comes last.
public func descendingOrder(of values: [Float]) -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(values.count)
    forEachRank(of: values) { place, _ in order.append(place) }
    if order.count < values.count { order += values.indices.filter { values[$0].isNaN } }
    return order
}

/// Calls `body` with the place and the rank of each value that is not NaN, the largest first.
private func forEachRank(of values: [Float], _ body: (_ place: Int, _ rank: Int) -> Void) {
    withUnsafeTemporaryAllocation(of: RankKey.self, capacity: 2 * values.count) { space in
        var keys = UnsafeMutableBufferPointer(rebasing: space[..<values.count])
        var spare = UnsafeMutableBufferPointer(rebasing: space[values.count...])
        var known = 0
        for (place, value) in values.enumerated() where !value.isNaN {
            keys[known] = RankKey(key: descending(value), place: UInt32(place))
            known += 1
        }
        RankKey.sort(&keys, &spare, count: known)
        var first = 0
        for rank in 0..<known {
            if rank > 0, keys[rank].key != keys[rank - 1].key { first = rank }
            body(Int(keys[rank].place), first)
        }
    }
}

/// A value to be ranked, as a number that is smaller for a larger one, and its place.
private struct RankKey {
    var key: UInt32
    var place: UInt32

    /// Sorts the first `count` by key, byte by byte from the last: a request has some fifty columns of hundreds to rank,
    /// and comparing takes three times as long. Bytes that all keys share are passed over.
    static func sort(
        _ keys: inout UnsafeMutableBufferPointer<RankKey>, _ spare: inout UnsafeMutableBufferPointer<RankKey>,
        count: Int
    ) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * 256) { counts in
            counts.initialize(repeating: 0)
            for at in 0..<count {
                for byte in 0..<4 { counts[256 * byte + keys[at].digit(byte)] += 1 }
            }
            for byte in 0..<4 {
                if count == 0 || counts[256 * byte + keys[0].digit(byte)] == count { continue }
                var end = 0
                for digit in 256 * byte..<256 * (byte + 1) {
                    let begin = end
                    end += counts[digit]
                    counts[digit] = begin
                }
                for at in 0..<count {
                    let digit = 256 * byte + keys[at].digit(byte)
                    spare[counts[digit]] = keys[at]
                    counts[digit] += 1
                }
                swap(&keys, &spare)
            }
        }
    }

    private func digit(_ byte: Int) -> Int { Int((key >> UInt32(8 * byte)) & 0xFF) }
}

/// Smaller for a larger value; 0 and -0 are equal.
private func descending(_ value: Float) -> UInt32 {
    let bits = (value + 0).bitPattern
    return bits >> 31 == 0 ? ~(bits | 0x8000_0000) : bits
}

extension FeatureColumns {
    /// Writes log(1 + rank) of each value among the candidates' (0 = largest) where it is known.
    func writeLogRanks(of values: [Float], at column: Int) {
        logs.withUnsafeBufferPointer { logs in
            forEachRank(of: values) { row, rank in
                self[row, column] = rank < logs.count ? logs[rank] : log1p(Float(rank))
            }
        }
    }

    /// Writes each value that is not negative as a share of the largest, where that is above 0.
    func writeSharesOfBest(of values: [Float], at column: Int) {
        var best: Float = 0
        for value in values where value > best { best = value }
        guard best > 0 else { return }
        for (row, value) in values.enumerated() where !value.isNaN {
            self[row, column] = max(-1, value / best)
        }
    }
}

/// log(1 + rank) of the ranks that candidates usually have.
private let logs: [Float] = (0..<4096).map { log1p(Float($0)) }
