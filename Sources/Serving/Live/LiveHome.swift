import MagpieArtifacts
import MagpieDomain
import MagpieOnline
import Synchronization

/// The live side of a home: its log and catalogue, and the bundle that answers now.
///
/// Reading and writing never wait for each other. A request takes one reference out of a mutex and answers from it,
/// on the thread it is on: that is arithmetic over mapped memory, so there is nothing to wait for. Whatever changes
/// the home goes through one queue, in this order: the store first (it decides), then the live state. A new bundle is
/// opened beside the old one and put in its place; requests under way end on the bundle they began with.
public final class LiveHome: Sendable {
    let log: any EventLog
    let catalogue: any Catalogue
    let bundles: BundleStore
    private let writer = WriterQueue(label: "magpie.writer")
    private let open = Mutex<OpenBundle?>(nil)
    /// Events that wait for the writer.
    private let arrived = Mutex<[Arrived]>([])
    /// How often people were erased or items changed: a bundle opened meanwhile may have missed one.
    private let changes = Mutex(0)
    let timeLimit: Duration
    private let indexRecall: Double?

    /// - Parameters:
    ///   - timeLimit: retrievers that have not started by then are left out of an answer.
    ///   - indexRecall: the share of the nearest vectors that searches aim at; nil: as the bundle was trained.
    public init(
        log: any EventLog, catalogue: any Catalogue, bundles: BundleStore, timeLimit: Duration = .seconds(1),
        indexRecall: Double? = nil
    ) {
        self.log = log
        self.catalogue = catalogue
        self.bundles = bundles
        self.timeLimit = timeLimit
        self.indexRecall = indexRecall
    }

    // MARK: Reading

    /// The id of the bundle that answers, and how far its state is; nil before one is open.
    public var status: (bundle: String, appliedSeq: Int64)? {
        open.withLock { $0 }.map { ($0.id, $0.recommender.state.appliedSeq) }
    }

    /// The recommender of the bundle that answers now; nil before one is open.
    public var recommender: Recommender? { open.withLock { $0 }?.recommender }

    /// Answers as of now. Throws ``APIError/notReady`` or what the recommender says of the request.
    public func answer(_ request: Request, now: Timestamp = .now) throws -> Answer {
        guard let bundle = open.withLock({ $0 }) else { throw APIError.notReady }
        return try bundle.recommender.answer(request, now: now, deadline: .after(timeLimit))
    }

    /// Answers from a list made ahead of time, less what may not be shown any more. Without an open bundle the list is
    /// shown as it is, and a filter cannot be judged.
    func answer(_ request: Request, from list: PrecomputedList, now: Timestamp) throws -> Answer {
        if let bundle = open.withLock({ $0 }) { return try bundle.recommender.answer(request, from: list, now: now) }
        guard request.filter == nil else { throw APIError.notReady }
        let unwanted = Set(request.exclude)
        return Answer(request, list, now: now, appliedSeq: 0) { !unwanted.contains($0) }
    }

    // MARK: Writing

    /// Appends events and folds in what was new: when it returns they are on the disk, and the next answer knows. All or
    /// nothing. Whoever comes while the disk is written shares the next commit with all others who came.
    /// - Parameter mayWait: somebody needs the processor, and a commit takes as much of it as several events: it waits a moment
    ///   for others.
    public func ingest(_ events: [Event], mayWait: Bool = false) async throws -> AppendReport {
        try await withCheckedThrowingContinuation { continuation in
            let waiting = arrived.withLock { arrived in
                guard arrived.count < Self.mostArrived else { return -1 }
                arrived.append(Arrived(events: events, continuation: continuation))
                return arrived.count
            }
            switch waiting {
            case ..<0: continuation.resume(throwing: APIError.overloaded)
            case 1: writer.start(after: mayWait ? Self.moment : .zero) { [self] in append() }
            case Self.crowd: writer.start { [self] in append() }
            default: break
            }
        }
    }

    /// Requests whose events wait for the next commit.
    var waitingWrites: Int { arrived.withLock { $0.count } }

    private struct Arrived {
        var events: [Event]
        var continuation: CheckedContinuation<AppendReport, any Error>
    }

    /// Further senders are told to come again: what they sent is held in memory.
    private static let mostArrived = 1_024
    /// A commit that may wait waits so long, or until so many want it.
    private static let moment = Duration.milliseconds(5)
    private static let crowd = 64

