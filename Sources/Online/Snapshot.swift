import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import MagpieRetrieval

/// An open bundle: immutable, mapped, shared by all requests. A request takes one snapshot and keeps it to the end.
///
/// It may be partial: a retriever or a ranker whose file is not there is left out, and the answer comes from the
/// next rung. Only the item table must be there.
public struct Snapshot: Sendable {
    public let bundle: String
    public let items: ItemTable
    public private(set) var retrievers: [any Retriever]
    public let scenarios: [String: Scenario]
    public let features: FeatureCatalogue
    public let checkpoint: Checkpoint?
    /// Whether its state knows what is trending; older bundles' does not.
    let isLive: Bool
    private(set) var embedder: EmbeddingRetriever?
    private let encoder: QueryEncoder?
    let similarities: [any ItemSimilarity]
    let popularity: any Popularity
    let rankers: [String: any Ranker]
    /// Of who has liked fewer than ``newcomersBelow`` of the items.
    let newcomerRankers: [String: any Ranker]
    let newcomersBelow: Int
    let availability: Availability
    let filters: FilterCache

    /// - Parameters:
    ///   - folder: the bundle's folder, with the files named in ``BundleFiles``.
    ///   - indexRecall: the share of the true nearest vectors that searches through an index aim at.
    ///   - textSearch: how the text of a search is read.
    ///   - timeZone: of features in local time.
    ///   - outside: the home's outside tables, of which those that the bundle knows are read.
    ///   - withoutRetrievers: retrievers whose files were never made; of others a missing file makes a partial bundle.
    ///   - withoutFeatures: beginnings of the names of features that its rankers do without.
    ///   - crossedFeatures: pairs of names of the others, whose products are features, too.
    ///   - newcomersBelow: who has liked fewer items than this is a newcomer, whom a ranker of their own answers.
    public init(
        opening folder: URL, bundle: String, scenarios: [Scenario] = Scenario.shipped,
        indexRecall: Double = PartitionedIndex.defaultRecall, textSearch: TextSearchOptions = TextSearchOptions(),
        timeZone: TimeZone = .gmt, outside live: [OutsideTable] = [], withoutRetrievers: [String] = [],
        withoutFeatures: [String] = [], crossedFeatures: [[String]] = [], newcomersBelow: Int = 0
    ) throws {
        func there(_ name: String) -> URL? {
            let url = folder.appendingPathComponent(name)
            return FileManager.default.fileExists(atPath: url.path) ? url : nil
        }
        let items = try ItemTable(folder.appendingPathComponent(BundleFiles.items))
        var retrievers: [any Retriever] = []
        var similarities: [any ItemSimilarity] = []
        var popularity: any Popularity = NoPopularity()
        var embedder: EmbeddingRetriever?
        let encoder = try there(BundleFiles.queryEncoder).map(QueryEncoder.init(opening:))

        if let url = there(BundleFiles.embeddings) {
            let table = try EmbeddingTable(opening: url, itemCount: items.count)
            // Without them search is exact: slower where there are many items, and not worse.
            let indexes = EmbeddingIndexes(
                input: try there(BundleFiles.inputIndex).map {
                    try PartitionedIndex(opening: $0, itemCount: items.count)
                },
                output: try there(BundleFiles.outputIndex).map {
                    try PartitionedIndex(opening: $0, itemCount: items.count)
                }, recall: indexRecall)
            let retriever = try EmbeddingRetriever(table, text: encoder, indexes: indexes)
            retrievers.append(retriever)
            embedder = retriever
            similarities.append(EmbeddingSimilarity(table))
        }
        for url in BundleFiles.tables.compactMap(there) {
            let table = try NeighbourTable(opening: url, itemCount: items.count)
            retrievers += NeighbourRetriever.all(table)
            if table.method == .rp3beta { similarities.append(NeighbourSimilarity(table)) }
        }
        if let url = there(BundleFiles.sessions) {
            retrievers.append(try SessionRetriever(opening: url, itemCount: items.count))
        }
        if let url = there(BundleFiles.text) {
            let index = try TextIndex(opening: url)
            guard index.itemCount == items.count else {
                throw SnapshotError.itemCount(file: url.path, got: index.itemCount, expected: items.count)
            }
            retrievers.append(TextRetriever(index, options: textSearch))
            if let url = there(BundleFiles.semantic) {
                let model = try LatentSemantics(opening: url, text: index)
                let partitioned = try there(BundleFiles.semanticIndex).map {
                    try PartitionedIndex(opening: $0, itemCount: items.count)
                }
                retrievers.append(
                    try SemanticRetriever(model, options: textSearch, index: partitioned, recall: indexRecall))
            }
        }
        if let url = there(BundleFiles.popular) {
            let popular = try PopularRetriever(opening: url, itemCount: items.count)
            retrievers.append(popular)
            popularity = PopularityShare(popular)
        }

        let checkpoint = try there(BundleFiles.state).map(Checkpoint.init(opening:))
        isLive = checkpoint?.halfLife != nil
        if isLive {
            retrievers.append(MomentRetriever.trending(itemCount: items.count))
            retrievers.append(MomentRetriever.covisits(itemCount: items.count))
        }

        let all = FeatureCatalogue(
            retrievers: retrievers.map(\.name), similarities: similarities.map(\.name), items: items,
            popularity: popularity, timeZone: timeZone,
            outside: OutsideFile.updated(try there(BundleFiles.outside).map(OutsideFile.read) ?? [], by: live))
        let isPartial = (BundleFiles.retrievers(without: withoutRetrievers) + [BundleFiles.state])
            .contains { there($0) == nil }
        // What is misspelt leaves nothing out, and nobody would see it.
        if !isPartial, let none = withoutFeatures.first(where: { !all.has($0) }) {
            throw SnapshotError.noFeature(got: none, expected: all.names)
        }
        let without = all.without(withoutFeatures)
        // The product of what is not there would be unknown always.
        if !isPartial, let none = crossedFeatures.joined().first(where: { !without.names.contains($0) }) {
            throw SnapshotError.noColumn(got: none, expected: without.names)
        }
        var rankers: [String: any Ranker] = [:]
        var newcomerRankers: [String: any Ranker] = [:]
        for scenario in scenarios {
            if let url = there(BundleFiles.ranker(scenario.name)) { rankers[scenario.name] = try Rankers.open(url) }
            if let url = there(BundleFiles.newcomers(scenario.name)) {
                newcomerRankers[scenario.name] = try Rankers.open(url)
            }
        }
        // A bundle of an older version knows nothing of the features that came since.
        let trainedOn = Set((Array(rankers.values) + Array(newcomerRankers.values)).flatMap(\.featureNames))
        let features = (rankers.isEmpty ? without : without.only(trainedOn)).crossing(crossedFeatures)
        /// Without a retriever its features are missing too: the next rung is the order of the others.
        func fitting(_ rankers: [String: any Ranker]) throws -> [String: any Ranker] {
            let others = rankers.filter { $0.value.featureNames != features.names }
            guard let other = others.min(by: { $0.key < $1.key }), !isPartial else {
                return rankers.filter { others[$0.key] == nil }
            }
            let missing = other.value.featureNames.filter { !features.names.contains($0) }
            throw missing.isEmpty
                ? RankingError.featuresDiffer(scenario: other.key)
                : RankingError.noFeatures(scenario: other.key, missing: missing)
        }

        self.bundle = bundle
        self.items = items
        self.retrievers = retrievers
        self.embedder = embedder
        self.encoder = encoder
        self.similarities = similarities
        self.popularity = popularity
        self.features = features
        self.rankers = try fitting(rankers)
        self.newcomerRankers = try fitting(newcomerRankers)
        self.newcomersBelow = newcomersBelow
        self.scenarios = Dictionary(scenarios.map { ($0.name, $0) }) { _, last in last }
        self.checkpoint = checkpoint
        availability = Availability(items)
        filters = FilterCache(items)
    }

