import Foundation
import MagpieDomain
import MagpieRanking
import MagpieTestSupport
import Testing

@testable import MagpieOnline

/// A bundle over a log that went on.
@Suite struct OpenRecommenderTests {
    let bundled: BundledWorld

    init() throws { bundled = try BundledWorld.shared.get() }

    @Test func theTailAndTheChangesAreCaughtUpWith() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteWorld.store(bundled.revisions, bundled.events, in: folder)
        let sealed = try bundled.sealed(in: folder, catalogueSeq: store.lastItemSeq())
        func open() throws -> Recommender { try Recommender(opening: sealed, log: store, catalogue: store) }
        let request = Request(
            id: BundledWorld.id, scenario: "home", user: bundled.world.users[0].key, count: 100)
        let now = bundled.world.now
        let before = try open().answer(request, now: now)
        let closed = try bundled.recommender().answer(request, now: now)
        #expect(before.ids == closed.ids)

        var event = Event(
            kind: "rating", userId: bundled.world.users[0], itemId: before.ids[0], value: 5, time: now, source: "live")
        event.eventId = "live"
        _ = try store.append([event])
        _ = try store.append([
            Revision<Item>(id: before.ids[1], validFrom: now, receivedAt: now, change: .delete),
            Revision<Item>(
                id: before.ids[2], validFrom: now, receivedAt: now, change: .patch(["available": .bool(false)])),
        ])
        let after = try open().answer(request, now: now)
        #expect(Set(before.ids.prefix(3)).isDisjoint(with: after.ids) && after.appliedSeq == before.appliedSeq + 1)

        // Erased is cold, whatever the checkpoint holds.
        _ = try store.erase(user: bundled.world.users[0], at: now) { _ in }
        #expect(try open().answer(request, now: now).rung == .popular)
    }

    /// A new film is found by what its title is about, without the text index; another title takes it away.
    @Test func newItemsHaveLatentVectors() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteWorld.store(bundled.revisions, bundled.events, in: folder)
        let sealed = try bundled.sealed(in: folder, catalogueSeq: store.lastItemSeq())
        let now = bundled.world.now
        let film = bundled.world.films[3]
        func found() throws -> [ItemID] {
            let recommender = try Recommender(opening: sealed, log: store, catalogue: store)
            var request = Request(id: BundledWorld.id, scenario: "search", text: film.title, count: 5)
            request.onlyRetriever = "semantic"
            return try recommender.answer(request, now: now).ids
        }
        func name(_ id: ItemID, _ title: String) throws {
            _ = try store.append([
                Revision<Item>(id: id, validFrom: now, receivedAt: now, change: .patch(["title": .text(title)]))
            ])
        }
        #expect(try found().first == film.id)
        try name("new", film.title)
        #expect(Set(try found().prefix(2)) == [film.id, "new"])
        try name("new", "xylophone")
        #expect(try !found().contains("new"))
        // One that the bundle has goes with its words, too.
        try name(film.id, "xylophone")
        #expect(try !found().contains(film.id))
    }
}
