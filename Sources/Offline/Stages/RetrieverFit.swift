import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import MagpieRanking
import MagpieRetrieval

/// Fits everything of a bundle that learns from one window: item table, graph, walks, embeddings, query encoder,
/// vector indexes, text index, latent semantics, neighbours, popularity and state. Each is a stage with a key of its own, so that two windows or
/// two runs that share an input share the result.
struct RetrieverFit {
    let configuration: Configuration
    let seed: UInt64
    let threads: Int
    let runner: StageRunner

    /// The folder of a draft bundle without rankers, made of links to the stages' results.
    /// - Parameter retrievers: fits only what these need; nil: all but `withoutRetrievers`.
    func draft(_ data: Dataset, window: String, retrievers: [String]? = nil) throws -> Draft {
        let known = data.fingerprint
        var files: [String: URL] = [:]
        func isWanted(_ retriever: String) -> Bool {
            retrievers.map { $0.contains(retriever) || $0.contains(retriever + "-recent") }
                ?? !configuration.withoutRetrievers.contains(retriever)
        }
        func stage(
            _ name: String, _ file: String, version: Int = 1, _ inputs: [String],
            _ work: (URL, @escaping (Double) -> Void) throws -> String
        ) throws {
            let result = try runner.run(name, window: window, version: version, inputs: inputs) { folder, progress in
                try work(folder.appendingPathComponent(file), progress)
            }
            files[file] = result.folder.appendingPathComponent(file)
        }

        try stage("items", BundleFiles.items, [known]) { url, _ in
            try ItemTable.write(data.items, schema: data.schema, to: url)
            return "\(data.items.count) items, \(data.schema.count) attributes"
        }
        if isWanted("embedding") { files.merge(try embeddings(data, window: window)) { $1 } }
        for table in try neighbourStages(data) where isWanted(table.name) {
            try stage(table.name, table.file, [known, table.options], table.build)
        }
        if isWanted("text") || isWanted("semantic") {
            files.merge(try texts(data, window: window, isSemantic: isWanted("semantic"))) { $1 }
        }
        try stage("popular", BundleFiles.popular, [known]) { url, _ in
            let report = try PopularRetriever.build(from: data.interactions, to: url)
            return "\(report.items) items with positives"
        }
        try stage(
            "state", BundleFiles.state, version: 3,
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
}

extension RetrieverFit {
    private static let graphFile = "graph.safetensors"
    private static let modelFile = "embedding-model.safetensors"

    /// Graph, vectors, encoder, indexes: the files that serve.
    private func embeddings(_ data: Dataset, window: String) throws -> [String: URL] {
        let known = data.fingerprint
        let fit = EmbeddingFit(data: data, configuration: configuration, seed: seed, threads: threads)
        let embedding = configuration.embedding
        let graph =
            try embedding.needsGraph
            ? runner.run("graph", window: window, inputs: [known, try Configuration.key(configuration.graph)]) {
                folder, progress in
                let report = try ItemGraph.build(
                    from: data.interactions, options: configuration.graph, seed: seed, threads: threads,
                    progress: progress, to: folder.appendingPathComponent(Self.graphFile))
                return "\(report.nodes) nodes, \(report.edges) edges"
            } : nil
        let vectors = try runner.run(
            "embed", window: window, version: 3, inputs: [graph?.key ?? known] + (try fit.modelInputs())
        ) { folder, progress in
            try fit.model(
                graph: graph.map { $0.folder.appendingPathComponent(Self.graphFile) },
                to: folder.appendingPathComponent(Self.modelFile), progress: progress)
        }
        let fitted = try runner.run(
            "query encoder", window: window, version: 3,
            inputs: [
                vectors.key, known, try Configuration.key(configuration.queryEncoder),
                try Configuration.key(configuration.text), try Configuration.key(embedding), "\(seed)",
            ]
        ) { folder, progress in
            try fit.table(
                from: vectors.folder.appendingPathComponent(Self.modelFile),
                encoder: folder.appendingPathComponent(BundleFiles.queryEncoder),
                table: folder.appendingPathComponent(BundleFiles.embeddings), progress: progress)
        }
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
        var files = [BundleFiles.queryEncoder, BundleFiles.embeddings].reduce(into: [String: URL]()) { files, name in
            files[name] = fitted.folder.appendingPathComponent(name)
        }
        for name in [BundleFiles.inputIndex, BundleFiles.outputIndex] {
            let url = indexes.folder.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: url.path) { files[name] = url }
        }
        return files
    }
}

extension RetrieverFit {
    /// The text index, latent semantics, their index: the files that serve.
    private func texts(_ data: Dataset, window: String, isSemantic: Bool) throws -> [String: URL] {
        let options = configuration.text
        let text = try runner.run(
            "text index", window: window, inputs: [data.fingerprint, try Configuration.key(options)]
        ) { folder, _ in
            var collector = TextCollector(options.analysis(data.schema))
            for item in data.items { collector.add(ItemTexts.forIndex(item, schema: data.schema, options)) }
            let report = try collector.write(
                k1: options.k1, b: options.b, to: folder.appendingPathComponent(BundleFiles.text))
            return "\(report.words) words, \(report.terms) terms, \(report.postings) postings"
        }
        let textFile = text.folder.appendingPathComponent(BundleFiles.text)
        var files = [BundleFiles.text: textFile]
        guard isSemantic, data.items.count <= configuration.semantic.maximumItems else { return files }
        let fit = SemanticFit(data: data, configuration: configuration, seed: seed, threads: threads)
        let vectors = try runner.run(
            "semantic", window: window, inputs: [text.key, try Configuration.key(configuration.semantic), "\(seed)"]
        ) { folder, progress in
            try fit.vectors(
                of: textFile, to: folder.appendingPathComponent(BundleFiles.semantic), progress: progress)
        }
        let vectorsFile = vectors.folder.appendingPathComponent(BundleFiles.semantic)
        files[BundleFiles.semantic] = vectorsFile
        let index = try runner.run(
            "semantic index", window: window,
            inputs: [
                vectors.key, data.fingerprint, try Configuration.key(configuration.index.partitioned),
                "\(configuration.index.minimumItems)", try Configuration.key(options), "\(seed)",
            ]
        ) { folder, progress in
            try fit.index(of: vectorsFile, text: textFile, to: folder, progress: progress)
        }
        let indexFile = index.folder.appendingPathComponent(BundleFiles.semanticIndex)
        if FileManager.default.fileExists(atPath: indexFile.path) { files[BundleFiles.semanticIndex] = indexFile }
        return files
    }
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
