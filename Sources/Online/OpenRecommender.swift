import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking
import MagpieRetrieval

extension Recommender {
    /// Opens a bundle with live state: the bundle's checkpoint, then the log's tail, then what changed in the
    /// catalogue. When it returns it has caught up with the log.
    ///
    /// The rules that its checkpoint was folded with, and the scenarios its rankers were trained for, are those in
    /// its manifest: an edit of the configuration holds from the next training on.
    /// - Parameter indexRecall: see ``EmbeddingIndexes/recall``; nil: as the bundle was trained.
    public init(
        opening bundle: BundleFolder, log: some EventLog, catalogue store: some Catalogue, indexRecall: Double? = nil
    ) throws {
        let trained = try bundle.manifest.configuration.decoded(as: Trained.self)
        var snapshot = try Snapshot(
            opening: bundle.url, bundle: bundle.id, scenarios: trained.scenarios,
            indexRecall: indexRecall ?? trained.index?.recall ?? PartitionedIndex.defaultRecall,
            textSearch: trained.text?.search ?? TextSearchOptions(),
            timeZone: trained.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt,
            outside: try (store as? any OutsideTables)?.outsideTables() ?? [],
            withoutRetrievers: trained.withoutRetrievers ?? [],
            withoutFeatures: trained.ranker?.withoutFeatures ?? [],
            crossedFeatures: trained.ranker?.crossedFeatures ?? [],
            newcomersBelow: trained.ranker?.newcomers?.below ?? 0)
        let state = FeatureStore(rules: trained.events, checkpoint: snapshot.checkpoint, isRemembering: true)
        let live = snapshot.searchLive(options: trained.text ?? TextOptions())
        let catalogue = LiveCatalogue(items: LiveItems(beside: snapshot.items, sides: live))
        // Who was erased after the checkpoint was made is still in it: forget them before the tail is read.
        for user in try log.erasures(after: state.appliedSeq) { state.forget(user) }
        try log.read(after: state.appliedSeq, through: try log.lastSeq()) { state.apply($0) }
        try store.itemRevisions(after: bundle.manifest.catalogueSeq) { catalogue.apply($0) }
        self.init(snapshot: snapshot, state: state, catalogue: catalogue)
        if snapshot.isLive { trends.update(to: state) }
    }

    /// The part of a training's configuration that answering needs.
    private struct Trained: Decodable {
        var events: EventRules
        var scenarios: [Scenario]
        /// Not in bundles that were made before there was an index.
        var index: Index?
        /// How items' words were read.
        var text: TextOptions?
        var timeZone: String?
        var ranker: Ranker?
        /// Not in bundles that were made before retrievers could be left out.
        var withoutRetrievers: [String]?

        struct Index: Decodable {
            var recall: Double
        }

        struct Ranker: Decodable {
            /// What its rankers were trained without.
            var withoutFeatures: [String]?
            /// Not in bundles that were made before products were features.
            var crossedFeatures: [[String]]?
            /// Not in bundles that were made before newcomers had rankers.
            var newcomers: Newcomers?

            struct Newcomers: Decodable {
                var below: Int
            }
        }
    }
}
