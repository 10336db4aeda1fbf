import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRetrieval

/// A way to answer texts: BM25 by itself, or with latent semantics beside it.
struct TextAsker {
    let text: TextRetriever
    /// nil = BM25 by itself.
    var semantic: SemanticRetriever?

    /// As output names it.
    var ranking: String { semantic == nil ? "bm25" : "hybrid" }

    /// So many candidates of each are put together, as the scenario `search` does it.
    private static let candidates = Scenario.search.candidatesPerRetriever

    func answers(_ query: Query, k: Int) -> [Scored] {
        guard let semantic else { return text.candidates(for: query, limit: k, deadline: .none) }
        let limit = max(k, Self.candidates)
        let retrievers: [any Retriever] = [text, semantic]
        let proposed = retrievers.flatMap { $0.candidates(for: query, limit: limit, deadline: .none) }
        let items = Set(proposed.map(\.item)).sorted()
        let scores = SearchFusion.scores(
            retrievers.map { ($0.name, $0.scores(of: items, for: query)) }, count: items.count)
        var best = TopK(k)
        for (item, score) in zip(items, scores) { best.offer(item, score) }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    func answers(_ text: String, k: Int) -> [Scored] {
        answers(Query(text: text, excluded: ItemSet(itemCount: 0)), k: k)
    }
}

/// Latent semantics of a text index, built into a file, and how long that took.
struct BuiltSemantics {
    let retriever: SemanticRetriever
    let report: LatentSemantics.Report
    let seconds: Double
    let bytes: Int
    /// Of the index over the items; nil where there are too few for one.
    let partitions: Int?

    /// - Parameter file: gets the vectors; its neighbour with "-index" behind the name the index.
    init(
        of text: TextRetriever, dimensions: Int, seed: UInt64, threads: Int, file: URL
    ) throws {
        var options = SemanticOptions()
        options.dimensions = dimensions
        let indexFile = file.deletingLastPathComponent().appendingPathComponent(file.lastPathComponent + "-index")
        defer { try? FileManager.default.removeItem(at: indexFile) }
        let began = Clock.now
        report = try LatentSemantics.build(of: text.index, options: options, seed: seed, threads: threads, to: file)
        let model = try LatentSemantics(opening: file, text: text.index)
        var bytes = Self.size(file)
        var index: PartitionedIndex?
        if report.items >= PartitionedIndex.minimumItems {
            let built = try PartitionedIndex.build(
                model.vectors(threads: threads), present: model.present, metric: .innerProduct, seed: seed,
                threads: threads, to: indexFile)
            partitions = built.partitions
            bytes += Self.size(indexFile)
            index = try PartitionedIndex(opening: indexFile)
        } else {
            partitions = nil
        }
        seconds = Double(Clock.now - began) / 1e9
        self.bytes = bytes
        retriever = try SemanticRetriever(model, options: text.options, index: index, checkEvery: 0)
    }

    private static func size(_ file: URL) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
    }
}
