import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

extension PartitionedIndex {
    /// What was built.
    public struct Report: Codable, Sendable, Hashable {
        public var count: Int
        public var partitions: Int
        public var axes: Int
        public var subspaces: Int
        public var bytes: Int
        /// The weights of a code's error along its centroid and along its own residual.
        public var errorWeights: [Double]
        /// Seconds of each stage.
        public var seconds: [String: Double]
    }

    /// Builds an index; the same bytes for any number of threads.
    ///
    /// - Parameters:
    ///   - vectors: N x d; row numbers are the items.
    ///   - present: the rows to index, a set over all N; nil: all.
    ///   - queries: held-out queries like those that will be asked, for calibration; nil: rows of the index, each looked
    ///     for without itself.
    /// - Throws: ``VectorIndexError`` for vectors that cannot be indexed, ``ArtifactError`` when it cannot be written.
    public static func build(
        _ vectors: VectorSet, present: ItemSet? = nil, metric: VectorMetric, queries: VectorSet? = nil,
        options: PartitionedIndexOptions = .init(), seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> Report {
        try vectors.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { throw VectorIndexError.noVectors(name: vectors.name) }
            let builder = try PartitionedIndexBuilder(
                base: base, vectors: vectors, present: present, metric: metric, options: options, seed: seed,
                threads: threads)
            return try builder.build(queries: queries, progress: progress, to: url)
        }
    }
}

/// The steps of a build, in order; see ``PartitionedIndex`` for what they make.
struct PartitionedIndexBuilder {
    let name: String
    let metric: VectorMetric
    let options: PartitionedIndexOptions
    let seed: UInt64
    let threads: Int
    let itemCount: Int
    /// The rows that are indexed, ascending.
    let ids: [UInt32]
    /// As inner products see them: of unit length for the cosine. Row i of the index is row ids[i] of `rows`.
    let rows: SharedRows
    /// For L2 what was subtracted from every row.
    let mean: [Float]?
    let d: Int
    let axes: Int
    var stride: Int { (axes + 15) / 16 * 16 }

    init(
        base: UnsafePointer<Float>, vectors: VectorSet, present: ItemSet?, metric: VectorMetric,
        options: PartitionedIndexOptions, seed: UInt64, threads: Int
    ) throws {
        name = vectors.name
        self.metric = metric
        self.options = options
        self.seed = seed
        self.threads = threads
        precondition(present.map { $0.itemCount == vectors.count } ?? true, "a set over other items")
        itemCount = vectors.count
        d = vectors.dimension
        ids = present.map { $0.items } ?? (0..<UInt32(vectors.count)).map { $0 }
        guard !ids.isEmpty else { throw VectorIndexError.noVectors(name: name) }
        guard vectors.count < Int(Int32.max) else {
            throw VectorIndexError.tooMany(name: name, got: vectors.count, expected: Int(Int32.max) - 1)
        }
        try Self.check(base, ids: ids, dimension: d, name: name, threads: threads)
        let source = SharedRows(pointer: base, stride: d, count: vectors.count, dimension: d, owner: nil)
        switch metric {
        case .innerProduct:
            mean = nil
            rows = source
        case .cosine:
            mean = nil
            rows = Self.changed(source, threads: threads) { block, count, d in
                VectorKernels.normalise(rows: block, stride: d, count: count, dimension: d)
            }
        case .euclidean:
            // Distances do not change, and sums lose no digits to what all vectors have in common.
            let centre = Self.mean(of: source, ids: ids)
            mean = centre
            rows = Self.changed(source, threads: threads) { block, count, d in
                for r in 0..<count { for j in 0..<d { block[r * d + j] -= centre[j] } }
            }
        }
        axes = options.principalAxes > 0 ? min(options.principalAxes, d) : min(d, 128)
    }

    /// A copy of all rows, changed block by block.
    private static func changed(
        _ source: SharedRows, threads: Int, _ change: @Sendable (UnsafeMutablePointer<Float>, Int, Int) -> Void
    ) -> SharedRows {
        let d = source.dimension
        let copy = SharedBuffer<Float>(count: source.count * d, repeating: 0)
        Parallel.forEach((source.count + 1023) / 1024, threads: threads) { block in
            let begin = block * 1024
            let count = min(1024, source.count - begin)
            (copy.pointer + begin * d).update(from: source.pointer + begin * d, count: count * d)
            change(copy.pointer + begin * d, count, d)
        }
        return SharedRows(
            pointer: UnsafePointer(copy.pointer), stride: d, count: source.count, dimension: d, owner: copy)
    }

