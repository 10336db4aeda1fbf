import MagpieDomain
import MagpieKernels

/// One search over ``PartitionTables``, step by step. Everything lies in the workspace.
///
/// 1. Coordinates along the axes; scores of all partitions, the best `probes` of them in order.
/// 2. Lookup tables of the query; the codes of those partitions, in registers: about `depth` survive.
/// 3. The survivors' records: int8, or 10 bits a coordinate. The k best of them.
struct PartitionSearch {
    let tables: PartitionTables
    let workspace: SearchWorkspace
    /// Weighs the biases: 1, or the query's length.
    private(set) var biasWeight: Float = 1
    /// |q|^2
    private var squaredLength: Float = 0

    init(_ tables: PartitionTables, _ workspace: SearchWorkspace) {
        self.tables = tables
        self.workspace = workspace
    }

    /// Step 1, first half. False when the query has no direction or no finite score: nothing is near it.
    /// - Parameter isCentred: the mean was subtracted already.
    mutating func take(_ query: UnsafePointer<Float>, isCentred: Bool = false) -> Bool {
        let d = tables.dimension
        let own = workspace.query.pointer
        if let mean = tables.mean, !isCentred {
            for j in 0..<d { own[j] = query[j] - mean[j] }
        } else {
            for j in 0..<d { own[j] = query[j] }
        }
        let sum = VectorKernels.dot(own, own, count: d)
        guard sum.isFinite else { return false }
        squaredLength = sum
        switch tables.metric {
        case .euclidean: biasWeight = 1
        case .innerProduct: biasWeight = sum.squareRoot()
        case .cosine:
            guard sum > 0 else { return false }
            let length = sum.squareRoot()
            for j in 0..<d { own[j] /= length }
            biasWeight = 1
        }
        if let projection = tables.projection {
            PartitionKernels.panelScores(
                rows: own, stride: tables.padded, count: 1, dimension: d, panels: projection,
                panelCount: tables.axesPadded / 16, bias: tables.zeros, into: workspace.projected.pointer,
                outStride: tables.axesPadded)
        } else {
            for j in 0..<d { workspace.projected.pointer[j] = own[j] }
        }
        PartitionKernels.panelScores(
            rows: workspace.projected.pointer, stride: tables.axesPadded, count: 1, dimension: tables.axes,
            panels: tables.centroids, panelCount: tables.panelCount, bias: tables.centroidBias,
            into: workspace.partitionScores.pointer, outStride: tables.panelCount * 16)
        return true
    }

    /// Step 1, second half: the numbers of the partitions to scan, in the workspace, best first. Returns how many.
    func choosePartitions(_ width: SearchWidth) -> Int {
        width.gap == SearchWidth.anyGap
            ? orderPartitions(width.probes) : partitions(within: width.gap * biasWeight, most: width.probes)
    }

    /// Those whose score lies at most `gap` below the best.
    private func partitions(within gap: Float, most: Int) -> Int {
        let scores: UnsafeMutablePointer<Float> = workspace.partitionScores.pointer
        // Past the last partition scores are minus infinity.
        var top = SIMD16<Float>(repeating: -.infinity)
        let raw = UnsafeRawPointer(scores)
        for panel in 0..<tables.panelCount {
            let part = raw.loadUnaligned(fromByteOffset: panel * 64, as: SIMD16<Float>.self)
            top.replace(with: part, where: part .> top)
        }
        let cut: Float = top.max() - gap
        let order: UnsafeMutablePointer<UInt32> = workspace.order.pointer
        var count = 0
        for panel in 0..<tables.panelCount {
            let part = raw.loadUnaligned(fromByteOffset: panel * 64, as: SIMD16<Float>.self)
            if !any(part .>= cut) { continue }
            for p in panel * 16..<min(panel * 16 + 16, tables.partitions) where scores[p] >= cut {
                order[count] = UInt32(truncatingIfNeeded: p)
                count += 1
            }
        }
        guard count <= 48, count <= most else { return orderPartitions(min(count, most)) }
        for i in 1..<max(count, 1) {
            let p = order[i]
            let score: Float = scores[Int(p)]
            var j = i
            while j > 0, scores[Int(order[j - 1])] < score {
                order[j] = order[j - 1]
                j -= 1
            }
            order[j] = p
        }
        return count
    }

