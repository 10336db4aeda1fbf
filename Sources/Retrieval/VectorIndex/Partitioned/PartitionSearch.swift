import MagpieDomain
import MagpieKernels

/// How wide a search looks: partitions scanned, candidates scored again.
struct SearchWidth: Sendable, Hashable, Codable {
    var probes: Int
    var depth: Int
}

/// One search over ``PartitionTables``, step by step. Everything lies in the workspace.
///
/// 1. Coordinates along the axes; scores of all partitions, the best `probes` of them in order.
/// 2. Lookup tables of the query; the codes of those partitions, in registers: about `depth` survive.
/// 3. The survivors' records: int8, or 10 bits a coordinate. The k best of them.
struct PartitionSearch {
    let tables: PartitionTables
    let workspace: SearchWorkspace
    /// Weighs the biases: 1, or the query's length.
    private var biasWeight: Float = 1
    /// |q|^2
    private var squaredLength: Float = 0

    init(_ tables: PartitionTables, _ workspace: SearchWorkspace) {
        self.tables = tables
        self.workspace = workspace
    }

    /// Step 1, first half. False when the query has no direction or no finite score: nothing is near it.
    mutating func take(_ query: UnsafePointer<Float>) -> Bool {
        let d = tables.dimension
        let own = workspace.query.pointer
        var sum: Float = 0
        for j in 0..<d {
            own[j] = query[j]
            sum += query[j] * query[j]
        }
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

    /// Step 1, second half: the numbers of the `probes` best partitions, best first to a thousandth of the range;
    /// equal ones in their own order.
    func orderPartitions(probes: Int) -> Int {
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

    /// Step 2: scans the `probes` first partitions of the order. Candidates are in the workspace, at least `wanted` if
    /// there are so many; returns their number. `excluded` has a bit an item.
    func scan(probes: Int, wanted: Int, excluded: UnsafePointer<UInt64>?) -> (kept: Int, scanned: Int) {
        workspace.reserve(wanted: wanted)
        let scores: UnsafeMutablePointer<Float> = workspace.partitionScores.pointer
        let order: UnsafeMutablePointer<UInt32> = workspace.order.pointer
        var low = Float.infinity
        var high = -Float.infinity
        for i in 0..<probes {
            low = min(low, scores[Int(order[i])])
            high = max(high, scores[Int(order[i])])
        }
        guard low <= high, (high - low).isFinite else { return (0, 0) }
        let biasStep: Float = tables.biasScale * biasWeight
        let leastStep: Float = max(2.001 * biasStep, (high - low) / 0x1p20)
        let made = PartitionKernels.lookupTables(
            query: workspace.projected.pointer, books: tables.books, begins: tables.begins,
            subspaces: tables.subspaces, leastStep: leastStep, work: workspace.tableWork.pointer,
            into: workspace.tables.pointer)
        guard made.step.isFinite, made.step > 0, made.range.isFinite else { return (0, 0) }
        let factor = Int16(min(max((biasStep / made.step * 65_536).rounded(), 0), 32_767))
        let leastBias: Int = (Int(tables.biasRange.lowerBound) * Int(factor)) >> 16
        let mostBias: Int = (Int(tables.biasRange.upperBound) * Int(factor)) >> 16
        let most: Float = (high - low) / made.step + made.range / made.step + Float(tables.subspaces)
        var shift: Int32 = 0
        while Int(most) + mostBias - leastBias >= PartitionKernels.buckets << Int(shift) { shift += 1 }

        let histogram: UnsafeMutablePointer<UInt16> = workspace.histogram.pointer
        for b in 0..<PartitionKernels.buckets { histogram[b] = 0 }
        var scan = PartitionKernels.Scan(
            tables: workspace.tables.pointer, subspaces: tables.subspaces, bias_factor: factor,
            bias_offset: Int16(clamping: -leastBias), excluded: excluded, items: tables.items,
            wanted: UInt32(wanted), shift: shift, threshold: .min, bucket: 0, above: 0, histogram: histogram,
            candidates: workspace.candidates.pointer, count: 0, capacity: workspace.candidates.count)
        var scanned = 0
        let blockBytes: Int = PartitionKernels.block * tables.subspaces / 2
        for i in 0..<probes {
            let p = Int(order[i])
            let first = Int(tables.firsts[p])
            let count = Int(tables.firsts[p + 1]) - first
            let block = Int(tables.blocks[p])
            let steps: Float = (scores[p] - low) / made.step
            PartitionKernels.codeScan(
                &scan, codes: tables.codes + block * blockBytes, biases: tables.biases + block * PartitionKernels.block,
                first: first, count: count, base: Int32(steps.rounded()))
            scanned += count
        }
        // What fell out of the wanted buckets since it was kept. (The threshold may be one bucket higher, where one
        // bucket alone holds far more than is wanted.)
        let least: Int32 = scan.bucket == 0 ? .min : Int32(scan.bucket) << shift
        let candidates: UnsafeMutablePointer<PartitionKernels.Candidate> = workspace.candidates.pointer
        var kept = 0
        for i in 0..<scan.count where candidates[i].key >= least {
            candidates[kept] = candidates[i]
            kept += 1
        }
        return (kept, scanned)
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
        for i in 0..<count where !scores[i].isNaN {
            keys[filled] = RankedKey.key(scores[i], tables.items[Int(positions[i])])
            filled += 1
        }
        let top = RankedKey.sortFirst(k, of: UnsafeMutableBufferPointer(start: keys, count: filled))
        return top.map { key in
            var score = RankedKey.score(key)
            if tables.metric == .euclidean { score = min(2 * score - squaredLength, 0) }
            return Scored(item: RankedKey.item(key), score: score)
        }
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
