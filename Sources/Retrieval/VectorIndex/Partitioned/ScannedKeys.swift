import MagpieKernels

/// The keys of a scan that kept everything, counted by buckets, up to a growing end.
struct ScannedKeys {
    private let candidates: UnsafePointer<PartitionKernels.Candidate>
    private let shift: Int32
    /// A place that does not count.
    private let without: Int?
    private(set) var end = 0
    private var histogram = [Int32](repeating: 0, count: PartitionKernels.buckets)
    /// Keys in this bucket and above; known from `floor` on.
    private var above = [Int32](repeating: 0, count: PartitionKernels.buckets + 1)
    private var floor = 0
    /// The highest bucket that holds a key.
    private var top = 0

    init(candidates: UnsafePointer<PartitionKernels.Candidate>, shift: Int32, without: Int?) {
        self.candidates = candidates
        self.shift = shift
        self.without = without
    }

    /// Counts the keys up to an end.
    /// - Parameters:
    ///   - most: the lowest rank that ``key(ofRank:)`` will be asked for.
    ///   - unit: as ``counts(from:unit:least:into:at:)`` will have it: what lies deeper is not counted.
    mutating func extend(to newEnd: Int, most: Int, unit: Float) {
        guard newEnd > end else { return }
        let last = Int32(PartitionKernels.buckets - 1)
        var highest = Int32(top)
        histogram.withUnsafeMutableBufferPointer { histogram in
            for at in end..<newEnd {
                let bucket = min(max(candidates[at].key, 0) >> shift, last)
                highest = max(highest, bucket)
                histogram[Int(bucket)] &+= 1
            }
            if let without, without >= end, without < newEnd {
                histogram[Int(min(max(candidates[without].key, 0) >> shift, last))] -= 1
            }
            let reach: Float = Float(Calibration.margins) * unit / Float(1 << shift)
            let depth = reach < Float(last) ? Int(reach) + 2 : PartitionKernels.buckets
            above.withUnsafeMutableBufferPointer { above in
                var sum: Int32 = 0
                var bucket = Int(highest)
                var least = 0
                while bucket >= least {
                    sum &+= histogram[bucket]
                    above[bucket] = sum
                    if least == 0, Int(sum) >= most { least = max(bucket - depth, 0) }
                    bucket -= 1
                }
                floor = bucket + 1
            }
        }
        top = Int(highest)
        end = newEnd
    }

    /// The k-th greatest key, between the edges of its bucket by its place there; the least there is when there are
    /// not so many.
    func key(ofRank k: Int) -> Float {
        var low = floor
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
