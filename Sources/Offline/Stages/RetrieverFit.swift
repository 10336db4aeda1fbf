import Foundation
import MagpieArtifacts
import MagpieDomain
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
    func draft(_ data: Dataset, window: String) throws -> Draft {
        let known = data.fingerprint
        var files: [String: URL] = [:]
        func stage(
            _ name: String, _ file: String, isServed: Bool = true, version: Int = 1, _ inputs: [String],
            _ work: (URL, @escaping (Double) -> Void) throws -> String
        ) throws -> StageRunner.Result {
            let result = try runner.run(name, window: window, version: version, inputs: inputs) { folder, progress in
                try work(folder.appendingPathComponent(file), progress)
            }
            if isServed { files[file] = result.folder.appendingPathComponent(file) }
            return result
        }

        _ = try stage("items", BundleFiles.items, [known]) { url, _ in
            try ItemTable.write(data.items, schema: data.schema, to: url)
            return "\(data.items.count) items, \(data.schema.count) attributes"
        }
        let fit = EmbeddingFit(data: data, configuration: configuration, seed: seed, threads: threads)
        let embedding = configuration.embedding
        let graph =
            try embedding.needsGraph
            ? stage(
                "graph", Self.graphFile, isServed: false, [known, try Configuration.key(configuration.graph)]
            ) {
                url, progress in
                let report = try ItemGraph.build(
                    from: data.interactions, options: configuration.graph, seed: seed, threads: threads,
                    progress: progress, to: url)
                return "\(report.nodes) nodes, \(report.edges) edges"
            } : nil
        let vectors = try stage(
            "embed", Self.modelFile, isServed: false, version: 2, [graph?.key ?? known] + (try fit.modelInputs())
        ) { url, progress in
            try fit.model(
                graph: graph.map { $0.folder.appendingPathComponent(Self.graphFile) }, to: url, progress: progress)
        }
        let fitted = try stage(
            "query encoder", BundleFiles.queryEncoder, version: 2,
            [
                vectors.key, known, try Configuration.key(configuration.queryEncoder),
                try Configuration.key(configuration.text), try Configuration.key(embedding), "\(seed)",
            ]
        ) { url, progress in
            try fit.table(
                from: vectors.folder.appendingPathComponent(Self.modelFile), encoder: url,
                table: url.deletingLastPathComponent().appendingPathComponent(BundleFiles.embeddings),
                progress: progress)
        }
        files[BundleFiles.embeddings] = files[BundleFiles.queryEncoder]?.deletingLastPathComponent()
            .appendingPathComponent(BundleFiles.embeddings)
        // Which of its files there are depends on how many vectors there are.
        let indexes = try runner.run(
            "index", window: window,
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
        _ = try stage("neighbours", BundleFiles.neighbours, [known, try Configuration.key(configuration.neighbours)]) {
            url, progress in
            let report = try NeighbourTable.build(
                from: data.interactions, options: configuration.neighbours, seed: seed, threads: threads,
                progress: progress, to: url)
            return "\(report.edges) edges"
        }
        _ = try stage("text index", BundleFiles.text, [known, try Configuration.key(configuration.text)]) { url, _ in
            let report = try TextIndex.build(
                data.items.map { ItemTexts.forIndex($0, configuration.text) }, k1: configuration.text.k1,
                b: configuration.text.b, to: url)
            return "\(report.terms) terms, \(report.postings) postings"
        }
        _ = try stage("popular", BundleFiles.popular, [known]) { url, _ in
            let report = try PopularRetriever.build(from: data.interactions, to: url)
            return "\(report.items) items with positives"
        }
        _ = try stage(
            "state", BundleFiles.state, [known, data.stateKey, try Configuration.key(configuration.events)]
        ) { url, _ in
            let state = data.state(rules: configuration.events)
            try Checkpoint.write(state, to: url)
            return "\(data.interactions.users.count) users, log position \(data.lastSeq)"
        }
        return Draft(files: files)
    }

    private static let graphFile = "graph.safetensors"
    private static let modelFile = "embedding-model.safetensors"
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
