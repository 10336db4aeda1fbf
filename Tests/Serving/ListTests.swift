import Foundation
import MagpieDomain
import MagpieOnline
import MagpieSQLiteStore
import Testing

@testable import MagpieServing

/// Answers from lists made ahead of time.
@Suite struct ListTests {
    @Test(arguments: Client.Transport.allCases) func aListIsMadeOnTheFirstVisit(transport: Client.Transport)
        async throws
    {
        try await Client.run(transport) { client in
            for user in 0..<4 {
                let now = try await client.get("/v1/recommendations?user=u\(user)&count=3")
                #expect(now["rung"] == .string("retrieved"))
                let first = try await client.get("/v1/recommendations?user=u\(user)&count=3&mode=auto")
                #expect(first["rung"] == .string("retrieved") && first.items == now.items)
                await client.lists.flush()
                for mode in ["auto", "batch"] {
                    let again = try await client.get("/v1/recommendations?user=u\(user)&count=3&mode=\(mode)")
                    #expect(again["rung"] == .string("precomputed") && again.items == now.items, "\(again.text)")
                    #expect(again["bundle"] == now["bundle"])
                }
            }
            let counts = client.lists.counts
            #expect(counts.computed == 4 && counts.read == 8 && counts.missed == 4 && counts.dropped == 0)
            await client.lists.flush()
            let summary = try ListFile(client.world.home.listsURL).summary(at: .now)
            #expect(summary.map(\.lists) == [4] && summary.map(\.read) == [4])
            #expect(try await client.get("/metrics").text.contains("\nmagpie_lists_read_total 8\n"))
        }
    }

    @Test func whoHasNoListGetsWhatIsPopular() async throws {
        try await Client.run(.memory) { client in
            let popular = try await client.get("/v1/recommendations?user=u1&count=2&mode=batch")
            #expect(popular["rung"] == .string("popular") && popular.items.count == 2)
            #expect(try await client.get("/v1/recommendations?user=u1&mode=now").status == 400)
        }
    }

    /// What happened since the list was made is left out of it.
    @Test func whatMayNotBeShownIsNot() async throws {
        try await Client.run(.memory) { client in
            func ask(_ more: String) async throws -> [String] {
                try await client.get("/v1/recommendations?user=u0&count=2" + more).items
            }
            #expect(Set(try await ask("&mode=auto")) == Set(World.unseen(0)))
            await client.lists.flush()
            let gone = World.unseen(0)[0]
            #expect(try await !ask("&mode=batch&exclude=\(gone)").contains(gone))
            #expect(try await !ask("&mode=auto&exclude=\(gone)").contains(gone))
            #expect(try await ask("&mode=batch&filter=genres:comedy").allSatisfy { $0.hasPrefix("comedy") })
            _ = try await client.post("/v1/events", #"{"kind": "view", "userId": "u0", "itemId": "\#(gone)"}"#)
            #expect(try await !ask("&mode=batch").contains(gone))
            #expect(try await client.delete("/v1/users/u0").status == 200)
            #expect(try ListFile(client.world.home.listsURL).summary(at: .now).isEmpty)
        }
    }

    /// Without a bundle lists go on, and nothing else does.
    @Test func listsNeedNoBundle() async throws {
        try await Client.run(.memory, train: false) { client in
            let list = PrecomputedList(
                user: "u3", key: UserID("u3").key, scenario: "home", bundle: "gone", madeAt: .now,
                expiresAt: Timestamp(milliseconds: Timestamp.now.milliseconds + 3_600_000),
                items: ["a", "b", "c"].map { .init(id: ItemID($0), score: 1, title: "The \($0)") })
            try ListFile(client.world.home.listsURL).put([list])
            for mode in AnswerMode.allCases {
                let answer = try await client.get("/v1/recommendations?user=u3&mode=\(mode.rawValue)&count=2&exclude=b")
                #expect(answer.status == 200 && answer.items == ["a", "c"] && answer["rung"] == .string("precomputed"))
                #expect(try await client.get("/v1/recommendations?user=u4&mode=\(mode.rawValue)").status == 503)
            }
            #expect(try await client.get("/v1/recommendations?user=u3&filter=genres:x").status == 503)
        }
    }

    @Test func expiredUnread() async throws {
        let world = try World()
        let file = try ListFile(world.home.listsURL)
        let shelf = ListShelf(store: file, logger: silent)
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        for user in ["a", "b", "c"] {
            shelf.keep(
                PrecomputedList(
                    user: user, key: UserID(user).key, scenario: "home", bundle: "x", madeAt: start,
                    expiresAt: Timestamp(milliseconds: start.milliseconds + 1_000), items: []), microseconds: 5)
        }
        await shelf.flush()
        #expect(shelf.list(of: UserID("b").key, scenario: "home", now: start)?.user == "b")
        await shelf.clean(now: start)
        #expect(shelf.counts.expiredUnread == 0)
        let later = Timestamp(milliseconds: start.milliseconds + 1_000)
        #expect(shelf.list(of: UserID("b").key, scenario: "home", now: later) == nil)
        await shelf.clean(now: later)
        #expect(shelf.counts.expiredUnread == 2 && shelf.counts.computeMicroseconds == 15)
        #expect(try file.summary(at: later).isEmpty)
    }
}
