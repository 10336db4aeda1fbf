import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieOnline
import MagpieRetrieval

/// When embeddings get an index, and how it is built.
public struct IndexOptions: Sendable, Hashable, Codable {
    /// A space with fewer vectors is searched row by row, which is quicker there (docs/adr/0015).
    public var minimumItems = PartitionedIndex.minimumItems
    /// The share of the true nearest vectors that a search finds, on average.
    public var recall = PartitionedIndex.defaultRecall
    public var partitioned = PartitionedIndexOptions()

    public init() {}
}

/// The stage "index": partitioned indexes over the two spaces of the embeddings, calibrated on what will be asked of
/// them. A space that is too small for one gets no file, and is searched exactly.
struct IndexFit {
    let data: Dataset
    let options: IndexOptions
    let text: TextOptions
    let seed: UInt64
    let threads: Int

    /// - Parameters:
    ///   - fitted: the folder with the embeddings and the query encoder.
    ///   - folder: gets the files.
    /// - Returns: a line for people.
    func build(_ fitted: URL, to folder: URL, progress: (Double) -> Void) throws -> String {
        let table = try EmbeddingTable(
            opening: fitted.appendingPathComponent(BundleFiles.embeddings), itemCount: data.items.count)
        let encoder = try QueryEncoder(opening: fitted.appendingPathComponent(BundleFiles.queryEncoder))
        let spaces = [
            Space(name: "in", file: BundleFiles.inputIndex, rows: table.input, present: table.withInput) {
                likeness(table, encoder)
            },
            Space(name: "out", file: BundleFiles.outputIndex, rows: table.output, present: table.withOutput) {
                histories(table)
            },
        ]
        return try spaces.enumerated().map { place, space in
            let count = space.present.count
            guard count >= options.minimumItems, count > 0 else { return "\(space.name): \(count) vectors, exact" }
            let queries = space.queries()
            let report = try PartitionedIndex.build(
                VectorSet(name: "\(BundleFiles.embeddings), tensor \"\(space.name)\"", space.rows),
                present: space.present, metric: .innerProduct,
                queries: queries.isEmpty
                    ? nil
                    : VectorSet(
                        name: "queries of \"\(space.name)\"", dimension: space.rows.shape[1],
                        values: queries.flatMap { $0 }),
                options: options.partitioned, seed: seed, threads: threads,
                progress: { progress((Double(place) + $0) / Double(spaces.count)) },
                to: folder.appendingPathComponent(space.file))
            return "\(space.name): \(report.count) vectors, \(report.partitions) partitions, "
                + "\((report.bytes + report.count / 2) / report.count) bytes a vector"
        }.joined(separator: "; ")
    }

    private struct Space {
        var name: String
        var file: String
        var rows: Tensor<Float>
        var present: ItemSet
        var queries: () -> [[Float]]
    }
}

// MARK: What will be asked

extension IndexFit {
    private var wanted: Int { options.partitioned.calibrationQueries }

    /// What `home` asks: the histories of users, as live state would have them at the window's end. Where users are too
    /// few, of newcomers who liked one item.
    private func histories(_ table: EmbeddingTable) -> [[Float]] {
        let log = data.interactions
        var random = RandomSource(seed: seed, 0x0075_7365_7273)
        var isUsable = [Bool](repeating: false, count: log.users.count)
        for row in 0..<log.count where log.isPositive[row] && table.withOutput.contains(log.item[row]) {
            isUsable[Int(log.user[row])] = true
        }
        let users = sample(isUsable.indices.filter { isUsable[$0] }, using: &random)
        var rows: [Int: [Int]] = [:]
        for user in users { rows[user] = [] }
        for row in 0..<log.count where log.isPositive[row] { rows[Int(log.user[row])]?.append(row) }
        var queries = users.compactMap { user -> [Float]? in
            // The newest first, each item once: as UserState.history has it.
            let newest = (rows[user] ?? []).sorted {
                (log.time[$1], data.eventHashes[$1]) < (log.time[$0], data.eventHashes[$0])
            }
            var seen = Set<ItemIndex>()
            let history = newest.filter { seen.insert(log.item[$0]).inserted }.prefix(Recommender.historyLimit)
            return table.query(
                for: history.map { Interest(item: log.item[$0], time: Timestamp(milliseconds: log.time[$0])) })
        }
        let items = sample(table.withOutput.items.map(Int.init), using: &random)
        queries += items.prefix(wanted - queries.count).compactMap {
            table.query(for: [Interest(item: ItemIndex($0), time: .distantPast)])
        }
        return queries
    }

    /// What `similar` and `search` ask, half of each: items' own vectors and texts by which items are looked for. (An
    /// item's own vector finds itself, which `similar` excludes: of the one best that flatters, of hundreds it does not.)
    private func likeness(_ table: EmbeddingTable, _ encoder: QueryEncoder) -> [[Float]] {
        var random = RandomSource(seed: seed, 0x0074_6578_7473)
        let titled = data.items.indices.filter { data.items[$0].attributes[ReservedAttribute.title] != nil }
        let texts = sample(titled, using: &random).prefix(wanted / 2).compactMap { row -> [Float]? in
            let item = data.encoderText(of: row, text)
            return QueryViews.views(of: item, count: 1, using: &random).first.flatMap { encoder.embed($0) }
        }
        let items = sample(table.withInput.items.map(Int.init), using: &random)
        return texts + items.prefix(wanted - texts.count).compactMap { table.unitInput(of: ItemIndex($0)) }
    }

    /// At most ``wanted`` of the candidates, each once, in no order.
    private func sample(_ candidates: [Int], using random: inout RandomSource) -> [Int] {
        var left = candidates
        let count = min(wanted, left.count)
        for place in 0..<count { left.swapAt(place, place + random.below(left.count - place)) }
        return Array(left.prefix(count))
    }
}
