import Foundation
import MagpieDomain
import MagpieKernels

/// Items dealt into P blocks of about equal frequency, anew each epoch: the P most frequent go to P different
/// blocks in random order, then the next P, and so on. So a block is a small picture of the catalogue, and noise
/// drawn from one block has nearly the distribution of noise drawn from all.
struct BlockDeal: Sendable {
    let blockCount: Int
    /// By item; items that are not in the corpus stand in block 0 and in no pair.
    let blockOf: [UInt32]
    /// By block.
    let noise: [SkipGramKernel.Noise]

    /// - Parameter ranked: the items of the corpus, most frequent first.
    init(ranked: [ItemIndex], counts: [Int64], options: SkipGramOptions, random: RandomSource) {
        var random = random
        let blockCount = max(1, min(options.blocks, ranked.count / 64))
        var blockOf = [UInt32](repeating: 0, count: counts.count)
        var members = [[ItemIndex]](repeating: [], count: blockCount)
        var order = (0..<blockCount).map { $0 }
        for (place, item) in ranked.enumerated() {
            if place % blockCount == 0 { random.shuffle(&order) }
            let block = order[place % blockCount]
            blockOf[Int(item)] = UInt32(block)
            members[block].append(item)
        }
        self.blockCount = blockCount
        self.blockOf = blockOf
        noise = members.map { rows in
            SkipGramKernel.Noise(
                rows: rows, weights: rows.map { pow(Double(counts[Int($0)]), options.noiseExponent) })
        }
    }
}

/// Pairs as they come from sentences: (input, output) in one word, and the bucket each belongs to.
struct PairList: Sendable {
    /// The first ``count`` are pairs; what lies behind is room.
    private(set) var pairs: [UInt64]
    private(set) var buckets: [UInt32]
    private(set) var count = 0
    /// By bucket.
    private(set) var counts: [Int]

    /// - Parameter room: for so many pairs before the first growth.
    init(bucketCount: Int, room: Int = 0) {
        pairs = [UInt64](repeating: 0, count: room)
        buckets = [UInt32](repeating: 0, count: room)
        counts = [Int](repeating: 0, count: bucketCount)
    }

    /// Where pairs are written without looking at bounds.
    struct Writer {
        fileprivate let pairs: UnsafeMutablePointer<UInt64>
        fileprivate let buckets: UnsafeMutablePointer<UInt32>
        fileprivate let counts: UnsafeMutablePointer<Int>
        fileprivate var count: Int

        @inline(__always) mutating func append(_ input: ItemIndex, _ output: ItemIndex, bucket: UInt32) {
            pairs[count] = UInt64(input) << 32 | UInt64(output)
            buckets[count] = bucket
            counts[Int(bucket)] += 1
            count += 1
        }
    }

    /// Lets `body` write up to `most` pairs.
    @inline(__always) mutating func write(atMost most: Int, _ body: (inout Writer) -> Void) {
        if count + most > pairs.count {
            let more = max(count + most, 2 * pairs.count) - pairs.count
            pairs.append(contentsOf: repeatElement(0, count: more))
            buckets.append(contentsOf: repeatElement(0, count: more))
        }
        let begin = count
        count = pairs.withUnsafeMutableBufferPointer { pairs in
            buckets.withUnsafeMutableBufferPointer { buckets in
                counts.withUnsafeMutableBufferPointer { counts in
                    guard let pairs = pairs.baseAddress, let buckets = buckets.baseAddress,
                        let counts = counts.baseAddress
                    else { return begin }
                    var writer = Writer(pairs: pairs, buckets: buckets, counts: counts, count: begin)
                    body(&writer)
                    return writer.count
                }
            }
        }
    }
}

/// The pairs of some sentences, partitioned by (block of the input, block of the output), in corpus order within a
/// bucket: a stable counting sort over slices that threads fill on their own.
struct PairChunk {
    let inputs: SharedBuffer<UInt32>
    let outputs: SharedBuffer<UInt32>
    /// Bucket (a, b) holds the pairs `begins[a * P + b] ..< begins[a * P + b + 1]`.
    let begins: [Int]

    static let sliceCount = 16

    /// - Parameters:
    ///   - sentences: places in the epoch's order.
    ///   - expected: about how many pairs there will be.
    ///   - pairs: appends the pairs of the sentences at those places.
    init(
        sentences: Range<Int>, blockCount: Int, expected: Int, threads: Int,
        pairs: @Sendable (Range<Int>, inout PairList) -> Void
    ) {
        let bucketCount = blockCount * blockCount
        let slices = Parallel.map(Self.sliceCount, threads: threads) { s in
            var slice = PairList(bucketCount: bucketCount, room: expected / Self.sliceCount * 5 / 4)
            let begin = sentences.lowerBound + sentences.count * s / Self.sliceCount
            let end = sentences.lowerBound + sentences.count * (s + 1) / Self.sliceCount
            pairs(begin..<end, &slice)
            return slice
        }
        var begins = [Int](repeating: 0, count: bucketCount + 1)
        var sliceBegins = [[Int]](repeating: [Int](repeating: 0, count: bucketCount), count: slices.count)
        var total = 0
        for bucket in 0..<bucketCount {
            begins[bucket] = total
            for s in slices.indices {
                sliceBegins[s][bucket] = total
                total += slices[s].counts[bucket]
            }
        }
        begins[bucketCount] = total
        let inputs = SharedBuffer<UInt32>(count: total, repeating: 0)
        let outputs = SharedBuffer<UInt32>(count: total, repeating: 0)
        let firsts = sliceBegins
        Parallel.forEach(slices.count, threads: threads) { s in
            var next = firsts[s]
            let slice = slices[s]
            slice.pairs.withUnsafeBufferPointer { pairs in
                slice.buckets.withUnsafeBufferPointer { buckets in
                    next.withUnsafeMutableBufferPointer { next in
                        for p in 0..<slice.count {
                            let bucket = Int(buckets[p])
                            let place = next[bucket]
                            next[bucket] = place + 1
                            inputs.pointer[place] = UInt32(truncatingIfNeeded: pairs[p] >> 32)
                            outputs.pointer[place] = UInt32(truncatingIfNeeded: pairs[p])
                        }
                    }
                }
            }
        }
        self.inputs = inputs
        self.outputs = outputs
        self.begins = begins
    }

    var count: Int { inputs.count }
}

/// A random order of `0 ..< count` that needs no memory: a Feistel network on the next even power of two, walked
/// until it falls into the range (Black and Rogaway 2002, "Ciphers with Arbitrary Finite Domains").
struct IndexOrder: Sendable {
    let count: Int
    private let halfBits: UInt64
    private let keys: [UInt64]

    init(count: Int, random: RandomSource) {
        var random = random
        self.count = count
        var halfBits: UInt64 = 1
        while 1 << (2 * halfBits) < count { halfBits += 1 }
        self.halfBits = halfBits
        keys = (0..<4).map { _ in random.next() }
    }

    subscript(place: Int) -> Int {
        precondition(place >= 0 && place < count, "place \(place) of \(count)")
        let mask: UInt64 = (1 << halfBits) - 1
        var value = UInt64(place)
        repeat {
            var left: UInt64 = value >> halfBits
            var right: UInt64 = value & mask
            for key in keys {
                var mixed: UInt64 = (right ^ key) &* 0x9E37_79B9_7F4A_7C15
                mixed ^= mixed >> 32
                mixed = mixed &* 0xD6E8_FEB8_6659_FD93
                (left, right) = (right, left ^ ((mixed >> 32) & mask))
            }
            value = left << halfBits | right
        } while value >= UInt64(count)
        return Int(value)
    }
}
