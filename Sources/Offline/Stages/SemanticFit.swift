import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieOnline
import MagpieRetrieval

/// The stages "semantic" and "semantic index": latent vectors of the items' texts, and where they are many an index over
/// them, calibrated on texts by which items are looked for.
struct SemanticFit {
    let data: Dataset
    let configuration: Configuration
    let seed: UInt64
    let threads: Int

    /// - Parameters:
    ///   - text: the text index.
    ///   - url: gets the vectors.
    /// - Returns: a line for people.
    func vectors(of text: URL, to url: URL, progress: (Double) -> Void) throws -> String {
        let report = try LatentSemantics.build(
            of: TextIndex(opening: text), options: configuration.semantic, seed: seed, threads: threads,
            progress: progress, to: url)
        let share = Int((report.share * 100).rounded())
        return "\(report.dimensions) dimensions with \(share) % of what \(report.items) items say"
    }

    /// - Parameters:
    ///   - vectors: of the items, made of the text index `text`.
    ///   - folder: gets the index, where there are enough vectors for one.
    /// - Returns: a line for people.
    func index(of vectors: URL, text: URL, to folder: URL, progress: (Double) -> Void) throws -> String {
        let model = try LatentSemantics(opening: vectors, text: TextIndex(opening: text))
        let present = model.present
        guard present.count >= configuration.index.minimumItems, present.count > 0 else {
            return "\(present.count) vectors, exact"
        }
        let queries = queries(model)
        let report = try PartitionedIndex.build(
            model.vectors(threads: threads), present: present, metric: .innerProduct,
            queries: queries.isEmpty
                ? nil
                : VectorSet(
                    name: "queries of \"semantic\"", dimension: model.dimension, values: queries.flatMap { $0 }),
            options: configuration.index.partitioned, seed: seed, threads: threads, progress: progress,
            to: folder.appendingPathComponent(BundleFiles.semanticIndex))
        return "\(report.count) vectors, \(report.partitions) partitions"
    }

    /// What searches ask: words by which items are looked for.
    private func queries(_ model: LatentSemantics) -> [[Float]] {
        var random = RandomSource(seed: seed, 0x7365_6D61)
        var titled = data.items.indices.filter { data.items[$0].attributes[ReservedAttribute.title] != nil }
        random.shuffle(&titled)
        return titled.prefix(configuration.index.partitioned.calibrationQueries).compactMap { row in
            let text = data.encoderText(of: row, configuration.text)
            return QueryViews.views(of: text, count: 1, using: &random).first.flatMap {
                model.vector(of: $0, options: configuration.text.search)
            }
        }
    }
}
