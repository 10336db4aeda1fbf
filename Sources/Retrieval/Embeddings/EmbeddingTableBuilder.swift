import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

extension EmbeddingTable {
    /// What was written, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        public var dimension: Int
        /// Items with vectors from behaviour, blended with their text where it is known.
        public var learned: Int
        /// Items whose vectors came from their text alone.
        public var filled: Int
    }

    /// Writes `embeddings.safetensors`.
    ///
    /// - Parameters:
    ///   - model: perhaps blended with texts (``TextBlend``): an item with vectors and `counts` 0 has them from its text.
    ///   - popularity: positives of each item.
    ///   - filled: input vectors, of any length above 0, for items with `counts` 0, instead of the model's; others are
    ///     left out, and so are vectors of length 0.
    ///   - fold: how histories become queries.
    public static func build(
        from model: EmbeddingModel, popularity: [Int], filled: [(item: ItemIndex, vector: [Float])] = [],
        fold: HistoryFold = .mean, options: EmbeddingTableOptions, to url: URL
    ) throws -> Report {
        precondition(popularity.count == model.itemCount, "\(popularity.count) counts of \(model.itemCount) items")
        let (n, d) = (model.itemCount, model.dimension)
        var input = model.input
        for (item, vector) in filled where model.counts[Int(item)] == 0 && vector.contains(where: { $0 != 0 }) {
            precondition(vector.count == d, "\(vector.count) coordinates against \(d)")
            input.replaceSubrange(Int(item) * d..<(Int(item) + 1) * d, with: vector)
        }
        let known: [UInt8] = (0..<n).map { item in
            let row = item * d..<(item + 1) * d
            if model.counts[item] > 0 { return 1 }
            guard input[row].contains(where: { $0 != 0 }) else { return 0 }
            return model.output[row].contains { $0 != 0 } ? 3 : 2
        }
        var norms = [Float](repeating: 0, count: n)
        input.withUnsafeMutableBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            for i in norms.indices {
                norms[i] = VectorKernels.dot(rows + i * d, rows + i * d, count: d).squareRoot()
            }
            VectorKernels.normalise(rows: rows, stride: d, count: n, dimension: d)
        }
        var output: [Float] = []
        output.reserveCapacity(n * (d + 1))
        for item in 0..<n {
            let isThere = known[item] & 1 == 1
            output.append(contentsOf: model.output[item * d..<(item + 1) * d])
            output.append(isThere ? Float(options.popularityWeight * log1p(Double(popularity[item]))) : 0)
        }
        var writer = TensorFileWriter(
            kind: kind, layout: layouts.upperBound,
            metadata: ["options": try canonicalJSON(options), "fold": try canonicalJSON(fold)])
        writer.add("in", input, shape: [n, d])
        writer.add("norms", norms)
        writer.add("out", output, shape: [n, d + 1])
        writer.add("known", known)
        if fold != .mean { writer.add("gram", gram(of: model), shape: [d, d]) }
        try writer.write(to: url)
        return Report(
            dimension: d, learned: known.reduce(0) { $0 + ($1 == 1 ? 1 : 0) },
            filled: known.reduce(0) { $0 + ($1 > 1 ? 1 : 0) })
    }

    /// The sum of y y^T over the output vectors.
    private static func gram(of model: EmbeddingModel) -> [Float] {
        let (n, d) = (model.itemCount, model.dimension)
        let stride = SkipGramKernel.stride(for: d)
        let rows = SharedBuffer<Float>(count: n * stride, repeating: 0)
        for item in 0..<n {
            for i in 0..<d { rows.pointer[item * stride + i] = model.output[item * d + i] }
        }
        let sum = ALSTrainer.gram(rows, stride: stride, count: n, threads: 1)
        return packedRows(sum, stride: stride, count: d, dimension: d)
    }
}
