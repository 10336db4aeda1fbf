import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieOnline
import MagpieRetrieval

/// The stages "embed" and "query encoder": where items stand, by behaviour and by text, and the encoder that lands texts
/// among them.
struct EmbeddingFit {
    let data: Dataset
    let configuration: Configuration
    let seed: UInt64
    let threads: Int

    private var options: EmbeddingOptions { configuration.embedding }

    /// What the result of ``model(graph:to:progress:)`` depends on beside the graph and the events.
    func modelInputs() throws -> [String] {
        switch options.source {
        case .item2vec:
            [
                try Configuration.key(configuration.walks), try Configuration.key(options.skipGram),
                options.corpus.rawValue, "\(seed)",
            ]
        case .als: [options.source.rawValue, try Configuration.key(options.als), "\(seed)"]
        case .own: [options.source.rawValue, try OwnVectors.fingerprint(options.own)]
        }
    }

    /// Learns or reads the items' vectors, and writes them as an ``EmbeddingModel``.
    /// - Parameter graph: of the item graph; only item2vec asks for it.
    /// - Returns: a line for people.
    func model(graph: URL?, to url: URL, progress: (Double) -> Void) throws -> String {
        let model: EmbeddingModel
        let summary: String
        switch options.source {
        case .item2vec:
            let opened = try graph.map { try ItemGraph(opening: $0, itemCount: data.items.count) }
            let sentences = options.corpus.sentences(
                graph: opened, interactions: data.interactions, walks: configuration.walks, seed: seed,
                threads: threads)
            let result = SkipGramTrainer.train(
                on: sentences, itemCount: data.items.count, options: options.skipGram, seed: seed, threads: threads,
                progress: progress)
            model = result.model
            summary =
                "\(sentences.count) \(options.corpus.rawValue), \(options.skipGram.dimensions) dimensions, "
                + "\(result.pairs) pairs in \(options.skipGram.epochs) epochs"
                + (result.pairs > 0 ? "" : ": no user has two items, so no item has a vector from behaviour")
        case .als:
            let result = ALSTrainer.train(
                on: data.interactions, options: options.als, seed: seed, threads: threads, progress: progress)
            model = result.model
            summary = "ALS, \(options.als.dimensions) dimensions, \(result.cells) cells, \(options.als.epochs) epochs"
        case .own:
            (model, summary) = try OwnVectors.model(options.own, items: data.items.map(\.id))
        }
        try model.write(to: url)
        return summary
    }

    /// Trains the query encoder and writes the table that serves, beside each other.
    ///
    /// Behaviour and text are blended (``TextBlend``), and the text encoder lands in that space. Items without behaviour
    /// get the input vector that the encoder found for them, which tells those apart that share their words.
    /// - Returns: a line for people.
    func table(from file: URL, encoder: URL, table: URL, progress: (Double) -> Void) throws -> String {
        let popularity = data.interactions.positivesPerItem()
        let texts = data.items.indices.map { data.encoderText(of: $0, configuration.text) }
        let blend = TextBlend(words: ItemWords(of: texts), events: popularity, weight: options.blendWeight)
        let model = blend.blended(try EmbeddingModel(opening: file))
        let d = model.dimension
        let trained = try QueryEncoder.train(
            texts: texts, targets: unitRows(of: model), known: model.counts.map { $0 > 0 }, dimension: d,
            options: configuration.queryEncoder, seed: seed, threads: threads, progress: progress, to: encoder)
        let cold = model.counts.indices.filter { model.counts[$0] == 0 }
        let report = try EmbeddingTable.build(
            from: model, popularity: popularity,
            filled: cold.map { (ItemIndex($0), Array(trained.itemVectors[$0 * d..<($0 + 1) * d])) },
            fold: options.fold, options: options.servingTable, to: table)
        return "\(report.learned) items placed by behaviour, \(report.filled) by their text"
    }
}

/// The input vectors at length 1: n x d.
private func unitRows(of model: EmbeddingModel) -> [Float] {
    var rows = model.input
    rows.withUnsafeMutableBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        VectorKernels.normalise(
            rows: base, stride: model.dimension, count: model.itemCount, dimension: model.dimension)
    }
    return rows
}
