import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Writes vectors as codes and records, list after list: the bulk of an index.
enum PartitionEncoder {
    static func encode(
        rows: SharedRows, ids: [UInt32], itemCount: Int, metric: VectorMetric, mean: [Float]?,
        projection: [Float]?, centroids: [Float], axes: Int, partitions: Int, order: CountingSort, code: ProductCode,
        isFine: Bool,
        threads: Int
    ) -> EncodedParts {
        let d = rows.dimension
        let blocks: [UInt32] = (0..<partitions).reduce(into: [0]) { blocks, p in
            let count = order.range(of: p).count + PartitionKernels.block - 1
            blocks.append((blocks.last ?? 0) + UInt32(count / PartitionKernels.block))
        }
        let parts = EncodedParts(
            metric: metric, mean: mean, dimension: d, axes: axes, partitions: partitions, count: ids.count,
            itemCount: itemCount,
            isFine: isFine, columns: Columns(centroids, dimension: axes), projection: projection, code: code,
            firsts: order.begins.map { UInt32($0) }, blocks: blocks)
        let axesMap = AxesMap(projection, dimension: d, axes: axes)
        let words: [Columns?] = (0..<code.subspaces).map { code.columns(of: $0) }
        let stride = (axes + 15) / 16 * 16
        let blockSize = PartitionKernels.block

        Parallel.forEach(
            partitions, threads: threads,
            scratch: {
                Scratch(dimension: d, stride: stride)
            },
            { p, scratch in
                let members = order.range(of: p)
                guard !members.isEmpty else { return }
                let centroid = Array(centroids[p * axes..<(p + 1) * axes])
                var square: Double = 0
                for value in centroid { square += Double(value) * Double(value) }
                // The centroid among the vectors' own coordinates.
                var place = [Float](repeating: 0, count: d)
                if let projection {
                    for a in 0..<axes { for j in 0..<d { place[j] += centroid[a] * projection[a * d + j] } }
                } else {
                    place = centroid
                }
                for begin in Swift.stride(from: 0, to: members.count, by: blockSize) {
                    let count = min(blockSize, members.count - begin)
                    let block = Int(blocks[p]) + begin / blockSize
                    let first = members.lowerBound + begin
                    for v in 0..<count {
                        let item = ids[Int(order.rows[first + v])]
                        parts.items.pointer[first + v] = item
                        parts.positions.pointer[Int(item)] = UInt32(first + v)
                        (scratch.own.pointer + v * d).update(from: rows.pointer + Int(item) * rows.stride, count: d)
                    }
                    axesMap.apply(to: scratch.own.pointer, count: count, into: scratch.along.pointer, stride: stride)
                    for v in 0..<count {
                        let along = scratch.along.pointer + v * stride
                        for j in 0..<axes { along[j] -= centroid[j] }
                    }
                    let codes = parts.codes.pointer + block * blockSize * code.subspaces / 2
                    for m in 0..<code.subspaces {
                        guard let words = words[m] else { continue }
                        let from = Int(code.begins[m])
                        words.best(
                            of: scratch.along.pointer + from, stride: stride, count: count, into: scratch.best.pointer)
                        let row = codes + m / 2 * blockSize
                        for v in 0..<count {
                            let word = UInt8(truncatingIfNeeded: scratch.best.pointer[v])
                            row[v] |= m % 2 == 0 ? word : word << 4
                            // What is left is the error.
                            let along = scratch.along.pointer + v * stride
                            for j in 0..<words.dimension {
                                let codeword: Float = code.books[(from + j) * 16 + Int(word)]
                                scratch.errors.pointer[v * stride + from + j] = along[from + j] - codeword
                            }
                        }
                    }
                    for v in 0..<count {
                        let along = scratch.along.pointer + v * stride
                        let errors = scratch.errors.pointer + v * stride
                        var withCentroid: Double = 0
                        var withResidual: Double = 0
                        for j in 0..<axes {
                            withCentroid += Double(centroid[j] * errors[j])
                            withResidual += Double(along[j] * errors[j])
                        }
                        let own = scratch.own.pointer + v * d
                        var length: Double = 0
                        for j in 0..<d { length += Double(own[j]) * Double(own[j]) }
                        let exact: Double = metric == .euclidean ? (square - length) / 2 : 0
                        let position = first + v
                        parts.exact.pointer[position] = Float(exact)
                        parts.centroidErrors.pointer[position] = Float(withCentroid)
                        parts.residualErrors.pointer[position] = Float(withResidual)
                        write(
                            own, place, exact: Float(exact), partition: p, isFine: isFine, dimension: d,
                            to: parts.records.pointer + position * parts.recordSize)
                    }
                }
            })
        return parts
    }

