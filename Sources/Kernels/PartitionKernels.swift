import CKernels

/// The inner loops of the partitioned vector index, see `CPartition.h` for what each computes to the bit. They take
/// whole blocks over pointers and check nothing.
public enum PartitionKernels {
    /// Vectors in a block of codes.
    public static let block = Int(MK_BLOCK)
    /// The largest entry of a lookup table.
    public static let largestEntry = Int(MK_TABLE_MOST)
    /// Readable bytes that must follow the last record.
    public static let recordSlack = Int(MK_RECORD_SLACK)
    public static let buckets = Int(MK_BUCKETS)
    /// Scores of partitions that ``recordScores(query:records:size:stored:positions:count:partitionScores:isFine:into:)``
    /// may look up: what 16 bits can name.
    public static let partitionLimit = 65_536

    public typealias Scan = mk_scan
    public typealias Candidate = mk_candidate
    public typealias RecordHead = mk_record

    /// Function pointers that never change.
    @usableFromInline nonisolated(unsafe) static let table: mk_partition_table = mk_partition().pointee

    /// "avx512", "avx2", "neon" or "scalar": what this machine runs.
    public static var instructionSet: String { String(cString: table.name) }

    /// Scores of `count` rows with all columns of `panels`.
    @inlinable public static func panelScores(
        rows: UnsafePointer<Float>, stride: Int, count: Int, dimension: Int, panels: UnsafePointer<Float>,
        panelCount: Int, bias: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        table.panel_scores(rows, stride, count, dimension, panels, panelCount, bias, out, outStride)
    }

    /// The best column of each of `count` rows.
    @inlinable public static func panelBest(
        rows: UnsafePointer<Float>, stride: Int, count: Int, dimension: Int, panels: UnsafePointer<Float>,
        panelCount: Int, bias: UnsafePointer<Float>, into best: UnsafeMutablePointer<UInt32>,
        scores: UnsafeMutablePointer<Float>? = nil
    ) {
        table.panel_best(rows, stride, count, dimension, panels, panelCount, bias, best, scores)
    }

    /// What one step of a table is worth, the sum of what was taken off, the sum of the ranges.
    public struct Tables {
        public var step: Float = 1
        public var low: Float = 0
        public var range: Float = 0
        @inlinable public init() {}
    }

    @inlinable public static func lookupTables(
        query: UnsafePointer<Float>, books: UnsafePointer<Float>, begins: UnsafePointer<UInt32>, subspaces: Int,
        leastStep: Float, work: UnsafeMutablePointer<Float>, into tables: UnsafeMutablePointer<UInt8>
    ) -> Tables {
        var result = Tables()
        table.lookup_tables(
            query, books, begins, subspaces, leastStep, work, tables, &result.step, &result.low, &result.range)
        return result
    }

    @inlinable public static func codeScan(
        _ scan: inout Scan, codes: UnsafePointer<UInt8>, biases: UnsafePointer<Int16>, first: Int, count: Int,
        base: Int32
    ) {
        table.code_scan(&scan, codes, biases, UInt32(truncatingIfNeeded: first), count, base)
    }

    @inlinable public static func recordScores(
        query: UnsafePointer<Float>, records: UnsafePointer<UInt8>, size: Int, stored: Int,
        positions: UnsafePointer<UInt32>, count: Int, partitionScores: UnsafePointer<Float>, isFine: Bool,
        into out: UnsafeMutablePointer<Float>
    ) {
        if isFine {
            table.record_scores_fine(query, records, size, stored, positions, count, partitionScores, out)
        } else {
            table.record_scores(query, records, size, stored, positions, count, partitionScores, out)
        }
    }

    /// Columns (centroids, codewords, queries) as panels of 16, those past `count` zeros: for `columns` floats
    /// `stride` apart.
    public static func panels(
        of columns: UnsafePointer<Float>, stride: Int, count: Int, dimension: Int
    ) -> [Float] {
        let panelCount = (count + 15) / 16
        var panels = [Float](repeating: 0, count: panelCount * 16 * dimension)
        panels.withUnsafeMutableBufferPointer { panels in
            guard let to = panels.baseAddress else { return }
            for c in 0..<count {
                let panel = to + (c / 16) * dimension * 16 + c % 16
                let column = columns + c * stride
                for j in 0..<dimension { panel[j * 16] = column[j] }
            }
        }
        return panels
    }
}
