import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

extension LatentSemantics {
    /// What was built, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        public var items: Int
        public var terms: Int
        public var dimensions: Int
        /// The share of the sum of A's squares, which is the number of items with a text, that is kept.
        public var share: Double
    }

    /// Finds the latent directions of a text index and writes the file: the same bytes for any number of threads.
    ///
    /// Throws ``ArtifactError`` when the file cannot be written.
    @discardableResult
    public static func build(
        of text: TextIndex, options: SemanticOptions = SemanticOptions(), seed: UInt64, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> Report {
        precondition(options.dimensions > 0 && options.iterations >= 0, "\(options)")
        let matrix = TermMatrix(of: text, threads: threads)
        let (axes, energy) = LatentAxes(matrix, threads: threads).fit(
            options.dimensions, iterations: options.iterations, seed: seed, progress: progress)
        // At least one, so that a file of no words has a shape.
        let d = axes.width
        let terms = CodedRowsBuilder("terms", count: text.termCount, dimension: d)
        Parallel.forEach((text.termCount + 1_023) / 1_024, threads: threads) { block in
            for term in block * 1_024..<min(block * 1_024 + 1_024, text.termCount) {
                terms.set(term, axes.pointer + term * d, isUnit: false)
            }
        }
        let items = CodedRowsBuilder("items", count: text.itemCount, dimension: d)
        matrix.forEachProduct(with: axes, threads: threads) { item, vector in items.set(item, vector, isUnit: true) }
        var writer = TensorFileWriter(
            kind: kind, layout: layout,
            metadata: ["options": try canonicalJSON(options), "terms": checksum(of: text)])
        terms.add(to: &writer)
        items.add(to: &writer)
        try writer.write(to: url)
        let withText = matrix.squares.count { $0 > 0 }
        return Report(
            items: withText, terms: text.termCount, dimensions: d, share: withText > 0 ? energy / Double(withText) : 0)
    }
}

/// The matrix A of ``LatentSemantics``, by terms as the index has it and by items.
final class TermMatrix: Sendable {
    let text: TextIndex
    let idf: [Float]
    /// By item: the squared length before scaling, and one over the length.
    let squares: [Float]
    let scales: [Float]
    /// Item i has the entries `starts[i] ..< starts[i + 1]`, their terms ascending.
    let starts: [Int]
    let terms: SharedBuffer<UInt32>
    let values: SharedBuffer<Float>

    var itemCount: Int { text.itemCount }
    var termCount: Int { text.termCount }

    init(of text: TextIndex, threads: Int) {
        self.text = text
        let n = text.itemCount
        idf = (0..<text.termCount).map { TextIndex.idf(text.frequency($0), of: n) }
        let entries = text.items.count
        var starts = [Int](repeating: 0, count: n + 1)
        var squares = [Float](repeating: 0, count: n)
        let terms = SharedBuffer<UInt32>(count: entries, repeating: 0)
        let values = SharedBuffer<Float>(count: entries, repeating: 0)
        let items: UnsafePointer<UInt32> = text.items.pointer
        let impacts: UnsafePointer<UInt16> = text.impacts.pointer
        for i in 0..<entries { starts[Int(items[i]) + 1] += 1 }
        for i in 0..<n { starts[i + 1] += starts[i] }
        let begins = starts
        var next = starts
        // Counting sort: an item's terms ascend because terms are taken in order.
        for term in 0..<text.termCount {
            let weight: Float = idf[term] / 65535
            for i in Int(text.postings.pointer[term])..<Int(text.postings.pointer[term + 1]) {
                let item = Int(items[i])
                let value: Float = Float(impacts[i]) * weight
                terms.pointer[next[item]] = UInt32(term)
                values.pointer[next[item]] = value
                squares[item] += value * value
                next[item] += 1
            }
        }
        let scales: [Float] = squares.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
        Parallel.forEach((n + 1_023) / 1_024, threads: threads) { block in
            for item in block * 1_024..<min(block * 1_024 + 1_024, n) {
                for i in begins[item]..<begins[item + 1] { values.pointer[i] *= scales[item] }
            }
        }
        self.starts = begins
        self.squares = squares
        self.scales = scales
        self.terms = terms
        self.values = values
    }

    /// Calls `body` with each item and its row of A times `axes`; from several threads, for different items.
    func forEachProduct(
        with axes: DenseRows, threads: Int, _ body: @Sendable (Int, UnsafePointer<Float>) -> Void
    ) {
        Parallel.forEach(
            (itemCount + 255) / 256, threads: threads, scratch: { SharedBuffer<Float>(count: axes.width, repeating: 0) }
        ) { block, row in
            for item in block * 256..<min(block * 256 + 256, itemCount) {
                multiply(item, axes, from: 0, width: axes.width, into: row.pointer)
                body(item, UnsafePointer(row.pointer))
            }
        }
    }

    /// `out` = row `item` of A times the columns `from ..< from + width` of `rows`.
    private func multiply(
        _ item: Int, _ rows: DenseRows, from: Int, width: Int, into out: UnsafeMutablePointer<Float>
    ) {
        out.update(repeating: 0, count: width)
        for i in starts[item]..<starts[item + 1] {
            let row = UnsafePointer<Float>(rows.pointer + Int(terms.pointer[i]) * rows.width + from)
            VectorKernels.axpy(values.pointer[i], row, into: out, count: width)
        }
    }

    /// Aᵀ A times `rows` (v x w). Some columns at a time, so that A times them stays small: n x 32 floats.
    func gram(times rows: DenseRows, threads: Int) -> DenseRows {
        let result = DenseRows(count: termCount, width: rows.width)
        let slice = 32
        let room = SharedBuffer<Float>(count: itemCount * min(slice, rows.width), repeating: 0)
        for from in stride(from: 0, to: rows.width, by: slice) {
            let width = min(slice, rows.width - from)
            Parallel.forEach((itemCount + 255) / 256, threads: threads) { block in
                for item in block * 256..<min(block * 256 + 256, itemCount) {
                    multiply(item, rows, from: from, width: width, into: room.pointer + item * width)
                }
            }
            // A term's row is summed by one thread, over its items in order.
            Parallel.forEach((termCount + 63) / 64, threads: threads) { block in
                for term in block * 64..<min(block * 64 + 64, termCount) {
                    let out: UnsafeMutablePointer<Float> = result.pointer + term * rows.width + from
                    let weight: Float = idf[term] / 65535
                    for i in Int(text.postings.pointer[term])..<Int(text.postings.pointer[term + 1]) {
                        let item = Int(text.items.pointer[i])
                        let value: Float = Float(text.impacts.pointer[i]) * weight * scales[item]
                        VectorKernels.axpy(value, room.pointer + item * width, into: out, count: width)
                    }
                }
            }
        }
        return result
    }
}
