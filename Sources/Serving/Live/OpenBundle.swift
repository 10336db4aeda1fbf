import MagpieArtifacts
import MagpieDomain
import MagpieOnline

/// A bundle that is being served, with its live state. One reference that a request takes and keeps to its end.
final class OpenBundle: Sendable {
    let recommender: Recommender
    let catalogueSeq: Int64

    var id: String { recommender.snapshot.bundle }

    /// Opens a bundle and catches up with the log. The rules that its checkpoint was folded with, and the scenarios
    /// its rankers were trained for, are those in its manifest: an edit of the configuration holds from the next
    /// training on.
    init(_ bundle: BundleFolder, log: some EventLog, catalogue: some Catalogue) throws {
        let trained = try bundle.manifest.configuration.decoded(as: Trained.self)
        catalogueSeq = bundle.manifest.catalogueSeq
        recommender = try Recommender(
            opening: bundle.url, bundle: bundle.id, scenarios: trained.scenarios, rules: trained.events, log: log,
            catalogue: catalogue, catalogueSeq: catalogueSeq)
    }

    /// Folds in what the log has beyond the state. For the writer only.
    func catchUp(_ log: some EventLog) throws {
        let state = recommender.state
        try log.read(after: state.appliedSeq, through: try log.lastSeq()) { state.apply($0) }
    }

    /// The part of a training's configuration that serving needs.
    private struct Trained: Decodable {
        var events: EventRules
        var scenarios: [Scenario]
    }
}