    private static func mean(of source: SharedRows, ids: [UInt32]) -> [Float] {
        var sums = [Double](repeating: 0, count: source.dimension)
        for id in ids {
            let row = source.pointer + Int(id) * source.stride
            for j in 0..<source.dimension { sums[j] += Double(row[j]) }
        }
        return sums.map { Float($0 / Double(ids.count)) }
    }

    /// Every number finite, every length such that sums of squares stay finite.
    private static func check(
        _ base: UnsafePointer<Float>, ids: [UInt32], dimension d: Int, name: String, threads: Int
    ) throws {
        let source = SharedRows(pointer: base, stride: d, count: 0, dimension: d, owner: nil)
        let block = 4096
        let bad: [Int] = Parallel.map((ids.count + block - 1) / block, threads: threads) { piece in
            for i in piece * block..<min(piece * block + block, ids.count) {
                let row = source.pointer + Int(ids[i]) * d
                let length = VectorKernels.dot(row, row, count: d)
                if !(length < 1e30) { return Int(ids[i]) }
            }
            return -1
        }
        guard let row = bad.first(where: { $0 >= 0 }) else { return }
        for j in 0..<d where !(base + row * d)[j].isFinite {
            throw VectorIndexError.notFinite(name: name, row: row, coordinate: j)
        }
        throw VectorIndexError.tooLong(name: name, row: row)
    }

    func build(
        queries: VectorSet?, progress: (Double) -> Void, to url: URL
    ) throws -> PartitionedIndex.Report {
        let n = ids.count
        var clock = StageClock()
        let asked = try calibrationQueries(queries)
        let wanted = options.partitions > 0 ? options.partitions : Int((1.5 * Double(n).squareRoot()).rounded())
        let partitions = max(1, min(wanted, n / 4 + 1, PartitionKernels.partitionLimit))

        let sample = sampleRows(max(64 * partitions, 16_384))
        let projection: [Float]? = clock.timed("axes") {
            guard d > 1 else { return nil }
            return PrincipalAxes.fit(
                rows: gather(sample.prefix(max(16 * d, 4_096)), projection: nil), axes: axes, seed: seed,
                threads: threads)
        }
        let coordinates = clock.timed("project") { gather(sample[...], projection: projection) }
        let centroids = clock.timed("k-means") {
            KMeans.fit(
                rows: coordinates, clusters: partitions, iterations: max(options.iterations, 1), seed: seed,
                threads: threads
            ) { progress(0.4 * $0) }
        }
        let columns = Columns(centroids, dimension: axes)
        let assigned = clock.timed("assign") { assign(to: columns, projection: projection) }
        progress(0.55)
        let order = CountingSort(keys: assigned, keyCount: partitions)
        let subspaces = min(
            options.subspaces > 0 ? (options.subspaces + 1) / 2 * 2 : max(2, (axes + 3) / 4 * 2),
            PartitionTables.subspaceLimit)
        let code = clock.timed("codebooks") {
            let part = min(coordinates.count, 8_192)
            let residuals = residuals(of: coordinates, count: part, columns: columns, centroids: centroids)
            return ProductCode.fit(rows: residuals, subspaces: subspaces, seed: seed, threads: threads)
        }
        progress(0.6)

        let parts = clock.timed("encode") {
            PartitionEncoder.encode(
                rows: rows, ids: ids, itemCount: itemCount, metric: metric, mean: mean, projection: projection,
                centroids: centroids, axes: axes,
                partitions: partitions, order: order, code: code, isFine: options.isFine, threads: threads)
        }
        progress(0.8)
        let truth = clock.timed("truth") { self.truth(of: asked) }
        let (weights, rest, biases) = clock.timed("error weights") {
            parts.fitErrorWeights(queries: asked.rows, truth: truth.map { Array($0.prefix(10)) })
        }
        progress(0.9)
        let plan = clock.timed("calibrate") {
            let tables = parts.tables(biases)
            return Calibration(
                tables: tables, pool: WorkspacePool(for: tables), queries: asked.rows,
                truth: truth.map { list in list.map { tables.positions[Int($0)] } },
                skipping: asked.own.map { own in own.map { tables.positions[$0] } }, errorScale: rest,
                threads: threads
            ).plan()
        }
        try clock.timed("write") { try parts.write(biases, plan: plan, to: url) }
        progress(1)
        let bytes = ((try? FileManager.default.attributesOfItem(atPath: url.path)[.size]) as? Int) ?? 0
        return PartitionedIndex.Report(
            count: n, partitions: partitions, axes: axes, subspaces: subspaces, bytes: bytes,
            errorWeights: weights, seconds: clock.seconds)
    }
}

