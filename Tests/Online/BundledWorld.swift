import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import MagpieRetrieval
import MagpieTestSupport

@testable import MagpieOnline

/// The planted world as the files of a bundle, made once for all tests; each test opens them with a state of its own.
///
/// Beside the planted films there are some with a special fate: `hidden` (available false), `soon` (from tomorrow),
/// `over` (until yesterday), and a pair of editions in one group. They are liked by everybody, so that only their fate
/// keeps them out.
final class BundledWorld: Sendable {
    static let shared = Result { try BundledWorld() }

    let world = PlantedWorld()
    let rules = EventRules()
    let folder: TemporaryFolder
    let bundle: URL
    let events: [Event]
    let revisions: [Revision<Item>]

    static let day: Int64 = 86_400_000
    /// In the order of the snapshot.
    static let retrievers = [
        "embedding", "neighbours", "neighbours-recent", "transitions", "transitions-recent", "ease", "ease-recent",
        "cosine", "cosine-recent",
        "sessions", "text", "semantic", "popular", "trending", "covisits",
    ]
    /// The files without which nobody knows anything of a user; with the state, that is, which has the covisits.
    static let personal =
        [BundleFiles.embeddings, BundleFiles.text, BundleFiles.sessions, BundleFiles.state] + BundleFiles.tables

    private init() throws {
        folder = try TemporaryFolder()
        bundle = folder.file("bundle")
        try FileManager.default.createDirectory(at: bundle, withIntermediateDirectories: true)
        let now = world.now
        let specials: [(ItemID, AttributePatch)] = [
            ("hidden", ["available": .bool(false)]),
            ("over", ["availableUntil": .time(now)]),
            ("soon", ["availableFrom": .time(Timestamp(milliseconds: now.milliseconds + Self.day))]),
            ("edition-1", ["groupId": .keyword("edition"), "title": .text("Edition One")]),
            ("edition-2", ["groupId": .keyword("edition"), "title": .text("Edition Two")]),
        ]
        revisions =
            world.revisions
            + specials.map { id, patch in
                Revision(
                    id: id, validFrom: PlantedWorld.start, receivedAt: PlantedWorld.start, change: .patch(patch))
            }
        var extra: [Event] = []
        for (place, special) in specials.enumerated() {
            for user in 30..<60 {
                let time = Timestamp(milliseconds: PlantedWorld.start.milliseconds + Int64(40 + place) * Self.day)
                var event = Event(
                    kind: "rating", userId: world.users[user], itemId: special.0, value: 5, time: time,
                    source: "planted")
                event.eventId = "special-\(user)-\(place)"
                extra.append(event)
            }
        }
        events = (world.events + extra).numbered()
        try write()
    }

    private func write() throws {
        let store = try SQLiteWorld.store(revisions, in: folder)
        let items = try store.items(asOf: .distantFuture)
        func file(_ name: String) -> URL { bundle.appendingPathComponent(name) }
        try ItemTable.write(items, schema: try store.itemSchema(), to: file(BundleFiles.items))
        let table = try ItemTable(file(BundleFiles.items))
        let users = Set(events.compactMap(\.actor)).sorted()
        var interactions = Interactions(users: users, itemCount: table.count)
        let state = FeatureStore(rules: rules)
        for event in events {
            state.apply(event)
            guard let user = event.actor.flatMap({ users.firstIndex(of: $0) }),
                let item = event.itemId.flatMap({ table.index(of: $0) })
            else { continue }
            interactions.append(
                seq: event.seq, user: UInt32(user), item: item, time: event.time.milliseconds, weight: 1,
                isPositive: rules.isPositive(event))
        }
        try Checkpoint.write(state, to: file(BundleFiles.state))
        _ = try PopularRetriever.build(from: interactions, to: file(BundleFiles.popular))
        _ = try RP3Beta.build(
            from: interactions, options: NeighbourOptions(), threads: 1, to: file(BundleFiles.neighbours))
        _ = try Transitions.build(
            from: interactions, options: TransitionOptions(), threads: 1, to: file(BundleFiles.transitions))
        _ = try EASE.build(from: interactions, options: EASEOptions(), threads: 1, to: file(BundleFiles.ease))
        _ = try Cosine.build(from: interactions, options: CosineOptions(), threads: 1, to: file(BundleFiles.cosine))
        _ = try SessionIndex.build(from: interactions, options: SessionOptions(), to: file(BundleFiles.sessions))
        _ = try TextIndex.build(
            items.indices.map { row in
                ItemText(fields: [.init(name: "title", boost: 1, text: table.title(of: ItemIndex(row)) ?? "")])
            }, to: file(BundleFiles.text))
        let text = try TextIndex(opening: file(BundleFiles.text))
        _ = try LatentSemantics.build(of: text, seed: 1, threads: 1, to: file(BundleFiles.semantic))
        let semantics = try LatentSemantics(opening: file(BundleFiles.semantic), text: text)
        _ = try PartitionedIndex.build(
            semantics.vectors(threads: 1), present: semantics.present, metric: .innerProduct, seed: 1, threads: 1,
            to: file(BundleFiles.semanticIndex))
        var skipGram = SkipGramOptions()
        (skipGram.dimensions, skipGram.epochs, skipGram.learningRate, skipGram.window) = (8, 15, 0.05, 20)
        let model = SkipGramTrainer.train(
            on: SessionSentences(of: interactions), itemCount: table.count, options: skipGram, seed: 1, threads: 1
        ).model
        _ = try EmbeddingTable.build(
            from: model, popularity: interactions.positivesPerItem(), options: EmbeddingTableOptions(),
            to: file(BundleFiles.embeddings))
        let embeddings = try EmbeddingTable(opening: file(BundleFiles.embeddings))
        for (name, rows, present) in [
            (BundleFiles.inputIndex, embeddings.input, embeddings.withInput),
            (BundleFiles.outputIndex, embeddings.output, embeddings.withOutput),
        ] {
            _ = try PartitionedIndex.build(
                VectorSet(name: name, rows), present: present, metric: .innerProduct, seed: 1, threads: 1,
                to: file(name))
        }
        try fitRanker(in: bundle, state)
    }