    public func scenario(_ name: String) throws -> Scenario {
        guard let scenario = scenarios[name] else {
            throw RequestError.unknownScenario(got: name, expected: scenarios.keys.sorted())
        }
        return scenario
    }

    /// Retrievers that answer without knowing anything of the user.
    static let impersonal: Set<String> = ["popular", "trending"]
    /// Retrievers that know what they know from live events or from the catalogue, not from the events of the training.
    static let unlearned: Set<String> = ["trending", "covisits", "text", "semantic"]

    /// From now on what changes is searched, too. Returns the sides to tell of it.
    mutating func searchLive(options: TextOptions) -> [any LiveRetriever] {
        var sides: [any LiveRetriever] = []
        if let text = liveText(options) { sides.append(text) }
        if let semantics = liveSemantics(options) { sides.append(semantics) }
        if let vectors = liveVectors(options) { sides.append(vectors) }
        return sides
    }

    private mutating func liveText(_ options: TextOptions) -> LiveText? {
        guard let place = retrievers.firstIndex(where: { $0 is TextRetriever }),
            let text = retrievers[place] as? TextRetriever
        else { return nil }
        let items = items
        let live = LiveTextIndex(
            over: text.index, options: text.options, rowOf: { items.index(of: $0) }, idOf: { items.id(of: $0) })
        retrievers[place] = TextRetriever(live)
        return LiveText(live, options: options, schema: items.schema)
    }

