import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Vectors with a byte a coordinate: row r is `scales[r] * codes[r]`, codes -127 ... 127.
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `<name>` | I8 | n, d | |
/// | `<name>.scales` | F32 | n | above 0; 0 = the row has no vector |
///
/// A quarter of what 32-bit floats take; for vectors of length 1 and some 100 coordinates a cosine is off by about .001.
struct CodedRows: Sendable {
    let count: Int
    let dimension: Int
    private let codes: Tensor<Int8>
    private let scales: Tensor<Float>

    /// Throws ``ArtifactError`` unless shapes agree and every scale is a finite number of at least 0.
    /// - Parameter count: how many rows there must be; nil where that is not known.
    init(_ name: String, of file: TensorFile, count: Int? = nil) throws {
        codes = try file.tensor(name, as: Int8.self, shape: [count, nil])
        scales = try file.tensor(name + ".scales", as: Float.self, shape: [codes.shape[0]])
        self.count = codes.shape[0]
        dimension = codes.shape[1]
        guard (1...Self.dimensionLimit).contains(dimension) else {
            throw file.wrongTensor(
                name, got: "\(dimension) dimensions", expected: "1 to \(Self.dimensionLimit)")
        }
        for (row, scale) in scales.enumerated() where !(scale >= 0 && scale <= 1e30) {
            throw file.outOfRange(name + ".scales", got: "\(scale) at \(row)", expected: "a number of at least 0")
        }
    }

    private static let dimensionLimit = 65_536

    func isPresent(_ row: Int) -> Bool { scales[row] > 0 }

    /// Adds `factor` times a row to `sum`, of ``dimension`` floats.
    func add(_ row: Int, times factor: Float, to sum: inout [Float]) {
        precondition(row < count && sum.count == dimension, "row \(row) of \(count)")
        let scale: Float = factor * scales.pointer[row]
        let code: UnsafePointer<Int8> = codes.pointer + row * dimension
        for j in 0..<dimension { sum[j] += scale * Float(code[j]) }
    }

    /// The codes of some rows as floats, without their scales, one row after another.
    func decode(_ rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "rows \(rows) of \(count)")
        let first: UnsafePointer<Int8> = codes.pointer + rows.lowerBound * dimension
        for i in 0..<rows.count * dimension { out[i] = Float(first[i]) }
    }

    @inline(__always)
    func scale(_ row: Int) -> Float { scales.pointer[row] }

    /// All rows as 32-bit floats: what an index is built from.
    func decoded(threads: Int) -> [Float] {
        let all = SharedBuffer<Float>(count: count * dimension, repeating: 0)
        let size = 1_024
        Parallel.forEach((count + size - 1) / size, threads: threads) { block in
            let rows = block * size..<min(block * size + size, count)
            decode(rows, into: all.pointer + rows.lowerBound * dimension)
            for row in rows { Vector.scale(all.pointer + row * dimension, by: scale(row), dimension) }
        }
        return all.array()
    }
}

/// Writes vectors as ``CodedRows``.
struct CodedRowsBuilder: Sendable {
    let name: String
    let count: Int
    let dimension: Int
    private let codes: SharedBuffer<Int8>
    private let scales: SharedBuffer<Float>

    init(_ name: String, count: Int, dimension: Int) {
        self.name = name
        self.count = count
        self.dimension = dimension
        codes = SharedBuffer(count: count * dimension, repeating: 0)
        scales = SharedBuffer(count: count, repeating: 0)
    }

    /// Sets a row; threads may set different ones at once. A row of zeros stays without a vector.
    /// - Parameter isUnit: only the direction counts: the coded row has length 1.
    func set(_ row: Int, _ vector: UnsafePointer<Float>, isUnit: Bool) {
        var most: Float = 0
        for j in 0..<dimension { most = max(most, abs(vector[j])) }
        guard most > 0, most.isFinite else { return }
        let code: UnsafeMutablePointer<Int8> = codes.pointer + row * dimension
        var square: Float = 0
        for j in 0..<dimension {
            let step: Float = (vector[j] / most * 127).rounded(.toNearestOrEven)
            code[j] = Int8(step)
            square += step * step
        }
        scales.pointer[row] = isUnit ? 1 / square.squareRoot() : most / 127
    }

    func add(to writer: inout TensorFileWriter) {
        writer.add(name, codes.array(), shape: [count, dimension])
        writer.add(name + ".scales", scales.array())
    }
}

/// Looks at every row, as ``ExactIndex`` does, of vectors with a byte a coordinate.
struct CodedIndex: ExhaustiveIndex {
    let present: ItemSet
    var count: Int { rows.count }
    var dimension: Int { rows.dimension }
    private let rows: CodedRows
    /// Rows that are decoded at once: they stay in the nearest caches.
    private static let rowsPerBlock = 256

    init(_ rows: CodedRows) {
        self.rows = rows
        present = ItemSet(itemCount: rows.count) { rows.isPresent($0) }
    }

    func search(_ query: [Float], k: Int, excluding: ItemSet, deadline: Deadline) -> [Scored] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        var best = TopK(k)
        guard best.limit > 0 else { return [] }
        let size = min(Self.rowsPerBlock, count)
        var block = [Float](repeating: 0, count: size * dimension)
        var scores = [Float](repeating: 0, count: size)
        for begin in stride(from: 0, to: count, by: Self.rowsPerBlock) {
            if deadline.hasPassed { return [] }
            let range = begin..<min(begin + Self.rowsPerBlock, count)
            score(range, query, &block, into: &scores)
            for row in 0..<range.count where scores[row] >= best.threshold {
                let item = ItemIndex(begin + row)
                if present.contains(item), !excluding.contains(item) { best.offer(item, scores[row]) }
            }
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    func scores(of items: [ItemIndex], _ query: [Float]) -> [Float] {
        precondition(query.count == dimension, "\(query.count) coordinates against \(dimension)")
        var block = [Float](repeating: 0, count: dimension)
        var one: [Float] = [0]
        return items.map { item in
            guard present.contains(item) else { return .nan }
            score(Int(item)..<Int(item) + 1, query, &block, into: &one)
            return one[0]
        }
    }

    private func score(_ range: Range<Int>, _ query: [Float], _ block: inout [Float], into scores: inout [Float]) {
        block.withUnsafeMutableBufferPointer { block in
            scores.withUnsafeMutableBufferPointer { scores in
                query.withUnsafeBufferPointer { query in
                    guard let block = block.baseAddress, let out = scores.baseAddress, let query = query.baseAddress
                    else { return }
                    rows.decode(range, into: block)
                    VectorKernels.scores(
                        query: query, rows: block, stride: dimension, count: range.count, dimension: dimension,
                        into: out)
                    for i in 0..<range.count { out[i] *= rows.scale(range.lowerBound + i) }
                }
            }
        }
    }
}