/// How long each stage took.
private struct StageClock {
    private(set) var seconds: [String: Double] = [:]

    mutating func timed<Result>(_ stage: String, _ work: () throws -> Result) rethrows -> Result {
        let clock = ContinuousClock.now
        let result = try work()
        let (whole, part) = (ContinuousClock.now - clock).components
        seconds[stage] = Double(whole) + Double(part) / 1e18
        return result
    }
}

// MARK: Parts of the build

extension PartitionedIndexBuilder {
    /// Some of the indexed rows, all if there are not more, ascending.
    private func sampleRows(_ count: Int) -> [UInt32] {
        guard count < ids.count else { return ids }
        var random = RandomSource(seed: seed, 0x7361)
        // One from each of `count` equal stretches: cheap, ascending, and spread over the whole.
        return (0..<count).map { s in
            let begin = s * ids.count / count
            let end = (s + 1) * ids.count / count
            return ids[begin + random.below(end - begin)]
        }
    }

    /// Copies rows, along the axes if there are any.
    private func gather(_ items: ArraySlice<UInt32>, projection: [Float]?) -> SharedRows {
        let width = projection == nil ? (d + 15) / 16 * 16 : stride
        let out = SharedBuffer<Float>(count: items.count * width, repeating: 0)
        let axesMap = AxesMap(projection, dimension: d, axes: axes)
        let block = 256
        Parallel.forEach(
            (items.count + block - 1) / block, threads: threads,
            scratch: {
                SharedBuffer<Float>(count: block * d, repeating: 0)
            },
            { piece, scratch in
                let begin = piece * block
                let count = min(block, items.count - begin)
                for r in 0..<count {
                    let row = Int(items[items.startIndex + begin + r])
                    (scratch.pointer + r * d).update(from: rows.pointer + row * rows.stride, count: d)
                }
                axesMap.apply(to: scratch.pointer, count: count, into: out.pointer + begin * width, stride: width)
            })
        return SharedRows(
            pointer: UnsafePointer(out.pointer), stride: width, count: items.count,
            dimension: projection == nil ? d : axes, owner: out)
    }

    /// The partition of each indexed row.
    private func assign(to columns: Columns, projection: [Float]?) -> SharedBuffer<UInt32> {
        let best = SharedBuffer<UInt32>(count: ids.count, repeating: 0)
        let axesMap = AxesMap(projection, dimension: d, axes: axes)
        let block = 256
        let width = stride
        Parallel.forEach(
            (ids.count + block - 1) / block, threads: threads,
            scratch: {
                (
                    SharedBuffer<Float>(count: block * d, repeating: 0),
                    SharedBuffer<Float>(count: block * width, repeating: 0)
                )
            },
            { piece, scratch in
                let begin = piece * block
                let count = min(block, ids.count - begin)
                for r in 0..<count {
                    (scratch.0.pointer + r * d).update(
                        from: rows.pointer + Int(ids[begin + r]) * rows.stride, count: d)
                }
                axesMap.apply(to: scratch.0.pointer, count: count, into: scratch.1.pointer, stride: width)
                columns.best(of: scratch.1.pointer, stride: width, count: count, into: best.pointer + begin)
            })
        return best
    }

    private func residuals(
        of coordinates: SharedRows, count: Int, columns: Columns, centroids: [Float]
    ) -> SharedRows {
        // Every so many of the sample, so that all of it is seen.
        let step = max(coordinates.count / max(count, 1), 1)
        let a = axes
        let out = SharedBuffer<Float>(count: count * a, repeating: 0)
        Parallel.forEach(
            (count + 255) / 256, threads: threads,
            scratch: {
                SharedBuffer<UInt32>(count: 1, repeating: 0)
            },
            { piece, best in
                for r in piece * 256..<min(piece * 256 + 256, count) {
                    let row = coordinates.pointer + r * step * coordinates.stride
                    columns.best(of: row, stride: coordinates.stride, count: 1, into: best.pointer)
                    let c = Int(best.pointer[0])
                    for j in 0..<a { out.pointer[r * a + j] = row[j] - centroids[c * a + j] }
                }
            })
        return SharedRows(pointer: UnsafePointer(out.pointer), stride: a, count: count, dimension: a, owner: out)
    }
}
