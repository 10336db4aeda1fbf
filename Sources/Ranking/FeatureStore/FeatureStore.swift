import Foundation
import MagpieDomain
import Synchronization

/// The live state of all users and items: the checkpoint of the bundle and, over it, what came after.
///
/// One writer folds events in log order with ``apply(_:)``; readers take single values. Offline replay and the
/// server use this same type and this same fold, so that a feature means the same in training and in serving.
public final class FeatureStore: Sendable {
    private struct Overlay {
        var users: [UserKey: UserState] = [:]
        var items: [ItemKey: LiveItem] = [:]
        /// Whose device an anonymous key is, since `identify`.
        var owners: [UserKey: UserKey] = [:]
        var erased: Set<UserKey> = []
        var totals: Totals
        var appliedSeq: Int64
        var changes = ItemChanges()
    }

    private struct LiveItem {
        var state: ItemState { didSet { remembered = nil } }
        var remembered: RememberedMoment?

        init(_ state: ItemState?) { self.state = state ?? ItemState() }

        mutating func moment(at now: Timestamp) -> ItemMoment? {
            if let remembered, remembered.holds(at: now) { return remembered.moment }
            let moment = state.moment(at: now)
            remembered = RememberedMoment(moment, state.lifetime, newest: state.visits.last?.time, now: now)
            return moment
        }
    }

    /// Over all items.
    public struct Totals: Sendable, Equatable {
        public var events: Int64 = 0
        public var positives: Int64 = 0
        /// How much was looked at, in thousandths (``Looks``), and how often what was looked at was taken.
        public var looks: Int64 = 0
        public var taken: Int64 = 0

        public init(events: Int64 = 0, positives: Int64 = 0) {
            self.events = events
            self.positives = positives
        }

        /// The share of events that are positive; 0.5 when there are none.
        public var positiveRate: Double { events > 0 ? Double(positives) / Double(events) : 0.5 }

        mutating func fold(isPositive: Bool, isTaken: Bool, sign: Int64) {
            events &+= sign
            positives &+= isPositive ? sign : 0
            taken &+= isPositive && isTaken ? sign : 0
        }

        mutating func fold(_ looks: Looks, sign: Int64) { self.looks &+= sign &* Int64(looks.thousandths) }
    }

    public let rules: EventRules
    private let checkpoint: Checkpoint?
    /// How fast ``ItemState/heat`` forgets.
    public let halfLife: HalfLife
    private let overlay: Mutex<Overlay>
    /// nil: every reading is a new one, as for replay, which asks about another hour each time.
    private let table: MomentTable?

    /// - Parameters:
    ///   - halfLife: that of the checkpoint goes before it.
    ///   - isRemembering: what was read of an item is kept for the hour, 128 bytes each, where most requests are about now.
    public init(
        rules: EventRules, halfLife: HalfLife = .week, checkpoint: Checkpoint? = nil, isRemembering: Bool = false
    ) {
        self.rules = rules
        table = isRemembering ? checkpoint.flatMap { MomentTable(itemCount: $0.itemCount) } : nil
        self.checkpoint = checkpoint
        self.halfLife = checkpoint?.halfLife ?? halfLife
        overlay = Mutex(
            Overlay(totals: checkpoint?.totals ?? Totals(), appliedSeq: checkpoint?.appliedSeq ?? 0))
    }

    /// A state of its own that begins as this one is.
    public func copy() -> FeatureStore {
        let copy = FeatureStore(
            rules: rules, halfLife: halfLife, checkpoint: checkpoint, isRemembering: table != nil)
        let now = overlay.withLock { $0 }
        copy.overlay.withLock { $0 = now }
        return copy
    }

    /// The log position that the state has reached: resume reading the log after it.
    public var appliedSeq: Int64 { overlay.withLock { $0.appliedSeq } }

    public var totals: Totals { overlay.withLock { $0.totals } }

    /// How much of what was liked until now the checkpoint knew, 0 ... 1; 1 where there is none.
    public var knownShare: Float {
        guard let known = checkpoint?.totals.positives else { return 1 }
        let all = totals.positives
        return known < all ? Float(Double(max(known, 0)) / Double(all)) : 1
    }

