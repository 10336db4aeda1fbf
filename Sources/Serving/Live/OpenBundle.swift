import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import Synchronization

/// A bundle that is being served, with its live state. One reference that a request takes and keeps to its end.
final class OpenBundle: Sendable {
    let recommender: Recommender
    let catalogueSeq: Int64
    /// How far erasures and items that other processes changed are known.
    private let followed: Mutex<(log: Int64, items: Int64)>

    var id: String { recommender.snapshot.bundle }

    /// Opens a bundle and catches up with the log.
    init(_ bundle: BundleFolder, log: some EventLog, catalogue: some Catalogue, indexRecall: Double?) throws {
        catalogueSeq = bundle.manifest.catalogueSeq
        // Whatever others do while it is opened is followed once more: applying it twice changes nothing.
        followed = Mutex((try log.lastSeq(), bundle.manifest.catalogueSeq))
        recommender = try Recommender(opening: bundle, log: log, catalogue: catalogue, indexRecall: indexRecall)
    }

    /// Folds in what the log has beyond the state. For the writer only.
    func catchUp(_ log: some EventLog) throws {
        let state = recommender.state
        try log.read(after: state.appliedSeq, through: .max) { state.apply($0) }
    }

    /// Takes over what other processes appended to the log and the catalogue, and forgets whom they erased. For the
    /// writer only.
    func follow(_ log: some EventLog, _ catalogue: some Catalogue) throws {
        let from = followed.withLock { $0 }
        for user in try log.erasures(after: from.log) { recommender.state.forget(user) }
        try catchUp(log)
        let last = try catalogue.lastItemSeq()
        if last > from.items { try catalogue.itemRevisions(after: from.items) { recommender.catalogue.apply($0) } }
        followed.withLock { $0 = (max(from.log, recommender.state.appliedSeq), max(from.items, last)) }
    }
}
