import MagpieKernels

/// The keys of a scan that kept everything, counted by buckets, up to a growing end.
struct ScannedKeys {
    private let candidates: UnsafePointer<PartitionKernels.Candidate>
    private let shift: Int32
    /// A place that does not count.
    private let without: Int?
    private(set) var end = 0
    private var histogram = [Int32](repeating: 0, count: PartitionKernels.buckets)
    /// Keys in this bucket and above.
    private var above = [Int32](repeating: 0, count: PartitionKernels.buckets + 1)

    init(candidates: UnsafePointer<PartitionKernels.Candidate>, shift: Int32, without: Int?) {
        self.candidates = candidates
        self.shift = shift
        self.without = without
    }

    mutating func extend(to newEnd: Int) {
        guard newEnd > end else { return }
        let last = Int32(PartitionKernels.buckets - 1)
        histogram.withUnsafeMutableBufferPointer { histogram in
            for at in end..<newEnd { histogram[Int(min(max(candidates[at].key, 0) >> shift, last))] += 1 }
            if let without, without >= end, without < newEnd {
                histogram[Int(min(max(candidates[without].key, 0) >> shift, last))] -= 1
            }
            above.withUnsafeMutableBufferPointer { above in
                // Four sums at once: one waits for its own last addition at each step.
                let quarter = PartitionKernels.buckets / 4
                var totals = SIMD4<Int32>()
                for b in 0..<quarter { for q in 0..<4 { totals[q] &+= histogram[q * quarter + b] } }
                var sums = SIMD4(
                    totals[1] &+ totals[2] &+ totals[3], totals[2] &+ totals[3], totals[3], 0)
                for b in stride(from: quarter - 1, through: 0, by: -1) {
                    for q in 0..<4 {
                        sums[q] &+= histogram[q * quarter + b]
                        above[q * quarter + b] = sums[q]
                    }
                }
            }
        }
        end = newEnd
    }

    /// The k-th greatest key, between the edges of its bucket by its place there; the least there is when there are
    /// not so many.
    func key(ofRank k: Int) -> Float {
        var low = 0
        var high = PartitionKernels.buckets
        while high - low > 1 {  // the greatest bucket at and above which there are k
            let middle = (low + high) / 2
            if Int(above[middle]) >= k { low = middle } else { high = middle }
        }
        let inside = Float(max(histogram[low], 1))
        let place = Float(min(max(k - Int(above[low + 1]), 0), Int(histogram[low]))) / inside
        return (Float(low) + 1 - place) * Float(1 << shift)
    }

    /// How many keys reach `key`, `key - unit`, `key - 2 unit` ...: one of each margin from a place on, no fewer than
    /// `least`.
    func counts(from key: Float, unit: Float, least: Int, into counts: inout [Int], at begin: Int) {
        let factor: Float = 1 / Float(1 << shift)
        above.withUnsafeBufferPointer { above in
            counts.withUnsafeMutableBufferPointer { counts in
                for m in 0..<Calibration.margins {
                    let bucket: Float = max(key - Float(m) * unit, 0) * factor
                    let whole = min(Int(min(bucket, 1e6)), PartitionKernels.buckets - 1)
                    let part: Float = min(max(bucket - Float(whole), 0), 1)
                    let inside = Float(above[whole] - above[whole + 1])
                    counts[begin + m] = max(Int(above[whole + 1]) + Int((1 - part) * inside), least)
                }
            }
        }
    }
}