    public func user(_ key: UserKey) -> UserState? {
        // The lock is for what changes: the checkpoint is read beside other requests.
        let (state, isErased) = overlay.withLock { ($0.users[key], $0.erased.contains(key)) }
        return state ?? (isErased ? nil : checkpoint?.user(key))
    }

    public func items(_ keys: [ItemKey]) -> [ItemState?] {
        overlay.withLock { overlay in
            keys.map { overlay.items[$0]?.state ?? checkpoint?.item($0) }
        }
    }

    /// What was known of items at `now`: nil for one that nothing is known of.
    public func moments(of keys: [ItemKey], at now: Timestamp) -> [ItemMoment?] {
        var moments =
            checkpoint?.moments(of: keys, at: now, remembering: table)
            ?? [ItemMoment?](repeating: nil, count: keys.count)
        overlay.withLock { overlay in
            for (place, key) in keys.enumerated() {
                guard let at = overlay.items.index(forKey: key) else { continue }
                moments[place] = overlay.items.values[at].moment(at: now)
            }
        }
        return moments
    }

    /// The items that were liked since the state had `version`; nil when they are too many to tell, or somebody was
    /// erased meanwhile: then all may have changed.
    public func likedItems(since version: Int64) -> (items: [ItemKey]?, version: Int64) {
        overlay.withLock { ($0.changes.items(since: version), $0.changes.version) }
    }

    /// Calls `body` with every item that has been liked and how much lately; in no order.
    public func forEachHeat(_ body: (ItemKey, DecayedCount) -> Void) {
        overlay.withLock { overlay in
            for (key, item) in overlay.items where !item.state.heat.isEmpty { body(key, item.state.heat) }
            guard let checkpoint else { return }
            for (row, key) in checkpoint.itemKeys.enumerated() where overlay.items[key] == nil {
                let heat = checkpoint.heat(ofRow: row)
                if !heat.isEmpty { body(key, heat) }
            }
        }
    }

    /// What the newest visitors of an item also liked, within a day of their visit and before `now`, at most
    /// `limit` before and `limit` after it; an item may stand there several times. The weight is 2^(-age of the visit
    /// / half-life). In a fixed order: newest visit first.
    public func company(of item: ItemKey, now: Timestamp, limit: Int) -> [(item: ItemKey, weight: Double)] {
        let visits = overlay.withLock { $0.items[item]?.state.visits } ?? checkpoint?.visits(of: item) ?? []
        let before = visits.reversed().filter { $0.time <= now.milliseconds }
        var liked = checkpoint?.likes(around: before, limit: limit) ?? before.map { _ in [] }
        overlay.withLock { overlay in
            for (place, visit) in before.enumerated() {
                if let live = likes(around: visit, limit: limit, in: overlay) { liked[place] = live }
            }
        }
        var company: [(item: ItemKey, weight: Double)] = []
        for (visit, liked) in zip(before, liked) {
            let weight = exp2(halfLife.place(of: visit.time) - halfLife.place(of: now.milliseconds))
            for like in liked where like.item != item && like.time <= now.milliseconds {
                if isWithinDay(like.time, visit.time) { company.append((like.item, weight)) }
            }
        }
        return company
    }

    /// What a visitor liked around the visit; nil: as the checkpoint has it.
    private func likes(
        around visit: ItemState.Visit, limit: Int, in overlay: borrowing Overlay
    ) -> [UserState.Like]? {
        if let state = overlay.users[visit.user] { return state.likes(around: visit.time, limit: limit) }
        return overlay.erased.contains(visit.user) ? [] : nil
    }

    private func isWithinDay(_ a: Int64, _ b: Int64) -> Bool {
        let (distance, isBeyond) = a.subtractingReportingOverflow(b)
        return !isBeyond && distance.magnitude <= 86_400_000
    }

