import Foundation
import MagpieArtifacts
import MagpieDomain

extension QueryEncoder {
    /// Trains an encoder and writes its file.
    ///
    /// - Parameters:
    ///   - texts: of the n items, in the order of their indices.
    ///   - targets: n x d, unit rows; where `known` is false the row is not read.
    ///   - known: whether the item has a place in the space already.
    ///   - progress: called with the share that is done, 0...1.
    /// The same bytes for the same arguments, whatever `threads`. Throws ``ArtifactError`` when the file cannot
    /// be written.
    public static func train(
        texts: [EncoderText], targets: [Float], known: [Bool], dimension: Int, options: Options = Options(),
        seed: UInt64, threads: Int, progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> Report {
        precondition(dimension > 0 && targets.count == texts.count * dimension, "targets must be n x d")
        precondition(known.count == texts.count, "known must have one entry per item")
        precondition(options.batch > 1 && options.epochs >= 0, "a batch of at least 2, epochs not negative")
        let trainer = EncoderTrainer(
            texts: texts, targets: targets, known: known, dimension: dimension, options: options, seed: seed,
            threads: threads)
        var report = Report()
        for epoch in 0..<options.epochs {
            report.epochs.append(trainer.epoch(epoch) { progress((Double(epoch) + $0) / Double(options.epochs)) })
        }
        let rowCount = trainer.vocabulary.rowCount
        for row in 0..<rowCount {
            Vector.scale(trainer.rows.pointer + row * dimension, by: trainer.vocabulary.weights[row], dimension)
        }
        var writer = TensorFileWriter(kind: kind, layout: layout)
        writer.add("buckets", trainer.vocabulary.rowOfBucket)
        writer.add(
            "rows", Array(UnsafeBufferPointer(start: trainer.rows.pointer, count: trainer.rows.count)),
            shape: [rowCount, dimension])
        try writer.write(to: url)
        report.rows = rowCount
        report.itemVectors = Array(UnsafeBufferPointer(start: trainer.items.pointer, count: trainer.items.count))
        return report
    }
}