    private struct Scratch {
        let own: SharedBuffer<Float>
        let along: SharedBuffer<Float>
        let centroid: SharedBuffer<Float>
        let errors: SharedBuffer<Float>
        let best: SharedBuffer<UInt32>

        init(dimension: Int, stride: Int) {
            own = SharedBuffer(count: PartitionKernels.block * dimension, repeating: 0)
            along = SharedBuffer(count: PartitionKernels.block * stride, repeating: 0)
            centroid = SharedBuffer(count: stride, repeating: 0)
            errors = SharedBuffer(count: PartitionKernels.block * stride, repeating: 0)
            best = SharedBuffer(count: PartitionKernels.block, repeating: 0)
        }
    }

    /// One `mk_record`.
    private static func write(
        _ own: UnsafePointer<Float>, _ place: [Float], exact: Float, partition: Int, isFine: Bool, dimension d: Int,
        to record: UnsafeMutablePointer<UInt8>
    ) {
        place.withUnsafeBufferPointer { place in
            var most: Float = 0
            for j in 0..<d { most = max(most, abs(own[j] - place[j])) }
            let scale: Float = most / 127
            let inverse: Float = scale > 0 ? 1 / scale : 0
            let size = MemoryLayout<PartitionKernels.RecordHead>.size
            let padded = (d + 15) / 16 * 16
            let head = PartitionKernels.RecordHead(
                scale: inverse.isFinite ? scale : 0, coarse: exact, fine: exact,
                partition: UInt16(truncatingIfNeeded: partition), unused: 0)
            withUnsafeBytes(of: head) { bytes in
                for (i, byte) in bytes.enumerated() { record[i] = byte }
            }
            guard inverse > 0, inverse.isFinite else { return }
            let whole = record + size
            let finer = whole + padded
            for j in 0..<d {
                let value: Float = (own[j] - place[j]) * inverse
                // To the nearest whole number: so large a sum has no room for a fraction.
                let nearest: Float = min(max((value + 0x1.8p23) - 0x1.8p23, -127), 127)
                whole[j] = UInt8(bitPattern: Int8(nearest))
                if isFine {
                    let quarter = Int(min(max((value - nearest + 0.5) * 4, 0), 3))
                    finer[j / 4] |= UInt8(quarter << (2 * (j % 4)))
                }
            }
        }
    }
}

/// The tensors of an index that is being made.
final class EncodedParts: @unchecked Sendable {
    let metric: VectorMetric
    let dimension: Int
    let axes: Int
    let partitions: Int
    let count: Int
    let itemCount: Int
    let isFine: Bool
    let recordSize: Int
    let code: ProductCode
    private let columns: Columns
    private let projection: [Float]?
    private let centroids: SharedBuffer<Float>
    private let centroidBias: SharedBuffer<Float>
    private let axesPanels: SharedBuffer<Float>?
    private let mean: SharedBuffer<Float>?
    private let books: SharedBuffer<Float>
    private let begins: SharedBuffer<UInt32>
    private let firsts: SharedBuffer<UInt32>
    private let blocks: SharedBuffer<UInt32>
    private let zeros: SharedBuffer<Float>
    private let blockCount: Int
    let codes: SharedBuffer<UInt8>
    let biases: SharedBuffer<Int16>
    let records: SharedBuffer<UInt8>
    let items: SharedBuffer<UInt32>
    let positions: SharedBuffer<UInt32>
    /// What a vector's score has beside its inner product with the query: for L2 (|c|^2 - |x|^2) / 2.
    let exact: SharedBuffer<Float>
    /// The inner product of a code's error with the centroid, and with the residual that it stands for.
    let centroidErrors: SharedBuffer<Float>
    let residualErrors: SharedBuffer<Float>
    private(set) var tables: PartitionTables

