import CKernels

/// One bucket of skip-gram pairs, trained in order by one thread: see `mk_table.skip_gram` in `CKernels.h`.
public enum SkipGramKernel {
    /// Pairs that share their noise.
    public static let pairsAtOnce = 16

    /// Rows as wide as this hold `dimension` floats and a padding of zeros: whole cache lines.
    public static func stride(for dimension: Int) -> Int { (dimension + 15) / 16 * 16 }

    /// Floats of scratch for rows of that stride.
    public static func workCount(stride: Int) -> Int {
        (3 * pairsAtOnce + Int(MK_NOISE_AT_ONCE)) * stride + pairsAtOnce * Int(MK_NOISE_AT_ONCE)
    }

    /// Noise for negative samples: `rows[slot]` with the probability of `slot` in `table`.
    public struct Noise: Sendable {
        public let rows: [UInt32]
        public let table: AliasTable

        public init(rows: [UInt32], weights: [Double]) {
            precondition(rows.count == weights.count)
            self.rows = rows
            table = AliasTable(weights)
        }
    }

    /// - Parameters:
    ///   - input, output: rows of `stride` floats, of which those from `dimension` on are zero; all pairs and noise
    ///     rows lie within.
    ///   - inputs, outputs: `count` pairs, seen together.
    ///   - work: scratch of ``workCount(stride:)`` floats.
    public static func train(
        input: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>, stride: Int, dimension: Int,
        inputs: UnsafePointer<UInt32>, outputs: UnsafePointer<UInt32>, count: Int, rate: Float, negatives: Int,
        noise: Noise, random: UInt64, work: UnsafeMutablePointer<Float>
    ) {
        precondition(stride % 16 == 0 && dimension <= stride, "a stride of \(stride) floats for \(dimension)")
        noise.rows.withUnsafeBufferPointer { rows in
            noise.table.threshold.withUnsafeBufferPointer { threshold in
                noise.table.alias.withUnsafeBufferPointer { alias in
                    var bucket = mk_skip_gram_bucket(
                        in: input, out: output, stride: stride, dimension: dimension, work: work, inputs: inputs,
                        outputs: outputs, count: count, rate: rate, negatives: UInt32(negatives),
                        noise_count: UInt32(rows.count), noise_rows: rows.baseAddress,
                        noise_threshold: threshold.baseAddress, noise_alias: alias.baseAddress, random: random)
                    mk_skip_gram(&bucket)
                }
            }
        }
    }
}