    private mutating func liveSemantics(_ options: TextOptions) -> LiveSemantics? {
        guard let place = retrievers.firstIndex(where: { $0 is SemanticRetriever }),
            let retriever = retrievers[place] as? SemanticRetriever
        else { return nil }
        let live = retriever.searchingLive()
        retrievers[place] = live
        return LiveSemantics(live, options: options, table: items)
    }

    private mutating func liveVectors(_ options: TextOptions) -> LiveVectors? {
        guard let encoder, let place = retrievers.firstIndex(where: { $0 is EmbeddingRetriever }),
            let retriever = retrievers[place] as? EmbeddingRetriever
        else { return nil }
        let live = retriever.searchingLive()
        retrievers[place] = live
        embedder = live
        return LiveVectors(live, encoder, options: options, table: items)
    }

    public func hasRanker(for scenario: String) -> Bool { rankers[scenario] != nil }

    /// How the spaces of vectors are searched, and how well; empty without any.
    public var vectorIndexes: [VectorIndexState] {
        (embedder?.states ?? []) + retrievers.compactMap { ($0 as? SemanticRetriever)?.state }
    }
}

public enum SnapshotError: Error, Equatable, CustomStringConvertible {
    case itemCount(file: String, got: Int, expected: Int)
    case noFeature(got: String, expected: [String])
    case noColumn(got: String, expected: [String])

    public var description: String {
        switch self {
        case .noFeature(let got, let expected):
            "ranker.withoutFeatures has \"\(got)\", with which no feature begins: there are "
                + expected.joined(separator: ", ")
        case .noColumn(let got, let expected):
            "ranker.crossedFeatures has \"\(got)\", which no feature is: there are " + expected.joined(separator: ", ")
        case .itemCount(let file, let got, let expected):
            "\(file) has \(got) items and the item table \(expected): the files are not of one bundle; "
                + "train again, or roll back to an older bundle"
        }
    }
}

/// ``Popularity`` from the counts of the popular retriever.
private struct PopularityShare: Popularity {
    private let shares: [Float]

    init(_ popular: PopularRetriever) {
        let logs = popular.counts.map { Float(log1p(Double($0))) }
        let most = max(logs.max() ?? 0, .leastNormalMagnitude)
        shares = logs.map { $0 / most }
    }

    func share(of item: ItemIndex) -> Float { shares[Int(item)] }
}

private struct NoPopularity: Popularity {
    func share(of item: ItemIndex) -> Float { .nan }
}