    /// One commit for all who wait.
    private func append() {
        let arrived = self.arrived.withLock { arrived in
            defer { arrived.removeAll(keepingCapacity: true) }
            return arrived
        }
        if arrived.isEmpty { return }
        do {
            let reports = try log.append(groups: arrived.map(\.events))
            try open.withLock { $0 }?.catchUp(log)
            for (one, report) in zip(arrived, reports) { one.continuation.resume(with: report) }
        } catch {
            for one in arrived { one.continuation.resume(throwing: error) }
        }
    }

    /// Hides an item, shows it again, or deletes it. False when that changed nothing.
    /// Throws ``APIError/unknownItem(_:)`` for an id that neither the bundle nor the catalogue knows.
    public func change(_ id: ItemID, _ change: Revision<Item>.Change, now: Timestamp = .now) async throws -> Bool {
        try await writer.run { [self] in
            guard let bundle = open.withLock({ $0 }) else { throw APIError.notReady }
            guard try isKnown(id, bundle) else { throw APIError.unknownItem(id.string) }
            let revision = Revision<Item>(id: id, validFrom: now, receivedAt: now, change: change)
            let appended = try catalogue.append([revision])
            changes.withLock { $0 += 1 }
            bundle.recommender.catalogue.apply(revision)
            return appended > 0
        }
    }

    /// Appends revisions of items, and lets answers know what is new: the next search finds it. All or nothing.
    /// - Parameter make: gets the types of the attributes known so far.
    func receive(
        _ make: @escaping @Sendable ([String: AttributeType]) throws -> [Revision<Item>]
    ) async throws -> (received: Int, changed: Int) {
        try await writer.run { [self] in
            guard let bundle = open.withLock({ $0 }) else { throw APIError.notReady }
            let revisions = try make(try catalogue.itemSchema())
            let appended = try catalogue.append(revisions)
            changes.withLock { $0 += 1 }
            for revision in revisions { bundle.recommender.catalogue.apply(revision) }
            return (revisions.count, appended)
        }
    }

    /// Erases a person. Returns how many events were removed, and the keys of everybody forgotten: the user, and
    /// the anonymous ids that were joined to them.
    public func erase(_ user: UserID, now: Timestamp = .now) async throws -> (events: Int, actors: Set<UserKey>) {
        try await writer.run { [self] in
            var removed: [Event] = []
            let count = try log.erase(user: user, at: now) { removed.append($0) }
            changes.withLock { $0 += 1 }
            let actors = Set(removed.compactMap(\.actor) + [user.key])
            if let state = open.withLock({ $0 })?.recommender.state {
                for event in removed { state.subtract(event) }
                for actor in actors { state.forget(actor) }
            }
            return (count, actors)
        }
    }

    /// Takes over what other processes appended to the log and the catalogue, and forgets whom they erased.
    func follow() async throws {
        try await writer.run { [self] in
            guard let bundle = open.withLock({ $0 }) else { return }
            try bundle.follow(log, catalogue)
        }
    }

    private func isKnown(_ id: ItemID, _ bundle: OpenBundle) throws -> Bool {
        if bundle.recommender.snapshot.items.index(of: id) != nil { return true }
        var isNew = false
        try catalogue.itemRevisions(after: bundle.catalogueSeq) { isNew = isNew || $0.id == id }
        return isNew
    }

    // MARK: Bundles

    /// Opens the bundle `id` beside the one that answers, then lets it answer.
    ///
    /// Checksums and the long tail of the log are read while events still come in; the writer then folds in the
    /// rest. If somebody was erased or an item changed meanwhile, which is rare, the writer opens it once more.
    func activate(_ id: String) async throws {
        let before = changes.withLock { $0 }
        let (folder, opened) = try await offloadBehind { [self] in
            let folder = try bundles.open(id)
            try folder.verify()
            return (folder, try OpenBundle(folder, log: log, catalogue: catalogue, indexRecall: indexRecall))
        }
        try await writer.run { [self] in
            var bundle = opened
            if changes.withLock({ $0 }) != before {
                bundle = try OpenBundle(folder, log: log, catalogue: catalogue, indexRecall: indexRecall)
            } else {
                try bundle.catchUp(log)
            }
            open.withLock { $0 = bundle }
        }
    }
}
