import MagpieKernels

/// A scan of codes, list after list.
struct CodeScan {
    private let tables: PartitionTables
    private let workspace: SearchWorkspace
    private var scan: PartitionKernels.Scan
    private let low: Float
    let step: Float
    /// The score of key 0.
    private let zero: Float
    private(set) var scanned = 0
    /// The most that may be wanted, see `mk_scan`, and what it has room for.
    static let mostWanted = 24_000
    private static let room = 65_536

    /// For the first `count` partitions of the workspace's order. nil when the query's scores are not finite.
    /// - Parameter k: nil: everything is kept.
    init?(
        _ search: PartitionSearch, first count: Int, k: Int?, margin: Float, excluded: UnsafePointer<UInt64>?,
        room: Int = room
    ) {
        tables = search.tables
        workspace = search.workspace
        let wanted = k.map { min($0, Self.mostWanted) }
        workspace.reserve(candidates: max(4 * (wanted ?? 0) + 1_024, min(room, tables.count + 64)))
        let scores: UnsafeMutablePointer<Float> = workspace.partitionScores.pointer
        let order: UnsafeMutablePointer<UInt32> = workspace.order.pointer
        var low = Float.infinity
        var high = -Float.infinity
        for i in 0..<count {
            low = min(low, scores[Int(order[i])])
            high = max(high, scores[Int(order[i])])
        }
        guard low <= high, (high - low).isFinite else { return nil }
        let biasStep: Float = tables.biasScale * search.biasWeight
        // Biases fit into 15 bits of steps, and the distance of the partitions into 20.
        let leastStep: Float = max(2.001 * biasStep, (high - low) / 0x1p20)
        let made = PartitionKernels.lookupTables(
            query: workspace.projected.pointer, books: tables.books, begins: tables.begins,
            subspaces: tables.subspaces, leastStep: leastStep, work: workspace.tableWork.pointer,
            into: workspace.tables.pointer)
        guard made.step.isFinite, made.step > 0, made.range.isFinite else { return nil }
        let factor = Int16(min(max((biasStep / made.step * 65_536).rounded(), 0), 32_767))
        let leastBias: Int = (Int(tables.biasRange.lowerBound) * Int(factor)) >> 16
        let mostBias: Int = (Int(tables.biasRange.upperBound) * Int(factor)) >> 16
        let most: Float = (high - low) / made.step + made.range / made.step + Float(tables.subspaces)
        var shift: Int32 = 0
        while Int(most) + mostBias - leastBias >= PartitionKernels.buckets << Int(shift) { shift += 1 }
        let histogram: UnsafeMutablePointer<UInt16> = workspace.histogram.pointer
        histogram.update(repeating: 0, count: PartitionKernels.buckets)
        self.low = low
        step = made.step
        zero = low + made.low + tables.biasMiddle * search.biasWeight + Float(leastBias) * made.step
        scan = PartitionKernels.Scan(
            tables: workspace.tables.pointer, subspaces: tables.subspaces, bias_factor: factor,
            bias_offset: Int16(clamping: -leastBias), excluded: excluded, items: tables.items,
            wanted: UInt32(clamping: wanted ?? .max), shift: shift, threshold: .min, bucket: 0, above: 0,
            histogram: histogram, candidates: workspace.candidates.pointer, count: 0,
            capacity: workspace.candidates.count,
            margin: Int32(min(max(margin * search.biasWeight / made.step, 0), 0x1p28).rounded(.up)))
    }

    /// Candidates kept so far.
    var count: Int { scan.count }
    var shift: Int32 { scan.shift }
    /// Whether everything is still kept.
    var isOpen: Bool { scan.threshold == .min }

    /// What a key says about a score.
    func score(ofKey key: Int32) -> Float { Float(key) * step + zero }

    /// The score that the k best so far reach, by their codes, to a bucket's precision; nil when there are not so many.
    func score(ofRank k: Int) -> Float? {
        var count = 0
        var bucket = PartitionKernels.buckets - 1
        while bucket >= 0 {
            count += Int(workspace.histogram.pointer[bucket])
            if count >= k { return score(ofKey: Int32(bucket) << scan.shift) }
            bucket -= 1
        }
        return nil
    }

    /// Asks for the beginning of a list while another is scanned: the processor foresees only what follows, and lists are short.
    func prefetch(_ partition: UInt32) {
        let p = Int(partition)
        let block = Int(tables.blocks[p])
        let bytes: Int = PartitionKernels.block * tables.subspaces / 2
        MagpieKernels.prefetch(tables.codes + block * bytes, count: bytes)
        MagpieKernels.prefetch(tables.biases + block * PartitionKernels.block, count: PartitionKernels.block)
        MagpieKernels.prefetch(tables.items + Int(tables.firsts[p]))
    }

    mutating func add(_ partition: UInt32) {
        let p = Int(partition)
        let first = Int(tables.firsts[p])
        let count = Int(tables.firsts[p + 1]) - first
        let block = Int(tables.blocks[p])
        let steps: Float = (workspace.partitionScores.pointer[p] - low) / step
        PartitionKernels.codeScan(
            &scan, codes: tables.codes + block * (PartitionKernels.block * tables.subspaces / 2),
            biases: tables.biases + block * PartitionKernels.block, first: first, count: count,
            base: Int32(min(max(steps, -0x1p28), 0x1p28).rounded()))
        scanned += count
    }

    /// Drops candidates that fell below the margin since they were kept; returns how many are left.
    func finish() -> Int {
        // (The threshold may be one bucket higher, where one bucket alone holds far more than is wanted.)
        let least: Int32 = scan.bucket == 0 ? .min : (Int32(scan.bucket) << scan.shift) - scan.margin
        let candidates: UnsafeMutablePointer<PartitionKernels.Candidate> = workspace.candidates.pointer
        var kept = 0
        for i in 0..<scan.count where candidates[i].key >= least {
            candidates[kept] = candidates[i]
            kept += 1
        }
        return kept
    }
}