    init(
        metric: VectorMetric, mean: [Float]?, dimension: Int, axes: Int, partitions: Int, count: Int, itemCount: Int,
        isFine: Bool,
        columns: Columns, projection: [Float]?, code: ProductCode, firsts: [UInt32], blocks: [UInt32]
    ) {
        func shared<Element>(_ values: [Element]) -> SharedBuffer<Element> {
            guard let first = values.first else { preconditionFailure("an empty part") }
            let buffer = SharedBuffer<Element>(count: values.count, repeating: first)
            for i in values.indices { buffer.pointer[i] = values[i] }
            return buffer
        }
        self.metric = metric
        self.dimension = dimension
        self.axes = axes
        self.partitions = partitions
        self.count = count
        self.itemCount = itemCount
        self.isFine = isFine
        self.columns = columns
        self.projection = projection
        self.code = code
        let padded = (dimension + 15) / 16 * 16
        recordSize = MemoryLayout<PartitionKernels.RecordHead>.size + padded + (isFine ? padded / 4 : 0)
        centroids = shared(columns.panels)
        centroidBias = shared(
            columns.bias.map { metric == .euclidean || $0 == -.infinity ? $0 : 0 })
        axesPanels = projection.map { rows in
            shared(AxesMap(rows, dimension: dimension, axes: axes).panels ?? [])
        }
        self.mean = mean.map { shared($0) }
        books = shared(code.books)
        begins = shared(code.begins)
        self.firsts = shared(firsts)
        self.blocks = shared(blocks)
        zeros = SharedBuffer(count: (axes + 15) / 16 * 16, repeating: 0)
        blockCount = Int(blocks.last ?? 0)
        codes = SharedBuffer(count: blockCount * PartitionKernels.block * code.subspaces / 2, repeating: 0)
        biases = SharedBuffer(count: blockCount * PartitionKernels.block, repeating: 0)
        records = SharedBuffer(count: count * recordSize, repeating: 0)
        items = SharedBuffer(count: count, repeating: 0)
        positions = SharedBuffer(count: itemCount, repeating: PartitionTables.absent)
        exact = SharedBuffer(count: count, repeating: 0)
        centroidErrors = SharedBuffer(count: count, repeating: 0)
        residualErrors = SharedBuffer(count: count, repeating: 0)
        tables = PartitionTables(
            centroids: centroids.pointer, centroidBias: centroidBias.pointer, books: books.pointer,
            begins: begins.pointer, firsts: self.firsts.pointer, blocks: self.blocks.pointer, codes: codes.pointer,
            biases: biases.pointer, records: records.pointer, items: items.pointer, positions: positions.pointer,
            zeros: zeros.pointer, owner: zeros)
        tables.metric = metric
        tables.dimension = dimension
        tables.axes = axes
        tables.partitions = partitions
        tables.subspaces = code.subspaces
        tables.count = count
        tables.itemCount = itemCount
        tables.isFine = isFine
        tables.projection = axesPanels.map { UnsafePointer($0.pointer) }
        tables.mean = self.mean.map { UnsafePointer($0.pointer) }
    }

