import MagpieDomain
import MagpieKernels

/// One search over ``PartitionTables``, step by step. Everything lies in the workspace.
///
/// 1. The query as vectors see it; its coordinates along the axes; scores of all partitions, the best of them in order.
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

    /// Step 1, what depends on the query alone. False when it has no direction or no finite score: nothing is near it.
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
        return true
    }

    /// Step 1, what all partitions score.
    func scorePartitions() {
        if let projection = tables.projection {
            PartitionKernels.panelScores(
                rows: workspace.query.pointer, stride: tables.padded, count: 1, dimension: tables.dimension,
                panels: projection,
                panelCount: tables.axesPadded / 16, bias: tables.zeros, into: workspace.projected.pointer,
                outStride: tables.axesPadded)
        } else {
            for j in 0..<tables.dimension { workspace.projected.pointer[j] = workspace.query.pointer[j] }
        }
        PartitionKernels.panelScores(
            rows: workspace.projected.pointer, stride: tables.axesPadded, count: 1, dimension: tables.axes,
            panels: tables.centroids, panelCount: tables.panelCount, bias: tables.centroidBias,
            into: workspace.partitionScores.pointer, outStride: tables.panelCount * 16)
    }

    /// Step 1, the last part: the numbers of the partitions to scan, in the workspace, best first. Returns how many.
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
        for i in 0..<count {
            if i + 1 < count { scan.prefetch(workspace.order.pointer[i + 1]) }
            scan.add(workspace.order.pointer[i])
        }
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
        let record = tables.record
        PartitionKernels.recordScores(
            query: workspace.query.pointer, records: tables.records, size: record.size, stored: record.stored,
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

    /// The k best of some items by the vectors themselves, n x d, best first.
    func best(of items: [ItemIndex], by vectors: UnsafePointer<Float>, k: Int) -> [Scored] {
        workspace.reserve(candidates: items.count)
        let scores: UnsafeMutablePointer<Float> = workspace.scores.pointer
        let d = tables.dimension
        items.withUnsafeBufferPointer { items in
            guard let ids = items.baseAddress else { return }
            switch tables.metric {
            case .innerProduct:
                VectorKernels.scores(
                    query: workspace.query.pointer, rows: vectors, stride: d, at: ids, count: items.count,
                    dimension: d, into: scores)
            case .cosine:
                for i in 0..<items.count { scores[i] = cosine(vectors + Int(ids[i]) * d) }
            case .euclidean:
                guard let mean = tables.mean else { return }
                VectorKernels.squaredDistances(
                    query: workspace.query.pointer, mean: mean, rows: vectors, stride: d, at: ids, count: items.count,
                    dimension: d, work: workspace.difference.pointer, into: scores)
                for i in 0..<items.count { scores[i] = -scores[i] }
            }
        }
        let keys: UnsafeMutablePointer<UInt64> = workspace.keys.pointer
        var filled = 0
        for (i, item) in items.enumerated() where scores[i].isFinite {
            keys[filled] = RankedKey.key(scores[i], item)
            filled += 1
        }
        return RankedKey.sortFirst(k, of: UnsafeMutableBufferPointer(start: keys, count: filled)).map {
            Scored(item: RankedKey.item($0), score: RankedKey.score($0))
        }
    }

    private func cosine(_ vector: UnsafePointer<Float>) -> Float {
        let length = VectorKernels.dot(vector, vector, count: tables.dimension).squareRoot()
        return length > 0 ? VectorKernels.dot(workspace.query.pointer, vector, count: tables.dimension) / length : 0
    }
}
