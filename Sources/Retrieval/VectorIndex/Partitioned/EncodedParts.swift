import Foundation
import MagpieArtifacts
import MagpieKernels

/// The tensors of an index that is being made: threads write disjoint lists into buffers.
final class EncodedParts: Sendable {
    let metric: VectorMetric
    let dimension: Int
    let axes: Int
    let partitions: Int
    let count: Int
    let itemCount: Int
    let isFine: Bool
    let record: RecordLayout
    let code: ProductCode
    private let axesMap: AxesMap
    /// The vectors, as inner products see them.
    private let source: SharedRows
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
    /// Without biases, which are known last.
    private let unbiased: PartitionTables

    /// How stored biases are read: see ``PartitionTables/biasScale``, ``PartitionTables/biasMiddle`` and
    /// ``PartitionTables/biasRange``.
    struct Biases {
        var scale: Float
        var middle: Float
        var range: ClosedRange<Int16>
    }

    init(
        metric: VectorMetric, mean: [Float]?, dimension: Int, axes: Int, partitions: Int, count: Int, itemCount: Int,
        isFine: Bool, columns: Columns, axesMap: AxesMap, source: SharedRows, code: ProductCode, firsts: [UInt32],
        blocks: [UInt32]
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
        self.axesMap = axesMap
        self.source = source
        self.code = code
        record = RecordLayout(dimension: dimension, isFine: isFine)
        centroids = shared(columns.panels)
        centroidBias = shared(
            columns.bias.map { metric == .euclidean || $0 == -.infinity ? $0 : 0 })
        axesPanels = axesMap.panels.map { shared($0) }
        self.mean = mean.map { shared($0) }
        books = shared(code.books)
        begins = shared(code.begins)
        self.firsts = shared(firsts)
        self.blocks = shared(blocks)
        zeros = SharedBuffer(count: (axes + 15) / 16 * 16, repeating: 0)
        blockCount = Int(blocks.last ?? 0)
        codes = SharedBuffer(count: blockCount * PartitionKernels.block * code.subspaces / 2, repeating: 0)
        biases = SharedBuffer(count: blockCount * PartitionKernels.block, repeating: 0)
        records = SharedBuffer(count: record.bytes(count), repeating: 0)
        items = SharedBuffer(count: count, repeating: 0)
        positions = SharedBuffer(count: itemCount, repeating: PartitionTables.absent)
        exact = SharedBuffer(count: count, repeating: 0)
        centroidErrors = SharedBuffer(count: count, repeating: 0)
        residualErrors = SharedBuffer(count: count, repeating: 0)
        var tables = PartitionTables(
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
        unbiased = tables
    }

    func tables(_ biases: Biases) -> PartitionTables {
        var tables = unbiased
        (tables.biasScale, tables.biasMiddle, tables.biasRange) = (biases.scale, biases.middle, biases.range)
        return tables
    }

    /// Weights of the two known errors that best tell the error that true neighbours' codes have with their queries
    /// (least squares), and from them the biases. `truth`: items of each query.
    /// Returns the weights, the standard deviation of what they do not tell, and how the biases are read.
    func fitErrorWeights(
        queries: SharedRows, truth: [[UInt32]]
    ) -> (weights: [Double], rest: Float, biases: Biases) {
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
            axesMap.apply(to: query, count: 1, into: along.pointer, stride: along.count)
            var weight = 1.0
            var lengths = 0.0
            for j in 0..<dimension { lengths += Double(query[j]) * Double(query[j]) }
            if metric == .innerProduct { weight = lengths.squareRoot() }
            guard weight > 0 else { continue }
            for item in truth[q] {
                let position = Int(positions.pointer[Int(item)])
                let p = unbiased.partition(of: position)
                let a = Double(centroidErrors.pointer[position])
                let b = Double(residualErrors.pointer[position])
                let y = codeError(position, partition: p, item: Int(item), query: along.pointer) / weight
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
        let biases = setBiases(weights)
        let told =
            2 * (weights[0] * ay + weights[1] * by) - weights[0] * weights[0] * aa
            - 2 * weights[0] * weights[1] * ab - weights[1] * weights[1] * bb
        let rest = pairs > 0 ? (max(yy - told, 0) / Double(pairs)).squareRoot() : 0
        return (weights, Float(rest).isNormal ? Float(rest) : 0, biases)
    }

    /// The query's inner product with what the code of a position leaves out.
    private func codeError(
        _ position: Int, partition p: Int, item: Int, query: UnsafePointer<Float>
    ) -> Double {
        let along = SharedBuffer<Float>(count: (axes + 15) / 16 * 16, repeating: 0)
        axesMap.apply(to: source.pointer + item * source.stride, count: 1, into: along.pointer, stride: along.count)
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

    private func setBiases(_ weights: [Double]) -> Biases {
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
        return Biases(
            scale: scale.isNormal ? scale : 0, middle: middle.isNormal ? middle : 0, range: range)
    }

    func write(_ biases: Biases, plan: SearchPlan, to url: URL) throws {
        let about = PartitionedIndex.About(
            metric: metric, dimension: dimension, isFine: isFine, biasScale: biases.scale,
            biasMiddle: biases.middle, biasLeast: biases.range.lowerBound, biasMost: biases.range.upperBound,
            partitions: partitions, plan: plan)
        var writer = TensorFileWriter(
            kind: PartitionedIndex.kind, layout: PartitionedIndex.layouts.upperBound,
            metadata: ["about": try canonicalJSON(about)])
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
        writer.add("biases", self.biases.array(), shape: [blockCount, block])
        writer.add("records", records.array())
        writer.add("items", items.array())
        writer.add("positions", positions.array())
        try writer.write(to: url)
    }
}