    /// The `probes` best partitions, best first to a thousandth of the range; equal ones in their own order.
    func orderPartitions(_ probes: Int) -> Int {
        let scores: UnsafeMutablePointer<Float> = workspace.partitionScores.pointer
        let n = tables.partitions
        var low = Float.infinity
        var high = -Float.infinity
        for p in 0..<n {
            low = min(low, scores[p])
            high = max(high, scores[p])
        }
        let last = SearchWorkspace.orderBuckets - 1
        let range: Float = high - low
        let factor: Float = range > 0 && range.isFinite ? Float(last) / range : 0
        let counts: UnsafeMutablePointer<UInt32> = workspace.buckets.pointer
        for b in 0...last + 1 { counts[b] = 0 }
        // A score that is no number (a damaged file) goes to the last bucket.
        func bucket(_ p: Int) -> Int {
            let place: Float = (high - scores[p]) * factor
            return place >= 0 && place < Float(last) ? Int(place) : (place < 0 ? 0 : last)
        }
        for p in 0..<n { counts[bucket(p) + 1] += 1 }
        var cut = 0
        var total = 0
        while cut <= last {
            total += Int(counts[cut + 1])
            counts[cut + 1] = UInt32(total)
            cut += 1
            if total >= probes { break }
        }
        let order: UnsafeMutablePointer<UInt32> = workspace.order.pointer
        for p in 0..<n {
            let b = bucket(p)
            guard b < cut else { continue }
            order[Int(counts[b])] = UInt32(truncatingIfNeeded: p)
            counts[b] += 1
        }
        return min(probes, total)
    }

    /// Step 2: scans the first `count` partitions of the order. The candidates for the k best are in the workspace;
    /// returns their number.
    func scan(_ count: Int, k: Int, margin: Float, excluded: UnsafePointer<UInt64>?) -> Int {
        guard var scan = CodeScan(self, first: count, k: k, margin: margin, excluded: excluded) else { return 0 }
        for i in 0..<count { scan.add(workspace.order.pointer[i]) }
        return scan.finish()
    }

    /// Step 3 over the candidates in the workspace: the k best as (score, item), best first.
    func best(of kept: Int, k: Int) -> [Scored] {
        let candidates: UnsafeMutablePointer<PartitionKernels.Candidate> = workspace.candidates.pointer
        for i in 0..<kept { workspace.positions.pointer[i] = candidates[i].position }
        return bestPositions(kept, k: k)
    }

    /// The k best of the first `count` positions in the workspace.
    func bestPositions(_ count: Int, k: Int) -> [Scored] {
        let scores: UnsafeMutablePointer<Float> = workspace.scores.pointer
        let positions: UnsafeMutablePointer<UInt32> = workspace.positions.pointer
        PartitionKernels.recordScores(
            query: workspace.query.pointer, records: tables.records, size: tables.recordSize, padded: tables.padded,
            positions: positions, count: count, partitionScores: workspace.partitionScores.pointer,
            isFine: tables.isFine, into: scores)
        let keys: UnsafeMutablePointer<UInt64> = workspace.keys.pointer
        var filled = 0
        for i in 0..<count where scores[i].isFinite {
            keys[filled] = RankedKey.key(scores[i], tables.items[Int(positions[i])])
            filled += 1
        }
        let top = RankedKey.sortFirst(k, of: UnsafeMutableBufferPointer(start: keys, count: filled))
        guard tables.metric == .euclidean else {
            return top.map { Scored(item: RankedKey.item($0), score: RankedKey.score($0)) }
        }
        // Scores that differed may be equal as distances: then the smaller item comes first again.
        let answers = top.map {
            Scored(item: RankedKey.item($0), score: min(2 * RankedKey.score($0) - squaredLength, 0))
        }
        let isOrdered = zip(answers, answers.dropFirst()).allSatisfy { $0 < $1 }
        return isOrdered ? answers : answers.sorted()
    }

