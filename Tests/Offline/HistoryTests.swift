import Foundation
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieOffline
@testable import MagpieRanking

@Suite struct HistoryTests {
    let world = PlantedWorld(users: 9)
    let rules = EventRules()

    private func dataset(_ history: History, rows: [Int]? = nil, deleted: Set<ItemKey> = []) -> Dataset {
        Dataset(
            history, rows: rows ?? Array(history.rows.indices),
            catalogue: world.films.filter { !deleted.contains($0.id.key) }
                .map { Entry(id: $0.id, attributes: ["title": .text($0.title)]) }.sorted { $0.id < $1.id },
            deleted: deleted, schema: ["title": .text(language: "en")])
    }

    private func rating(_ item: ItemID, user: UserID? = nil, device: UserID? = nil, at minute: Int64) -> Event {
        var event = Event(
            kind: "rating", userId: user, anonymousId: device, itemId: item, value: 5,
            time: Timestamp(milliseconds: minute * PlantedWorld.minute), source: "t")
        event.eventId = "\(user?.string ?? "")-\(device?.string ?? "")-\(item)-\(minute)"
        return event
    }

    private func shown(_ item: ItemID, user: UserID? = nil, device: UserID? = nil, at minute: Int64) -> Event {
        var event = rating(item, user: user, device: device, at: minute)
        (event.kind, event.value, event.eventId) = (Event.impressionKind, nil, "shown-\(event.eventId)")
        return event
    }

    private func identify(_ device: UserID, _ user: UserID, at minute: Int64) -> Event {
        Event(
            kind: Event.identifyKind, userId: user, anonymousId: device,
            time: Timestamp(milliseconds: minute * PlantedWorld.minute), source: "t")
    }

    @Test func readsWhatTheLogHolds() throws {
        let folder = try TemporaryFolder()
        let read = try History(world.store(in: folder), rules: rules)
        let given = History(world.events, rules: rules)
        #expect(read.rows.map(\.seq) == given.rows.map(\.seq) && read.rows.map(\.actor) == given.rows.map(\.actor))
        #expect(read.rows.map(\.eventHash) == given.rows.map(\.eventHash) && read.lastSeq == given.lastSeq)
        #expect(read.userIDs.count == 9 && read.rows.count { $0.isPositive } == 9 * 12)
    }

    /// A file that is ordered by user, or not at all, tells the same story as one in the order of time.
    @Test(arguments: 1...3) func theOrderOfAnImportDoesNotMatter(seed: Int) {
        var random = RandomSource(seed: UInt64(seed))
        var events = world.events
        random.shuffle(&events)
        let (a, b) = (History(events.numbered(), rules: rules), History(world.events, rules: rules))
        #expect(a.rows.map(\.eventHash) == b.rows.map(\.eventHash))
    }

    /// What comes live is ordered by its receipt, however old it says it is.
    @Test func lateEventsComeLate() {
        var events = [rating("a", user: "u", at: 5), rating("b", user: "u", at: 1), rating("c", user: "u", at: 6)]
        events[1].receivedAt = Timestamp(milliseconds: 6 * PlantedWorld.minute)
        let history = History(events.numbered(), rules: rules)
        #expect(history.rows.map(\.item) == ["a", "b", "c"].map { ItemID($0).key })
        #expect(history.rows[1].time == Timestamp(milliseconds: PlantedWorld.minute))
    }

    @Test func devicesBelongToWhomTheyWereGiven() {
        let events = [
            rating("a", device: "d", at: 1), identify("d", "u", at: 2), rating("b", device: "d", at: 3),
            identify("d", "v", at: 4), rating("c", device: "d", at: 5),
        ].numbered()
        let history = History(events, rules: rules)
        let (u, v, d) = (UserID("u").key, UserID("v").key, Event.anonymousKey("d"))
        #expect(history.rows.map(\.actor) == [d, u, v])
        // Before the join is known the past is the device's; after it the first owner's.
        #expect(People(history, through: [0]).actor(of: 0) == d)
        #expect(People(history, through: [0, 1]).actor(of: 0) == u)
        #expect(People(history, through: [0, 1, 2]).actor(of: 0) == u)
    }

