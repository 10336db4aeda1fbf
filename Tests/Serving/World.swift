import Foundation
import Logging
import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import MagpieRanking
import MagpieRetrieval
import MagpieSQLiteStore

@testable import MagpieServing

/// A tiny planted world in a home of its own: six action films and six comedies; ten users like action, ten
/// comedies, and each has left two of their kind unseen. Whoever is asked for must get just those two first.
final class World: Sendable {
    static let kinds = ["action", "comedy"]
    static let filmsPerKind = 6
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    let home: Home
    let store: SQLiteStore
    let rules = EventRules()

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        home = try Home.open(at: folder, create: true)
        store = try SQLiteStore(home.logURL)
        _ = try store.append(Self.items())
        _ = try store.append(Self.events())
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: home.url)
    }

    func live() -> LiveHome { LiveHome(log: store, catalogue: store, bundles: home.bundles, timeLimit: .seconds(30)) }

    // MARK: What is planted

    /// User u of 20 likes the kind u % 2, all but the films `unseen(u)`.
    static func unseen(_ user: Int) -> [String] {
        let kind = kinds[user % 2]
        let first = user / 2 % filmsPerKind
        return ["\(kind)-\(first)", "\(kind)-\((first + 1) % filmsPerKind)"]
    }

    private static func items() -> [Revision<Item>] {
        kinds.flatMap { kind in
            (0..<filmsPerKind).map { number in
                let patch: AttributePatch = [
                    ReservedAttribute.title: .text("The \"\(kind)\" film, no. \(number)"),
                    "genres": .keywords([kind]), "year": .number(Double(1990 + number)),
                ]
                return Revision(
                    id: ItemID("\(kind)-\(number)"), validFrom: start, receivedAt: start, change: .patch(patch))
            }
        }
    }

    private static func events() -> [Event] {
        (0..<20).flatMap { user in
            (0..<filmsPerKind).map { "\(kinds[user % 2])-\($0)" }.filter { !unseen(user).contains($0) }
                .enumerated().map { place, item in
                    let time = Timestamp(milliseconds: start.milliseconds + Int64(user * 100 + place) * 60_000)
                    var event = Event(
                        kind: "rating", userId: UserID("u\(user)"), itemId: ItemID(item), value: 5, time: time,
                        source: "planted")
                    event.eventId = "planted-\(user)-\(place)"
                    return event
                }
        }
    }

    // MARK: Training, in small

    /// Makes a bundle of everything in the store and publishes it.
    @discardableResult
    func train() throws -> String {
        let id = try bundle()
        try home.bundles.publish(id)
        return id
    }

    /// Makes a bundle of everything in the store.
    func bundle() throws -> String {
        let entries = try store.items(asOf: .distantFuture).sorted { $0.id < $1.id }
        let schema = try store.itemSchema()
        let draft = try home.bundles.draft()
        func file(_ name: String) -> URL { draft.appendingPathComponent(name) }
        try ItemTable.write(entries, schema: schema, to: file(BundleFiles.items))
        let table = try ItemTable(file(BundleFiles.items))

        let state = FeatureStore(rules: rules)
        var events: [Event] = []
        try store.read(after: 0, through: try store.lastSeq()) { events.append($0) }
        let users = Set(events.compactMap(\.actor)).sorted()
        var interactions = Interactions(users: users, itemCount: table.count)
        for event in events {
            state.apply(event)
            guard let user = event.actor.flatMap({ users.firstIndex(of: $0) }),
                let item = event.itemId.flatMap({ table.index(of: $0) })
            else { continue }
            interactions.append(
                seq: event.seq, user: UInt32(user), item: item, time: event.effectiveTime.milliseconds, weight: 1,
                isPositive: rules.isPositive(event))
        }
        _ = try PopularRetriever.build(from: interactions, to: file(BundleFiles.popular))
        _ = try RP3Beta.build(
            from: interactions, options: NeighbourOptions(), threads: 1, to: file(BundleFiles.neighbours))
        _ = try Transitions.build(
            from: interactions, options: TransitionOptions(), threads: 1, to: file(BundleFiles.transitions))
        _ = try EASE.build(from: interactions, options: EASEOptions(), threads: 1, to: file(BundleFiles.ease))
        _ = try Cosine.build(from: interactions, options: CosineOptions(), threads: 1, to: file(BundleFiles.cosine))
        _ = try SessionIndex.build(from: interactions, options: SessionOptions(), to: file(BundleFiles.sessions))
        let texts = (0..<ItemIndex(table.count)).map { item in
            ItemText(fields: [.init(name: "title", boost: 1, text: table.title(of: item) ?? "")])
        }
        _ = try TextIndex.build(texts, to: file(BundleFiles.text))
        try Checkpoint.write(state, to: file(BundleFiles.state))
        try writeEmbeddings(table, interactions, file)

        let bundle = try home.bundles.seal(
            draft,
            BundleManifest(
                configuration: .init(encoding: Configuration(events: rules, scenarios: Scenario.shipped)), seed: 1,
                window: .init(), counts: [:], codeVersion: "test", logSeq: try store.lastSeq(),
                catalogueSeq: try store.lastItemSeq(), createdAt: .now))
        return bundle.id
    }

    /// Films of a kind lie together; the numbers of the films keep them apart a little.
    private func writeEmbeddings(
        _ items: ItemTable, _ interactions: Interactions, _ file: (String) -> URL
    ) throws {
        let rows = (0..<ItemIndex(items.count)).flatMap { item -> [Float] in
            let isAction = items.id(of: item).string.hasPrefix(Self.kinds[0])
            return [isAction ? 1 : 0, isAction ? 0 : 1, 0.01 * Float(item), 0.1]
        }
        let popularity = interactions.positivesPerItem()
        let model = EmbeddingModel(
            dimension: 4, input: rows, output: rows, counts: popularity.map { Int64(max($0, 1)) })
        _ = try EmbeddingTable.build(
            from: model, popularity: popularity, options: EmbeddingTableOptions(), to: file(BundleFiles.embeddings))
        var options = QueryEncoder.Options()
        (options.buckets, options.epochs, options.batch) = (1 << 12, 20, 8)
        let lengths = rows.indices.map { i in rows[i / 4 * 4..<i / 4 * 4 + 4].reduce(0) { $0 + $1 * $1 }.squareRoot() }
        _ = try QueryEncoder.train(
            texts: (0..<ItemIndex(items.count)).map { item in
                EncoderText(
                    title: items.title(of: item) ?? "", keywords: [String(items.id(of: item).string.prefix(6))])
            },
            targets: zip(rows, lengths).map { $0 / $1 }, known: [Bool](repeating: true, count: items.count),
            dimension: 4, options: options, seed: 1, threads: 1, to: file(BundleFiles.queryEncoder))
        let table = try EmbeddingTable(opening: file(BundleFiles.embeddings))
        // One space has an index and the other none, as at the size where the first is just large enough.
        _ = try PartitionedIndex.build(
            VectorSet(name: "out", table.output), present: table.withOutput, metric: .innerProduct, seed: 1,
            threads: 1, to: file(BundleFiles.outputIndex))
    }

    private struct Configuration: Encodable {
        var events: EventRules
        var scenarios: [Scenario]
    }
}

let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
