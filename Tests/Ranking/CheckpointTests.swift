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
        try Checkpoint.write(store(world.events + [joins]), to: url)
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

    private static func inLayoutThree(_ name: String) -> Bool {
        ["touches.price", "touches.quantity", "items.hours", "items.days", "items.forgotten", "hours.counts", "days.counts"]
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
            && !tensor.name.hasPrefix("visits.") && !Self.inLayoutThree(tensor.name)
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

    @Test func otherFilesAreRefused() throws {
        var writer = TensorFileWriter(kind: Checkpoint.kind, layout: Checkpoint.layout)
        writer.add("users.key", [UInt64]())
        try writer.write(to: url)
        #expect(throws: RankingError.self) { try Checkpoint(opening: url) }
        #expect(throws: ArtifactError.self) { try Checkpoint(opening: folder.file("none.safetensors")) }
    }
}