    /// Folds one event in. Events at or before ``appliedSeq`` are ignored, so that reading a part of the log
    /// twice changes nothing.
    public func apply(_ event: Event) {
        overlay.withLock { overlay in
            guard event.seq > overlay.appliedSeq else { return }
            overlay.appliedSeq = event.seq
            if event.kind == Event.identifyKind {
                guard let user = event.userId?.key, let device = event.anonymousId.map(Event.anonymousKey) else {
                    return
                }
                return join(device, to: user, seq: event.seq, in: &overlay)
            }
            guard let device = event.actor, let item = event.itemId?.key else { return }
            let actor = owner(of: device, in: overlay) ?? device
            let hash = StableHash.xxh64(event.eventId)
            if event.kind == Event.impressionKind {
                let impression = Impression(time: event.effectiveTime.milliseconds, eventHash: hash, item: item)
                fold(impression, place: event.position, actor: actor, seq: event.seq, in: &overlay)
            }
            guard rules.weight(of: event.kind) > 0 else { return }
            fold(
                actor: actor, item: item, time: event.effectiveTime, eventHash: hash,
                isPositive: rules.isPositive(event), isTaken: event.isAfterAnswer, purchase: Purchase(event),
                seq: event.seq, in: &overlay)
        }
    }

    /// Folds one interaction in that is known to be due: offline replay reads them from columns.
    public func fold(
        actor: UserKey, item: ItemKey, time: Timestamp, eventHash: UInt64, isPositive: Bool, isTaken: Bool = false,
        purchase: Purchase = .none, seq: Int64
    ) {
        overlay.withLock { overlay in
            fold(
                actor: actor, item: item, time: time, eventHash: eventHash, isPositive: isPositive, isTaken: isTaken,
                purchase: purchase, seq: seq, in: &overlay)
        }
    }

    /// Folds in that an item was on screen: for offline replay.
    /// - Parameter place: where it stood, 1 = first.
    public func fold(_ impression: Impression, place: Int?, actor: UserKey, seq: Int64) {
        overlay.withLock { fold(impression, place: place, actor: actor, seq: seq, in: &$0) }
    }

    private func fold(_ impression: Impression, place: Int?, actor: UserKey, seq: Int64, in overlay: inout Overlay) {
        if overlay.users[actor] == nil { overlay.users[actor] = current(actor, in: overlay) }
        overlay.users[actor]?.fold(impression, seq: seq)
        let looks = Looks(place: place)
        overlay.items[impression.item, default: LiveItem(checkpoint?.item(impression.item))]
            .state.fold(looks, time: impression.time, seq: seq)
        overlay.totals.fold(looks, sign: 1)
    }

    /// Joins a device to a user, as an `identify` event does: for offline replay.
    public func join(_ device: UserKey, to user: UserKey, seq: Int64) {
        overlay.withLock { join(device, to: user, seq: seq, in: &$0) }
    }

    /// Says that the log has been read up to here, though its last events changed nothing.
    public func advance(to seq: Int64) {
        overlay.withLock { $0.appliedSeq = max($0.appliedSeq, seq) }
    }

    private func fold(
        actor: UserKey, item: ItemKey, time: Timestamp, eventHash: UInt64, isPositive: Bool, isTaken: Bool,
        purchase: Purchase, seq: Int64, in overlay: inout Overlay
    ) {
        let touch = UserState.Touch(
            time: time.milliseconds, eventHash: eventHash, item: item, isPositive: isPositive, purchase: purchase)
        if overlay.users[actor] == nil { overlay.users[actor] = current(actor, in: overlay) }
        overlay.users[actor]?.fold(touch, seq: seq)
        overlay.items[item, default: LiveItem(checkpoint?.item(item))]
            .state.fold(
                .init(time: time.milliseconds, eventHash: eventHash, user: actor), isPositive: isPositive,
                isTaken: isTaken, halfLife: halfLife, seq: seq)
        overlay.totals.fold(isPositive: isPositive, isTaken: isTaken, sign: 1)
        if isPositive { overlay.changes.note(item) }
    }

