import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct FeatureStoreTests {
    let rules = EventRules()
    let world = PlantedWorld(users: 12, likes: 6)

    private func store(_ events: [Event], over checkpoint: Checkpoint? = nil) -> FeatureStore {
        let store = FeatureStore(rules: rules, checkpoint: checkpoint)
        for event in events { store.apply(event) }
        return store
    }

    /// Everything that a feature can see, without the log positions.
    struct Visible: Equatable {
        var users: [UserKey: UserState]
        var items: [ItemKey: ItemState]
        var owners: [UserKey: UserKey]
        var totals: FeatureStore.Totals

        init(_ store: FeatureStore) {
            let contents = store.contents()
            users = Dictionary(uniqueKeysWithValues: contents.users).mapValues { state in
                var state = state
                state.appliedSeq = 0
                return state
            }
            items = Dictionary(uniqueKeysWithValues: contents.items).mapValues { state in
                var state = state
                state.appliedSeq = 0
                return state
            }
            owners = Dictionary(uniqueKeysWithValues: contents.owners.map { ($0.device, $0.user) })
            totals = contents.totals
        }
    }

    @Test func countsWhatHappened() throws {
        let store = store(world.events)
        let user = try #require(store.user(world.users[0].key))
        #expect(user.events == 7 && user.positives == 6 && user.recent.count == 7)
        #expect(user.history(limit: 100).map(\.item) == world.liked[0].reversed().map(\.id.key))
        #expect(user.history(limit: 2).map(\.item) == world.liked[0].suffix(2).reversed().map(\.id.key))
        #expect(store.totals == .init(events: 84, positives: 72) && store.appliedSeq == 84)
        let films = store.items(world.films.map(\.id.key))
        #expect(films.reduce(0) { $0 + ($1?.positives ?? 0) } == 72)
        #expect(store.user(UserID("nobody").key) == nil && store.items([ItemID("none").key]) == [nil])
    }

    @Test(arguments: 1...8) func theOrderOfTheLogDoesNotMatter(seed: Int) {
        var random = RandomSource(seed: UInt64(seed))
        var events = world.events
        random.shuffle(&events)
        #expect(Visible(store(events.numbered())) == Visible(store(world.events)))
    }

    @Test func whatWasReadBeforeIsIgnored() {
        let once = store(world.events)
        let twice = store(world.events + world.events.suffix(20) + world.events)
        #expect(Visible(once) == Visible(twice) && twice.appliedSeq == once.appliedSeq)
    }

    @Test func whatIsNotAnInteractionLeavesNoTrace() {
        var tag = Event(kind: "tag", userId: "u", itemId: "i", time: PlantedWorld.start, source: "t")
        tag.seq = 1
        let store = store([tag])
        #expect(store.appliedSeq == 1 && store.user(UserID("u").key) == nil && store.totals.events == 0)
    }

    /// What was on screen is known of a user, and is no event of theirs.
    @Test func impressionsAreShownAndNotDone() throws {
        let store = store((1...3).map { shown("i", at: $0) }.numbered())
        let user = try #require(store.user(UserID("u").key))
        #expect(user.events == 0 && user.recent.isEmpty && user.shown.count == 3)
        let item = try #require(store.items([ItemID("i").key])[0])
        #expect(store.totals.events == 0 && item.events == 0 && store.totals.looks == 3 * 289)
        let later = Timestamp(milliseconds: PlantedWorld.start.milliseconds + 2 * PlantedWorld.day)
        #expect(item.moment(at: later)?.looks == 3 * 289 && item.moment(at: world.now)?.looks == 0)
    }

    private func shown(_ item: ItemID, at minute: Int64, device: UserID? = nil) -> Event {
        var event = Event(
            kind: Event.impressionKind, userId: device == nil ? "u" : nil, anonymousId: device, itemId: item,
            time: Timestamp(milliseconds: PlantedWorld.start.milliseconds + minute * 60_000), source: "t")
        event.eventId = "shown-\(item)-\(minute)"
        return event
    }

    /// Three times and nothing done: passed over. A touch begins anew, days let it come back, a device's count goes along.
    @Test func whatIsPassedOver() {
        let start = PlantedWorld.start.milliseconds
        func passedOver(_ events: [Event], _ times: Int = 3, days: Double? = nil, at minute: Int64 = 100) -> Set<
            ItemKey
        > {
            store(events.numbered()).user(UserID("u").key)?
                .passedOver(times, days: days, at: Timestamp(milliseconds: start + minute * 60_000)) ?? []
        }
        let thrice = [1, 2, 3].map { shown("a", at: $0) } + [1, 2].map { shown("b", at: $0) }
        let (a, b) = (ItemID("a").key, ItemID("b").key)
        #expect(passedOver(thrice) == [a] && passedOver(thrice, 2) == [a, b] && passedOver(thrice, 4) == [])
        #expect(passedOver(thrice.reversed()) == [a], "in any order")
        #expect(passedOver(thrice, at: 2) == [], "what comes later is not known")
        #expect(passedOver(thrice + [rating("a", user: "u", at: 4)]) == [])
        #expect(passedOver(thrice + [rating("a", user: "u", at: 2)], 1) == [a, b], "shown once after it was touched")
        #expect(passedOver(thrice + [rating("a", user: "u", at: 200)]) == [a], "a touch that is yet to come")
        #expect(passedOver(thrice, days: 1, at: 24 * 60) == [a] && passedOver(thrice, days: 1, at: 24 * 60 + 1) == [])
        let onDevice = [1, 2, 3].map { shown("a", at: $0, device: "d") }
        #expect(passedOver(onDevice) == [] && passedOver(onDevice + [identify("d", "u", at: 5)]) == [a])
    }

    @Test func whatWasShownIsBounded() {
        var state = UserState()
        let capacity = UserState.shownCapacity
        for n in (0..<capacity + 50).reversed() {
            state.fold(Impression(time: Int64(n), eventHash: 1, item: ItemKey(UInt64(n))), seq: 1)
        }
        #expect(state.shown.count == capacity && state.shown.first?.time == 50 && state.shown.last?.time == 1_049)
    }

    /// A clock that runs ahead does not reach into the future.
    @Test func timeIsClampedToItsReceipt() {
        var event = world.events[0]
        event.time = Timestamp(milliseconds: event.receivedAt.milliseconds + 1_000_000)
        let state = store([event]).user(world.users[0].key) ?? UserState()
        #expect(state.recent.map(\.time) == [event.receivedAt.milliseconds])
    }

    @Test func historyIsBoundedAndKeepsTheNewest() {
        var random = RandomSource(seed: 5)
        let capacity = UserState.capacity
        var touches = (0..<capacity + 300).map { i in
            UserState.Touch(time: Int64(i), eventHash: UInt64(i), item: ItemKey(UInt64(i)), isPositive: true)
        }
        var inOrder = UserState()
        for touch in touches { inOrder.fold(touch, seq: 1) }
        // A few at wrong places are enough, and cheap.
        for _ in 0..<200 { touches.swapAt(random.below(touches.count), random.below(touches.count)) }
        var swapped = UserState()
        for touch in touches { swapped.fold(touch, seq: 1) }
        #expect(inOrder == swapped)
        #expect(inOrder.recent.count == capacity && inOrder.recent.first?.time == 300)
        #expect(inOrder.events == Int64(capacity) + 300)
    }

    // MARK: identify

    private func rating(_ item: ItemID, user: UserID? = nil, device: UserID? = nil, at minute: Int64) -> Event {
        var event = Event(
            kind: "rating", userId: user, anonymousId: device, itemId: item, value: 5,
            time: Timestamp(milliseconds: PlantedWorld.start.milliseconds + minute * 60_000), source: "t")
        event.eventId = "\(user?.string ?? "")-\(device?.string ?? "")-\(item)-\(minute)"
        return event
    }

    private func identify(_ device: UserID, _ user: UserID, at minute: Int64) -> Event {
        Event(
            kind: Event.identifyKind, userId: user, anonymousId: device,
            time: Timestamp(milliseconds: PlantedWorld.start.milliseconds + minute * 60_000), source: "t")
    }

    private func items(_ store: FeatureStore, _ key: UserKey) -> [ItemKey] {
        store.user(key)?.recent.map(\.item) ?? []
    }

    @Test func identifyJoinsHistories() {
        let user = UserID("u").key
        let device = Event.anonymousKey("d")
        let before = [rating("a", device: "d", at: 1), rating("b", user: "u", at: 2), rating("c", device: "d", at: 3)]
        let store = store(before.numbered())
        #expect(items(store, device) == ["a", "c"].map { ItemID($0).key } && items(store, user) == [ItemID("b").key])
        var joins = identify("d", "u", at: 4)
        joins.seq = 4
        store.apply(joins)
        #expect(items(store, user) == ["a", "b", "c"].map { ItemID($0).key } && items(store, device) == [])
        #expect(store.user(user)?.events == 3 && store.totals.events == 3)
    }

    /// From its moment on the device is the user, until it is somebody else's.
    @Test func aJoinedDeviceStaysJoined() throws {
        let log = [
            rating("a", device: "d", at: 1), identify("d", "u", at: 2), rating("b", device: "d", at: 3),
            identify("d", "v", at: 4), rating("c", device: "d", at: 5), rating("e", device: "other", at: 6),
        ].numbered()
        let whole = store(log)
        #expect(items(whole, UserID("u").key) == ["a", "b"].map { ItemID($0).key })
        #expect(items(whole, UserID("v").key) == [ItemID("c").key])
        #expect(items(whole, Event.anonymousKey("d")) == [])
        #expect(items(whole, Event.anonymousKey("other")) == [ItemID("e").key])
        // A checkpoint remembers it too, wherever it is made.
        let folder = try TemporaryFolder()
        for cut in 0...log.count {
            try Checkpoint.write(store(Array(log.prefix(cut))), to: folder.file("state.safetensors"))
            let opened = try Checkpoint(opening: folder.file("state.safetensors"))
            #expect(Visible(store(Array(log.suffix(from: cut)), over: opened)) == Visible(whole), "cut at \(cut)")
        }
        // Erasing the user takes the bond away: what the device does next is nobody's.
        whole.forget(UserID("v").key)
        var next = rating("f", device: "d", at: 7)
        next.seq = 7
        whole.apply(next)
        #expect(whole.user(UserID("v").key) == nil)
        #expect(items(whole, Event.anonymousKey("d")) == [ItemID("f").key])
    }

    // MARK: Erasure

    @Test func subtractUndoes() {
        let all = store(world.events)
        let gone = world.users[3]
        for event in world.events where event.userId == gone { all.subtract(event) }
        all.forget(gone.key)
        let without = store(world.events.filter { $0.userId != gone })
        #expect(all.user(gone.key) == nil && all.totals == without.totals)
        for film in world.films {
            let (a, b) = (all.items([film.id.key])[0], without.items([film.id.key])[0])
            // The extremes of time may stay: they name nobody.
            #expect((a?.events ?? 0) == (b?.events ?? 0))
            #expect((a?.positives ?? 0) == (b?.positives ?? 0))
        }
    }

    @Test func theForgottenStayForgottenOverACheckpoint() throws {
        let folder = try TemporaryFolder()
        try Checkpoint.write(store(world.events), to: folder.file("state.safetensors"))
        let opened = store([], over: try Checkpoint(opening: folder.file("state.safetensors")))
        let key = world.users[0].key
        #expect(opened.user(key)?.events == 7)
        opened.forget(key)
        #expect(opened.user(key) == nil)
        // Somebody who comes back begins anew.
        var event = world.events[0]
        event.userId = world.users[0]
        event.seq = 1_000
        opened.apply(event)
        #expect(opened.user(key)?.events == 1)
        try Checkpoint.write(opened, to: folder.file("next.safetensors"))
        #expect(try Checkpoint(opening: folder.file("next.safetensors")).user(key)?.events == 1)
    }
}