    /// Offline and online fold the same state, joins and all, and the tail goes on from it.
    @Test func theStateOfAWindowIsTheLiveFold() throws {
        let folder = try TemporaryFolder()
        let films = world.films
        let log =
            (world.events + [
                rating(films[0].id, device: "d", at: 40_000_000), rating(films[1].id, device: "e", at: 40_000_001),
                identify("d", world.users[0], at: 40_000_002), rating(films[2].id, device: "d", at: 40_000_003),
                shown(films[3].id, device: "e", at: 40_000_003),
                shown(films[3].id, user: world.users[1], at: 40_000_003),
                identify("e", world.users[1], at: 40_000_004), identify("d", "new", at: 40_000_005),
                shown(films[4].id, device: "e", at: 40_000_006), shown(films[4].id, device: "d", at: 40_000_007),
            ]).numbered()
        func live(_ events: some Sequence<Event>, over checkpoint: Checkpoint? = nil) -> FeatureStore {
            let store = FeatureStore(rules: rules, checkpoint: checkpoint)
            for event in events { store.apply(event) }
            return store
        }
        func visible(_ store: FeatureStore) -> [String] {
            let contents = store.contents()
            return contents.users.map { "\($0.0.raw) \($0.1.events) \($0.1.positives) \($0.1.recent) \($0.1.shown)" }
                + contents.items.map { "\($0.0.raw) \($0.1)" } + contents.owners.map { "\($0.device) \($0.user)" }
                + ["\(contents.totals) \(contents.appliedSeq)"]
        }
        for cut in [world.events.count, world.events.count + 2, world.events.count + 4, log.count] {
            let offline = dataset(History(Array(log.prefix(cut)), rules: rules)).state(rules: rules)
            #expect(visible(offline) == visible(live(log.prefix(cut))), "cut at \(cut)")
            try Checkpoint.write(offline, to: folder.file("state.safetensors"))
            let opened = try Checkpoint(opening: folder.file("state.safetensors"))
            #expect(visible(live(log.dropFirst(cut), over: opened)) == visible(live(log)), "cut at \(cut)")
        }
    }

    // MARK: Dataset

    @Test func fingerprintsTellContents() {
        let history = History(world.events, rules: rules)
        let one = dataset(history).fingerprint
        #expect(one == dataset(History(world.events, rules: rules)).fingerprint)
        var others: [String] = [dataset(history, rows: Array(0..<50)).fingerprint]
        others.append(dataset(history, deleted: [world.films[0].id.key]).fingerprint)
        for change in 0..<4 {
            var events = world.events
            switch change {
            case 0: events[7].value = 1
            case 1: events[7].itemId = events[8].itemId
            case 2: events[7].time.milliseconds -= 1
            default: events[7].eventId = "another"
            }
            others.append(dataset(History(events, rules: rules)).fingerprint)
        }
        var titled = history
        _ = titled.rows.count
        let catalogue = world.films.map { Entry<Item>(id: $0.id, attributes: ["title": .text($0.title + "!")]) }
        titled = history
        others.append(
            Dataset(
                titled, rows: Array(history.rows.indices), catalogue: catalogue, deleted: [],
                schema: ["title": .text(language: "en")]
            ).fingerprint)
        others.append(
            Dataset(
                history, rows: Array(history.rows.indices), catalogue: [], deleted: [],
                schema: ["title": .text(language: "de")]
            ).fingerprint)
        #expect(Set(others + [one]).count == others.count + 1)
    }

    @Test func itemsWithoutACatalogueAndDeletedOnes() {
        let history = History(
            (world.events + [rating("only in the log", user: "u", at: 40_000_000)]).numbered(), rules: rules)
        let gone = world.films[0].id
        let data = dataset(history, deleted: [gone.key])
        #expect(data.items.map(\.id) == data.items.map(\.id).sorted())
        #expect(data.items.contains { $0.id == "only in the log" } && !data.items.contains { $0.id == gone })
        let liked = world.events.count { $0.itemId == gone }
        #expect(liked > 0 && data.interactions.count == history.rows.count - liked)
        #expect(data.interactions.users == data.interactions.users.sorted() && data.lastSeq == history.lastSeq)
    }

    @Test func impressionsDoNotTeach() {
        var seen = rating("i", user: "u", at: 1)
        seen.kind = Event.impressionKind
        let history = History([seen].numbered(), rules: rules)
        #expect(history.rows.isEmpty && history.lastSeq == 1)
    }
}