    func fitRanker(
        in folder: URL, _ state: FeatureStore, withoutFeatures: [String] = [], crossedFeatures: [[String]] = []
    ) throws {
        let snapshot = try Snapshot(
            opening: folder, bundle: "draft", withoutFeatures: withoutFeatures, crossedFeatures: crossedFeatures)
        let recommender = Recommender(snapshot: snapshot, state: state)
        var examples = Examples(names: recommender.snapshot.features.names)
        for user in world.users.indices {
            let request = Request(id: Self.id, scenario: "home", user: world.users[user].key)
            let stage = try recommender.candidates(for: request, now: world.now)
            let wanted = world.unseen(byUser: user)
            examples.append(
                recommender.features(stage),
                labels: stage.items.map { wanted.contains(recommender.snapshot.items.id(of: $0)) }, missedPositives: 0)
        }
        let (ranker, _) = try ConditionalLogit.fit(examples, scenario: "home", threads: 1)
        try ranker.write(to: folder.appendingPathComponent(BundleFiles.ranker("home")))
    }

    // MARK: Opening

    static let id = RequestID(at: PlantedWorld.start, random: (1, 2))

    func recommender(
        _ folder: URL? = nil, scenarios: [Scenario] = Scenario.shipped, catalogue: LiveCatalogue = LiveCatalogue()
    ) throws -> Recommender {
        let snapshot = try Snapshot(opening: folder ?? bundle, bundle: "planted", scenarios: scenarios)
        return Recommender(
            snapshot: snapshot, state: FeatureStore(rules: rules, checkpoint: snapshot.checkpoint),
            catalogue: catalogue)
    }

    /// The bundle sealed, as training would have done.
    func sealed(in home: TemporaryFolder, catalogueSeq: Int64) throws -> BundleFolder {
        struct Configuration: Encodable {
            var events: EventRules
            var scenarios: [Scenario]
        }
        let store = BundleStore(folder: home.file("bundles"))
        let draft = try store.draft()
        for name in try FileManager.default.contentsOfDirectory(atPath: bundle.path) {
            try FileManager.default.copyItem(
                at: bundle.appendingPathComponent(name), to: draft.appendingPathComponent(name))
        }
        return try store.seal(
            draft,
            BundleManifest(
                configuration: .init(encoding: Configuration(events: rules, scenarios: Scenario.shipped)), seed: 1,
                window: .init(), counts: [:], codeVersion: "test", logSeq: Int64(events.count),
                catalogueSeq: catalogueSeq, createdAt: world.now))
    }

    /// A copy of the bundle without some of its files.
    func partial(without names: [String]) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: bundle.path) where !names.contains(name) {
            try FileManager.default.copyItem(at: bundle.appendingPathComponent(name), to: copy.file(name))
        }
        return copy
    }
}

extension Answer {
    var ids: [ItemID] { entries.map(\.id) }
}