    /// Takes an erased person's event out of the items' counts; ``forget(_:)`` takes the person out.
    public func subtract(_ event: Event) {
        guard let item = event.itemId?.key else { return }
        if event.kind == Event.impressionKind {
            let looks = Looks(place: event.position)
            overlay.withLock { overlay in
                overlay.items[item, default: LiveItem(checkpoint?.item(item))]
                    .state.fold(looks, time: event.effectiveTime.milliseconds, seq: event.seq, sign: -1)
                overlay.totals.fold(looks, sign: -1)
            }
        }
        guard rules.weight(of: event.kind) > 0 else { return }
        overlay.withLock { overlay in
            let visit = ItemState.Visit(
                time: event.effectiveTime.milliseconds, eventHash: StableHash.xxh64(event.eventId),
                user: event.actor ?? UserKey(0))
            overlay.items[item, default: LiveItem(checkpoint?.item(item))]
                .state.fold(
                    visit, isPositive: rules.isPositive(event), isTaken: event.isAfterAnswer, halfLife: halfLife,
                    seq: event.seq, sign: -1)
            overlay.totals.fold(isPositive: rules.isPositive(event), isTaken: event.isAfterAnswer, sign: -1)
            overlay.changes.noteAll()
        }
    }

    /// Forgets what is held of an actor, and which devices were theirs.
    public func forget(_ user: UserKey) {
        overlay.withLock { overlay in
            overlay.users[user] = nil
            overlay.owners = overlay.owners.filter { $0.key != user && $0.value != user }
            overlay.erased.insert(user)
        }
    }

    /// Whose device an anonymous key is; nil when nobody said so.
    private func owner(of key: UserKey, in overlay: borrowing Overlay) -> UserKey? {
        if let owner = overlay.owners[key] { return owner }
        guard let owner = checkpoint?.owner(of: key) else { return nil }
        return overlay.erased.contains(key) || overlay.erased.contains(owner) ? nil : owner
    }

    private func current(_ key: UserKey, in overlay: borrowing Overlay) -> UserState {
        if let state = overlay.users[key] { return state }
        return overlay.erased.contains(key) ? UserState() : checkpoint?.user(key) ?? UserState()
    }

    /// What the device did so far moves to the user, and what it does from now on is the user's, until another
    /// `identify` gives the device to somebody else.
    private func join(_ device: UserKey, to user: UserKey, seq: Int64, in overlay: inout Overlay) {
        let past = current(device, in: overlay)
        var joined = current(user, in: overlay)
        joined.merge(past)
        joined.appliedSeq = max(joined.appliedSeq, seq)
        overlay.users[user] = joined
        overlay.users[device] = UserState()
        // What the device visited was visited by the user.
        for touch in past.recent where touch.isPositive {
            guard var item = overlay.items[touch.item]?.state ?? checkpoint?.item(touch.item) else { continue }
            item.give(visitsOf: device, to: user)
            overlay.items[touch.item] = LiveItem(item)
        }
        overlay.owners[device] = user
    }

    /// Everything, for ``Checkpoint/write(_:to:)``: ascending by key.
    func contents() -> Contents {
        overlay.withLock { overlay in
            var users = overlay.users
            var items = overlay.items.mapValues(\.state)
            if let checkpoint {
                for key in checkpoint.userKeys where users[key] == nil && !overlay.erased.contains(key) {
                    users[key] = checkpoint.user(key)
                }
                for key in checkpoint.itemKeys where items[key] == nil { items[key] = checkpoint.item(key) }
            }
            var owners = overlay.owners
            for key in checkpoint?.deviceKeys ?? [] where owners[key] == nil {
                owners[key] = owner(of: key, in: overlay)
            }
            return Contents(
                users: users.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                items: items.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                owners: owners.sorted { $0.key < $1.key }.map { (device: $0.key, user: $0.value) },
                totals: overlay.totals, appliedSeq: overlay.appliedSeq)
        }
    }

    struct Contents {
        var users: [(UserKey, UserState)]
        var items: [(ItemKey, ItemState)]
        var owners: [(device: UserKey, user: UserKey)]
        var totals: Totals
        var appliedSeq: Int64
    }
}