    /// The score that partitions and codes speak of, from one that was given out.
    func inner(_ score: Float) -> Float { tables.metric == .euclidean ? (score + squaredLength) / 2 : score }

    /// The score of a vector itself.
    func score(of vector: UnsafePointer<Float>) -> Float {
        let query = workspace.query.pointer
        switch tables.metric {
        case .innerProduct: return VectorKernels.dot(query, vector, count: tables.dimension)
        case .cosine:
            let length = VectorKernels.dot(vector, vector, count: tables.dimension).squareRoot()
            return length > 0 ? VectorKernels.dot(query, vector, count: tables.dimension) / length : 0
        case .euclidean:
            guard let mean = tables.mean else { return .nan }
            var sum: Float = 0
            for j in 0..<tables.dimension {
                let difference: Float = query[j] - (vector[j] - mean[j])
                sum += difference * difference
            }
            return -sum
        }
    }
}

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

/// A score and an item in 64 bits that sort like ``Scored``: best first, of equals the smaller item.
enum RankedKey {
    @inline(__always) static func key(_ score: Float, _ item: UInt32) -> UInt64 {
        let bits: UInt32 = (score + 0).bitPattern  // -0 becomes 0
        let ascending: UInt32 = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
        return UInt64(~ascending) << 32 | UInt64(item)
    }

    @inline(__always) static func item(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

    @inline(__always) static func score(_ key: UInt64) -> Float {
        let ascending: UInt32 = ~UInt32(truncatingIfNeeded: key >> 32)
        return Float(bitPattern: ascending & 0x8000_0000 != 0 ? ascending & 0x7FFF_FFFF : ~ascending)
    }

    /// The k smallest keys, sorted (Hoare's selection, then sorting what is left).
    static func sortFirst(_ k: Int, of keys: UnsafeMutableBufferPointer<UInt64>) -> UnsafeMutableBufferPointer<UInt64> {
        guard k > 0, let base = keys.baseAddress else { return UnsafeMutableBufferPointer(rebasing: keys[0..<0]) }
        let wanted = min(k, keys.count)
        var low = 0
        var high = keys.count - 1
        while wanted < keys.count, high - low > 16 {
            let a: UInt64 = base[low]
            let b: UInt64 = base[(low + high) / 2]
            let c: UInt64 = base[high]
            let pivot: UInt64 = max(min(a, b), min(max(a, b), c))
            var i = low
            var j = high
            while i <= j {
                while base[i] < pivot { i += 1 }
                while base[j] > pivot { j -= 1 }
                if i <= j {
                    let value: UInt64 = base[i]
                    base[i] = base[j]
                    base[j] = value
                    i += 1
                    j -= 1
                }
            }
            if wanted - 1 <= j { high = j } else if wanted - 1 >= i { low = i } else { break }
        }
        let ends = min(max(high + 1, wanted), keys.count)
        var part = UnsafeMutableBufferPointer(rebasing: keys[0..<ends])
        if ends <= 48 { insertionSort(base, ends) } else { part.sort() }
        part = UnsafeMutableBufferPointer(rebasing: keys[0..<wanted])
        return part
    }

    @inline(__always) private static func insertionSort(_ keys: UnsafeMutablePointer<UInt64>, _ count: Int) {
        for i in 1..<max(count, 1) {
            let value: UInt64 = keys[i]
            var j = i
            while j > 0, keys[j - 1] > value {
                keys[j] = keys[j - 1]
                j -= 1
            }
            keys[j] = value
        }
    }
}
