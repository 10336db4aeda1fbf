import MagpieArtifacts
import MagpieDomain
import MagpieOnline

/// A bundle that is being served, with its live state. One reference that a request takes and keeps to its end.
final class OpenBundle: Sendable {
    let recommender: Recommender
    let catalogueSeq: Int64

    var id: String { recommender.snapshot.bundle }

    /// Opens a bundle and catches up with the log.
    init(_ bundle: BundleFolder, log: some EventLog, catalogue: some Catalogue) throws {
        catalogueSeq = bundle.manifest.catalogueSeq
        recommender = try Recommender(opening: bundle, log: log, catalogue: catalogue)
    }

    /// Folds in what the log has beyond the state. For the writer only.
    func catchUp(_ log: some EventLog) throws {
        let state = recommender.state
        try log.read(after: state.appliedSeq, through: try log.lastSeq()) { state.apply($0) }
    }
}
