import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct CheckpointTests {
    let rules = EventRules()
    let world = PlantedWorld(users: 9, likes: 5)
    let folder: TemporaryFolder
    var url: URL { folder.file("state.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    private func store(_ events: some Sequence<Event>, over checkpoint: Checkpoint? = nil) -> FeatureStore {
        let store = FeatureStore(rules: rules, checkpoint: checkpoint)
        for event in events { store.apply(event) }
        return store
    }

    private func expectEqual(_ a: FeatureStore, _ b: FeatureStore) {
        let (x, y) = (a.contents(), b.contents())
        #expect(x.users.map(\.0) == y.users.map(\.0) && x.users.map(\.1) == y.users.map(\.1))
        #expect(x.items.map(\.0) == y.items.map(\.0) && x.items.map(\.1) == y.items.map(\.1))
        #expect(x.totals == y.totals && x.appliedSeq == y.appliedSeq)
    }

    @Test func roundTrip() throws {
        let whole = store(world.events)
        try Checkpoint.write(whole, to: url)
        let opened = try Checkpoint(opening: url)
        expectEqual(store([], over: opened), whole)
        for user in world.users { #expect(opened.user(user.key) == whole.user(user.key)) }
        #expect(opened.user(UserKey(0)) == nil && opened.item(ItemKey(.max)) == nil)
        // Written again it is the same file.
        let again = folder.file("again.safetensors")
        try Checkpoint.write(store([], over: opened), to: again)
        #expect(try Data(contentsOf: again) == Data(contentsOf: url))
    }

    @Test func emptyState() throws {
        try Checkpoint.write(store([]), to: url)
        let opened = try Checkpoint(opening: url)
        #expect(opened.appliedSeq == 0 && opened.user(world.users[0].key) == nil)
        expectEqual(store(world.events, over: opened), store(world.events))
    }

    @Test func checkpointAndTailAreTheFullFold() throws {
        let whole = store(world.events)
        for cut in stride(from: 0, through: world.events.count, by: 9) {
            try Checkpoint.write(store(world.events.prefix(cut)), to: url)
            let opened = try Checkpoint(opening: url)
            #expect(opened.appliedSeq == Int64(cut))
            let more = store(world.events.dropFirst(cut), over: opened)
            let (before, all) = (store(world.events.prefix(cut)).totals.positives, whole.totals.positives)
            #expect(more.knownShare == (before == all ? 1 : Float(Double(before) / Double(all))))
            // The reader may begin too early.
            expectEqual(store(world.events.dropFirst(max(0, cut - 5)), over: opened), whole)
        }
    }

    /// Uses everything that is in a checkpoint.
    private func read(_ keys: [UserKey]) throws {
        let opened = try Checkpoint(opening: url)
        let store = store(
            world.events.prefix(4).map { event in
                var event = event
                event.seq = .max
                return event
            }, over: opened)
        for key in keys {
            let state = store.user(key)
            _ = state?.history(limit: 10)
            _ = state?.passedOver(1, days: 7, at: world.now)
        }
        for state in store.items(world.films.map(\.id.key)) where state != nil { _ = state?.events }
        _ = store.totals.positiveRate
        _ = store.contents()
        store.forEachHeat { _, heat in _ = heat.count(at: world.now, store.halfLife) }
        for film in world.films.prefix(8) { _ = store.company(of: film.id.key, now: world.now, limit: 3) }
    }

    @Test func damageIsAnErrorOrAnAnswer() throws {
        var joins = Event(
            kind: Event.identifyKind, userId: world.users[0], anonymousId: "device", time: world.now, source: "t")
        joins.seq = 10_000
        let seen = (1...3).map { n in
            var event = Event(
                kind: Event.impressionKind, userId: world.users[n], itemId: world.films[0].id, time: world.now,
                source: "t")
            (event.eventId, event.seq) = ("seen-\(n)", 10_000 + Int64(n))
            return event
        }
        try Checkpoint.write(store(world.events + [joins] + seen), to: url)
        let original = try Data(contentsOf: url)
        let keys = world.users.map(\.key)
        for length in stride(from: 0, to: original.count, by: 101) {
            try original.prefix(length).write(to: url)
            #expect(throws: (any Error).self, "cut at \(length)") { try read(keys) }
        }
        for at in stride(from: 0, to: original.count, by: 11) {
            for change: UInt8 in [0x01, 0x80] {
                var bytes = original
                bytes[at] ^= change
                try bytes.write(to: url)
                do {
                    try read(keys)
                } catch {
                    #expect(!"\(error)".contains("\n"), "byte \(at)")
                }
            }
        }
    }

    @Test func numbersAtTheEndOfTheirRange() throws {
        var state = UserState()
        (state.events, state.positives) = (.max, .max)
        state.fold(.init(time: .max, eventHash: 1, item: ItemKey(1), isPositive: true), seq: 1)
        state.merge(state)
        var item = ItemState()
        (item.events, item.positives) = (.max, .min)
        item.fold(time: .distantPast, isPositive: true, seq: 1)
        item.fold(time: .distantPast, isPositive: true, seq: 1, sign: -1)
    }

    private static func isNewer(_ name: String) -> Bool {
        [
            "users.shown", "shown.time", "shown.event", "shown.item", "items.looks", "looks.counts", "looks.forgotten",
            "touches.price", "touches.quantity", "items.hours", "items.days", "items.forgotten", "hours.counts",
            "days.counts",
        ]
        .contains(name)
    }

    /// As bundles had it before anything was trending: everything else is there, and what comes new is counted.
    @Test func layoutOne() throws {
        try Checkpoint.write(store(world.events), to: url)
        let file = try TensorFile(inspecting: url)
        var writer = TensorFileWriter(
            kind: Checkpoint.kind, layout: 1,
            metadata: file.metadata.filter { ["appliedSeq", "events", "positives"].contains($0.key) })
        for tensor in file.tensors
        where !["items.heats", "items.visits"].contains(tensor.name) && !tensor.name.hasPrefix("heats.")
            && !tensor.name.hasPrefix("visits.") && !Self.isNewer(tensor.name)
        {
            switch tensor.type {
            case .u64:
                writer.add(tensor.name, Array(try file.tensor(tensor.name, as: UInt64.self)), shape: tensor.shape)
            case .i64: writer.add(tensor.name, Array(try file.tensor(tensor.name, as: Int64.self)), shape: tensor.shape)
            default: writer.add(tensor.name, Array(try file.tensor(tensor.name, as: UInt8.self)), shape: tensor.shape)
            }
        }
        let old = folder.file("old.safetensors")
        try writer.write(to: old)
        let opened = try Checkpoint(opening: old)
        #expect(opened.halfLife == nil)
        let (before, now) = (store([], over: opened), store(world.events))
        for user in world.users { #expect(before.user(user.key) == now.user(user.key)) }
        let film = world.liked[0][0].id.key
        #expect(before.items([film])[0]?.positives == now.items([film])[0]?.positives)
        #expect(before.items([film])[0]?.heat.isEmpty == true && before.halfLife == .week)
        var event = world.events[0]
        (event.itemId, event.value, event.eventId, event.seq) = (world.liked[0][0].id, 5, "new", 1_000)
        before.apply(event)
        #expect(before.items([film])[0]?.visits.count == 1)
    }

    /// A state of every layout that is read, byte for byte as a training wrote it: 8 people, a day apart 7 ratings each,
    /// the last of them a bad one, of 12 items. In layout 4 u3 was shown i0 twice.
    @Test(arguments: [2, 3, 4]) func golden(layout: Int) throws {
        let stored = try #require(
            Bundle.module.url(forResource: "state-\(layout)", withExtension: "safetensors", subdirectory: "Golden"))
        let opened = try Checkpoint(opening: stored)
        #expect(opened.appliedSeq == 56 && opened.totals.events == 56 && opened.totals.positives == 48)
        let user = try #require(opened.user(UserID("u3").key))
        #expect(user.events == 7 && user.positives == 6)
        let start: Int64 = 1_000_000_000_000
        let shown = [1, 2].map { Impression(time: start + $0, eventHash: UInt64($0), item: ItemID("i0").key) }
        #expect(user.shown == (layout < 4 ? [] : shown))
        let day: Int64 = 86_400_000
        #expect(user.recent.map(\.time) == (0..<7).map { start + $0 * day + 3_000 })
        #expect(user.recent.allSatisfy { $0.purchase == .none } && opened.halfLife == .week)
        // u0, u2, u4 and u6 liked i0 first, or a day or some later.
        let item = try #require(opened.item(ItemID("i0").key))
        #expect(item.positives == Int64(item.visits.count) && item.heat.periods.count > 0)
        let later = Timestamp(milliseconds: start + 20 * day)
        let moment = try #require(opened.moments(of: [ItemID("i0").key], at: later)[0])
        #expect(moment == item.moment(at: later) && moment.positives == item.positives)
        #expect(moment.lastPositive == item.lastPositive)
        // Looked at in the first place and in the second.
        #expect(moment.looks == (layout < 4 ? 0 : 1_000 + 631) && opened.totals.looks == moment.looks)
        // Without buckets nothing is known of windows that begin before the last positive.
        #expect(moment.month == (layout == 2 ? nil : item.positives))
        #expect(moment.week == 0 && (moment.medianPositive == nil) == (layout == 2))
        // It goes on from there.
        let store = FeatureStore(rules: rules, checkpoint: opened)
        var event = Event(
            kind: "rating", userId: "u3", itemId: "i0", value: 5, time: Timestamp(milliseconds: start + 19 * day),
            source: "t")
        (event.eventId, event.seq) = ("new", 57)
        store.apply(event)
        #expect(store.moments(of: [ItemID("i0").key], at: later)[0]?.week == 1)
    }

    @Test func otherFilesAreRefused() throws {
        var writer = TensorFileWriter(kind: Checkpoint.kind, layout: Checkpoint.layout)
        writer.add("users.key", [UInt64]())
        try writer.write(to: url)
        #expect(throws: RankingError.self) { try Checkpoint(opening: url) }
        #expect(throws: ArtifactError.self) { try Checkpoint(opening: folder.file("none.safetensors")) }
    }
}
