import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieRanking

extension Recommender {
    /// Opens a bundle with live state: the bundle's checkpoint, then the log's tail, then what changed in the
    /// catalogue. When it returns it has caught up with the log.
    ///
    /// - Parameters:
    ///   - folder: the bundle's folder.
    ///   - catalogueSeq: the newest item revision that the bundle was made with.
    public init(
        opening folder: URL, bundle: String, scenarios: [Scenario] = Scenario.shipped, rules: EventRules,
        log: some EventLog, catalogue store: some Catalogue, catalogueSeq: Int64
    ) throws {
        let snapshot = try Snapshot(opening: folder, bundle: bundle, scenarios: scenarios)
        let state = FeatureStore(rules: rules, checkpoint: snapshot.checkpoint)
        let catalogue = LiveCatalogue()
        // Who was erased after the checkpoint was made is still in it: forget them before the tail is read.
        for user in try log.erasures(after: state.appliedSeq) { state.forget(user) }
        try log.read(after: state.appliedSeq, through: try log.lastSeq()) { state.apply($0) }
        try store.itemRevisions(after: catalogueSeq) { catalogue.apply($0) }
        self.init(snapshot: snapshot, state: state, catalogue: catalogue)
    }
}