    /// Weights of the two known errors that best tell the error that true neighbours' codes have with their queries
    /// (least squares), and from them the biases. `truth`: items of each query.
    /// Returns the weights and the standard deviation of what they do not tell.
    func fitErrorWeights(queries: SharedRows, truth: [[UInt32]]) -> (weights: [Double], rest: Float) {
        let map = AxesMap(projection, dimension: dimension, axes: axes)
        let along = SharedBuffer<Float>(count: (axes + 15) / 16 * 16, repeating: 0)
        var aa = 0.0
        var ab = 0.0
        var bb = 0.0
        var ay = 0.0
        var by = 0.0
        var yy = 0.0
        var pairs = 0
        for q in 0..<queries.count {
            let query = queries.pointer + q * queries.stride
            map.apply(to: query, count: 1, into: along.pointer, stride: along.count)
            var weight = 1.0
            var lengths = 0.0
            for j in 0..<dimension { lengths += Double(query[j]) * Double(query[j]) }
            if metric == .innerProduct { weight = lengths.squareRoot() }
            guard weight > 0 else { continue }
            for item in truth[q] {
                let position = Int(positions.pointer[Int(item)])
                let p = tables.partition(of: position)
                let a = Double(centroidErrors.pointer[position])
                let b = Double(residualErrors.pointer[position])
                let y =
                    codeError(position, partition: p, query: along.pointer, item: Int(item), queries: queries, q: q)
                    / weight
                aa += a * a
                ab += a * b
                bb += b * b
                ay += a * y
                by += b * y
                yy += y * y
                pairs += 1
            }
        }
        // A ridge, so that errors that never differ get weight 0.
        let ridge = 1e-6 * (aa + bb) + 1e-300
        aa += ridge
        bb += ridge
        let determinant = aa * bb - ab * ab
        var weights = [0.0, 0.0]
        if determinant > 0, determinant.isFinite {
            weights = [(ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant]
                .map { $0.isFinite ? min(max($0, -2), 2) : 0 }
        }
        setBiases(weights)
        let told =
            2 * (weights[0] * ay + weights[1] * by) - weights[0] * weights[0] * aa
            - 2 * weights[0] * weights[1] * ab - weights[1] * weights[1] * bb
        let rest = pairs > 0 ? (max(yy - told, 0) / Double(pairs)).squareRoot() : 0
        return (weights, Float(rest).isNormal ? Float(rest) : 0)
    }

    /// The query's inner product with what the code of a position leaves out.
    private func codeError(
        _ position: Int, partition p: Int, query: UnsafePointer<Float>, item: Int, queries: SharedRows, q: Int
    ) -> Double {
        guard let source else { return 0 }
        let along = SharedBuffer<Float>(count: (axes + 15) / 16 * 16, repeating: 0)
        AxesMap(projection, dimension: dimension, axes: axes)
            .apply(to: source.pointer + item * source.stride, count: 1, into: along.pointer, stride: along.count)
        var sum = 0.0
        let block = Int(blocks.pointer[p]) + (position - Int(firsts.pointer[p])) / PartitionKernels.block
        let place = (position - Int(firsts.pointer[p])) % PartitionKernels.block
        let size = PartitionKernels.block * code.subspaces / 2
        for m in 0..<code.subspaces {
            let byte = codes.pointer[block * size + m / 2 * PartitionKernels.block + place]
            let word = Int(m % 2 == 0 ? byte & 15 : byte >> 4)
            for j in Int(code.begins[m])..<Int(code.begins[m + 1]) {
                let centroid = centroids.pointer[((p / 16) * axes + j) * 16 + p % 16]
                let error = along.pointer[j] - centroid - code.books[j * 16 + word]
                sum += Double(query[j]) * Double(error)
            }
        }
        return sum
    }

    var source: SharedRows?

    private func setBiases(_ weights: [Double]) {
        let values = SharedBuffer<Float>(count: count, repeating: 0)
        var low = Float.infinity
        var high = -Float.infinity
        for i in 0..<count {
            let value = Float(
                Double(exact.pointer[i]) + weights[0] * Double(centroidErrors.pointer[i])
                    + weights[1] * Double(residualErrors.pointer[i]))
            values.pointer[i] = value
            low = min(low, value)
            high = max(high, value)
        }
        // What all have in common is left out.
        let middle: Float = low / 2 + high / 2
        let scale: Float = (high - low) / 2 / 32_767
        var range: ClosedRange<Int16> = 0...0
        if scale.isNormal {
            for p in 0..<partitions {
                let first = Int(firsts.pointer[p])
                for v in 0..<Int(firsts.pointer[p + 1]) - first {
                    let block = Int(blocks.pointer[p]) + v / PartitionKernels.block
                    let place = v % PartitionKernels.block
                    let at = block * PartitionKernels.block + place / 2 + place % 2 * (PartitionKernels.block / 2)
                    let steps = Int16(
                        min(max(((values.pointer[first + v] - middle) / scale).rounded(), -32_767), 32_767))
                    biases.pointer[at] = steps
                    range = min(range.lowerBound, steps)...max(range.upperBound, steps)
                }
            }
        }
        tables.biasScale = scale.isNormal ? scale : 0
        tables.biasMiddle = middle.isNormal ? middle : 0
        tables.biasRange = range
    }

    func write(plan: SearchPlan, to url: URL) throws {
        let about = PartitionedIndex.About(
            metric: metric, dimension: dimension, isFine: isFine, biasScale: tables.biasScale,
            biasMiddle: tables.biasMiddle,
            biasLeast: tables.biasRange.lowerBound, biasMost: tables.biasRange.upperBound, partitions: partitions,
            plan: plan)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var writer = TensorFileWriter(
            kind: PartitionedIndex.kind, layout: PartitionedIndex.layouts.upperBound,
            metadata: ["about": String(decoding: try encoder.encode(about), as: UTF8.self)])
        let block = PartitionKernels.block
        if let axesPanels {
            writer.add("axes", axesPanels.array(), shape: [(axes + 15) / 16, dimension, 16])
        }
        if let mean { writer.add("mean", mean.array()) }
        writer.add("centroids", centroids.array(), shape: [(partitions + 15) / 16, axes, 16])
        writer.add("centroid_bias", centroidBias.array())
        writer.add("books", books.array(), shape: [axes, 16])
        writer.add("begins", begins.array())
        writer.add("firsts", firsts.array())
        writer.add("blocks", blocks.array())
        writer.add("codes", codes.array(), shape: [blockCount, code.subspaces / 2, block])
        writer.add("biases", biases.array(), shape: [blockCount, block])
        writer.add("records", records.array(), shape: [count, recordSize])
        writer.add("items", items.array())
        writer.add("positions", positions.array())
        try writer.write(to: url)
    }
}
