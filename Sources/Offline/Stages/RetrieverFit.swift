import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieOnline
import MagpieRanking
import MagpieRetrieval

/// Fits everything of a bundle that learns from one window: item table, graph, walks, embeddings, query encoder,
/// vector indexes, text index, neighbours, popularity and state. Each is a stage with a key of its own, so that two windows or
/// two runs that share an input share the result.
struct RetrieverFit {
    let configuration: Configuration
    let seed: UInt64
    let threads: Int
    let runner: StageRunner

    /// The folder of a draft bundle without rankers, made of links to the stages' results.
    /// - Parameter retrievers: fits only what these need; nil: all.
    func draft(_ data: Dataset, window: String, retrievers: [String]? = nil) throws -> Draft {
        let known = data.fingerprint
        var files: [String: URL] = [:]
        func isWanted(_ retriever: String) -> Bool { retrievers?.contains(retriever) ?? true }
        func stage(
            _ name: String, _ file: String, isServed: Bool = true, _ inputs: [String],
            _ work: (URL, @escaping (Double) -> Void) throws -> String
        ) throws -> StageRunner.Result {
            let result = try runner.run(name, window: window, inputs: inputs) { folder, progress in
                try work(folder.appendingPathComponent(file), progress)
            }
            if isServed { files[file] = result.folder.appendingPathComponent(file) }
            return result
        }

        _ = try stage("items", BundleFiles.items, [known]) { url, _ in
            try ItemTable.write(data.items, schema: data.schema, to: url)
            return "\(data.items.count) items, \(data.schema.count) attributes"
        }
        if isWanted("embedding") {
            let graph = try stage(
                "graph", Self.graphFile, isServed: false, [known, try Configuration.key(configuration.graph)]
            ) {
                url, progress in
                let report = try ItemGraph.build(
                    from: data.interactions, options: configuration.graph, seed: seed, threads: threads,
                    progress: progress, to: url)
                return "\(report.nodes) nodes, \(report.edges) edges"
            }
            let embedding = configuration.embedding
            let vectors = try stage(
                "embed", Self.skipGramFile, isServed: false,
                [
                    graph.key, try Configuration.key(configuration.walks), try Configuration.key(embedding.skipGram),
                    embedding.corpus.rawValue, "\(seed)",
                ]
            ) { url, progress in
                let opened = try ItemGraph(
                    opening: graph.folder.appendingPathComponent(Self.graphFile), itemCount: data.items.count)
                let sentences = embedding.corpus.sentences(
                    graph: opened, interactions: data.interactions, walks: configuration.walks, seed: seed,
                    threads: threads)
                let model = SkipGramTrainer.train(
                    on: sentences, itemCount: data.items.count, options: embedding.skipGram, seed: seed,
                    threads: threads, progress: progress)
                try model.write(to: url)
                return "\(sentences.count) \(embedding.corpus.rawValue), "
                    + "\(embedding.skipGram.dimensions) dimensions, \(embedding.skipGram.epochs) epochs"
            }
            // The text encoder lands in the space of the behaviour; items without behaviour get their place from
            // their text, so that the whole catalogue is in one index.
            let fitted = try stage(
                "query encoder", BundleFiles.queryEncoder,
                [
                    vectors.key, known, try Configuration.key(configuration.queryEncoder),
                    try Configuration.key(configuration.text), try Configuration.key(embedding.table), "\(seed)",
                ]
            ) { url, progress in
                let model = try SkipGramModel(opening: vectors.folder.appendingPathComponent(Self.skipGramFile))
                let isKnown = model.counts.map { $0 > 0 }
                let encoder = try QueryEncoder.train(
                    texts: data.items.indices.map { data.encoderText(of: $0, configuration.text) },
                    targets: unitRows(of: model), known: isKnown, dimension: model.dimension,
                    options: configuration.queryEncoder, seed: seed, threads: threads, progress: progress, to: url)
                let d = model.dimension
                let cold = isKnown.indices.filter { !isKnown[$0] }
                _ = try EmbeddingTable.build(
                    from: model, popularity: data.interactions.positivesPerItem(),
                    filled: cold.map { (ItemIndex($0), Array(encoder.itemVectors[$0 * d..<($0 + 1) * d])) },
                    options: embedding.table,
                    to: url.deletingLastPathComponent().appendingPathComponent(BundleFiles.embeddings))
                return "\(isKnown.count - cold.count) items placed by behaviour, \(cold.count) by their text"
            }
            files[BundleFiles.embeddings] = files[BundleFiles.queryEncoder]?.deletingLastPathComponent()
                .appendingPathComponent(BundleFiles.embeddings)
            // Which of its files there are depends on how many vectors there are.
            let indexes = try runner.run(
                "index", window: window, version: 2,
                inputs: [
                    fitted.key, known, try Configuration.key(configuration.index.partitioned),
                    "\(configuration.index.minimumItems)", try Configuration.key(configuration.text), "\(seed)",
                ]
            ) { folder, progress in
                let fit = IndexFit(
                    data: data, options: configuration.index, text: configuration.text, seed: seed, threads: threads)
                return try fit.build(fitted.folder, to: folder, progress: progress)
            }
            for file in [BundleFiles.inputIndex, BundleFiles.outputIndex] {
                let url = indexes.folder.appendingPathComponent(file)
                if FileManager.default.fileExists(atPath: url.path) { files[file] = url }
            }
        }
        for table in try neighbourStages(data) where isWanted(table.name) || isWanted(table.name + "-recent") {
            _ = try stage(table.name, table.file, [known, table.options], table.build)
        }
        if isWanted("text") {
            _ = try stage("text index", BundleFiles.text, [known, try Configuration.key(configuration.text)]) {
                url, _ in
                let options = configuration.text
                var collector = TextCollector(options.analysis(data.schema))
                for item in data.items { collector.add(ItemTexts.forIndex(item, schema: data.schema, options)) }
                let report = try collector.write(k1: options.k1, b: options.b, to: url)
                return "\(report.words) words, \(report.terms) terms, \(report.postings) postings"
            }
        }
        _ = try stage("popular", BundleFiles.popular, [known]) { url, _ in
            let report = try PopularRetriever.build(from: data.interactions, to: url)
            return "\(report.items) items with positives"
        }
        _ = try stage(
            "state", BundleFiles.state,
            [
                known, data.stateKey, try Configuration.key(configuration.events),
                try Configuration.key(configuration.live),
            ]
        ) { url, _ in
            let state = data.state(
                rules: configuration.events, halfLife: HalfLife(hours: configuration.live.halfLifeHours))
            try Checkpoint.write(state, to: url)
            return "\(data.interactions.users.count) users, log position \(data.lastSeq)"
        }
        return Draft(files: files)
    }

    private static let graphFile = "graph.safetensors"
    private static let skipGramFile = "skip-gram.safetensors"
}

/// The input vectors at length 1: n x d.
private func unitRows(of model: SkipGramModel) -> [Float] {
    var rows = model.input
    rows.withUnsafeMutableBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        VectorKernels.normalise(
            rows: base, stride: model.dimension, count: model.itemCount, dimension: model.dimension)
    }
    return rows
}

/// The files of a bundle that is not sealed yet, by their names in the bundle.
struct Draft {
    var files: [String: URL]

    /// Puts the files into a folder, as links where the file system allows.
    func assemble(in folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, source) in files.sorted(by: { $0.key < $1.key }) {
            let target = folder.appendingPathComponent(name)
            try? FileManager.default.removeItem(at: target)
            do {
                try FileManager.default.linkItem(at: source, to: target)
            } catch {
                try FileManager.default.copyItem(at: source, to: target)
            }
        }
    }
}
