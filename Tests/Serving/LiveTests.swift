import Foundation
import MagpieDomain
import Testing

@testable import MagpieServing

/// What was said to the server holds for the very next answer.
@Suite struct LiveTests {
    @Test(arguments: Client.Transport.allCases)
    func aNewEventChangesTheNextAnswer(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let cold = try await client.get("/v1/recommendations?user=new&count=5")
            #expect(cold["rung"] == .string("popular"))
            let sent = try await client.post(
                "/v1/events", #"{"kind": "rating", "userId": "new", "itemId": "comedy-0", "value": 5}"#)
            #expect(sent.status == 200 && sent.text == #"{"appended":1,"duplicates":0,"conflicts":0}"#)
            let warm = try await client.get("/v1/recommendations?user=new&count=5")
            #expect(warm["rung"] == .string("retrieved"))
            #expect(warm.items.count == 5 && warm.items.allSatisfy { $0.hasPrefix("comedy-") && $0 != "comedy-0" })
        }
    }

    /// Many like one film now: who asks next, and is known to nobody, is told first.
    @Test(arguments: Client.Transport.allCases)
    func whatIsTrendingReachesANewcomer(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            func trending() async throws -> [String] {
                let answer = try await client.get("/v1/recommendations?user=nobody&count=12&explain=true")
                return answer.proposed(by: "trending", to: 1)
            }
            #expect(try await trending() != ["action-5"])
            let burst = (0..<30).map { #"{"kind": "view", "userId": "fan-\#($0)", "itemId": "action-5"}"# }
            _ = try await client.post("/v1/events", burst.joined(separator: "\n"), type: "application/x-ndjson")
            #expect(try await trending() == ["action-5"])
        }
    }

    /// The caller's own candidates in the user's order: nothing is retrieved, nothing lost but what is hidden.
    @Test(arguments: Client.Transport.allCases)
    func ownCandidatesAreRanked(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let given = "comedy-1,nothing,action-1,comedy-2,action-0,nothing"
            let answer = try await client.get("/v1/rank?user=u0&items=\(given)")
            #expect(answer.status == 200 && answer.items.count == 5, "seen items stay: \(answer.items)")
            #expect(answer.items.prefix(2).allSatisfy { $0.hasPrefix("action-") } && answer.items.last == "nothing")
            _ = try await client.post("/v1/items/action-0/hide")
            let body = #"{"user": "u1", "items": ["action-0", "action-1", "comedy-2"], "count": 2}"#
            #expect(try await client.post("/v1/rank", body).items == ["comedy-2", "action-1"])
            let cold = try await client.get("/v1/rank?user=nobody&items=\(given)")
            #expect(Set(cold.items) == ["comedy-1", "comedy-2", "action-1", "nothing"])
            for (path, message) in [
                ("/v1/rank?user=u0", "\"items\" is missing"), ("/v1/rank?items=", "expected 1 to 1000 ids"),
            ] {
                let reply = try await client.get(path)
                #expect(reply.status == 400 && reply.errorMessage.contains(message), "\(reply.errorMessage)")
            }
        }
    }

    /// A vector of the caller's own model stands for who asks.
    @Test func aVectorAsks() async throws {
        try await Client.run(.memory) { client in
            // Actions lie along the first axis of the world's vectors, comedies along the second.
            let path = "/v1/recommendations?count=12&explain=true"
            let comedies = try await client.get(path + "&vector=0,1,0,0").proposed(by: "embedding", to: 6)
            #expect(comedies.count == 6 && comedies.allSatisfy { $0.hasPrefix("comedy-") })
            let body = #"{"count": 12, "explain": true, "vector": [1, 0, 0, 0]}"#
            let actions = try await client.post("/v1/recommendations", body).proposed(by: "embedding", to: 6)
            #expect(actions.count == 6 && actions.allSatisfy { $0.hasPrefix("action-") })
            for (vector, message) in [
                ("1,2", "the vector has 2 numbers, expected the 4 of the items' vectors"),
                ("1,x,0,0", "\"vector\": got [1,\"x\",0,0], expected an array of numbers"),
                ("1e99,0,0,0", "expected an array of numbers"), ("", "the vector has 0 numbers"),
            ] {
                let reply = try await client.get(path + "&vector=" + vector)
                #expect(reply.status == 400 && reply.errorMessage.contains(message), "\(reply.errorMessage)")
            }
        }
    }

    @Test func anAnonymousHistoryIsJoined() async throws {
        try await Client.run(.memory) { client in
            _ = try await client.post("/v1/events", #"{"kind": "view", "anonymousId": "cookie", "itemId": "action-1"}"#)
            let anonymous = try await client.get("/v1/recommendations?anonymous=cookie&count=5")
            #expect(anonymous.items.allSatisfy { $0.hasPrefix("action-") })
            _ = try await client.post("/v1/events", #"{"kind": "identify", "anonymousId": "cookie", "userId": "late"}"#)
            #expect(try await client.get("/v1/recommendations?user=late&count=5").items == anonymous.items)
        }
    }

    @Test func sentTwiceIsCountedOnce() async throws {
        try await Client.run(.memory) { client in
            let event =
                #"{"eventId": "e1", "kind": "view", "userId": "u0", "itemId": "comedy-0", "time": 1700000000000}"#
            #expect(try await client.post("/v1/events", event)["appended"] == .number(1))
            let other = event.replacingOccurrences(of: "comedy-0", with: "comedy-1")
            let again = try await client.post("/v1/events", "[\(other)]")
            #expect(again["appended"] == .number(0) && again["conflicts"] == .number(1))
            #expect(again["conflictExamples"] == .array([.string("e1")]))
        }
    }

    @Test func oneBadEventAndNoneIsAppended() async throws {
        try await Client.run(.memory) { client in
            let good = #"{"kind": "view", "userId": "u0", "itemId": "comedy-0"}"#
            let before = try client.world.store.lastSeq()
            let reply = try await client.post(
                "/v1/events", "[\(good), \(good), {\"kind\": \"view\", \"userId\": \"u0\"}]")
            #expect(reply.status == 400 && reply.errorCode == "bad_event")
            #expect(reply.errorMessage.hasPrefix("event 3: field \"itemId\" is missing"), "\(reply.errorMessage)")
            #expect(try client.world.store.lastSeq() == before)
            let lines = try await client.post("/v1/events", good + "\n\n" + good + "\n", type: "application/x-ndjson")
            #expect(lines["appended"] == .number(2))
        }
    }

    @Test(arguments: Client.Transport.allCases)
    func hideShowAndDeleteHoldAtOnce(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let wanted = World.unseen(0)
            func answer() async throws -> [String] {
                try await client.get("/v1/recommendations?user=u0&count=12").items
            }
            #expect(try await answer().contains(wanted[0]))
            let hidden = try await client.post("/v1/items/\(wanted[0])/hide")
            #expect(hidden.text == #"{"item":"\#(wanted[0])","changed":true}"#)
            #expect(try await client.post("/v1/items/\(wanted[0])/hide")["changed"] == .bool(false))
            #expect(try await !answer().contains(wanted[0]))
            _ = try await client.post("/v1/items/\(wanted[0])/show")
            #expect(try await answer().contains(wanted[0]))
            #expect(try await client.delete("/v1/items/\(wanted[1])").status == 200)
            #expect(try await !answer().contains(wanted[1]))
            #expect(try await client.post("/v1/items/nothing/hide").status == 404)

            // And they hold in a bundle that was made before them.
            try await client.live.activate(client.world.home.bundles.currentID() ?? "")
            #expect(try await !answer().contains(wanted[1]))
        }
    }

    @Test(arguments: Client.Transport.allCases)
    func anErasedPersonIsForgotten(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            _ = try await client.get("/v1/recommendations?user=u0")
            _ = try await client.get("/v1/recommendations?user=u1")
            let reply = try await client.delete("/v1/users/u0")
            #expect(reply.text == #"{"user":"u0","eventsRemoved":4}"#)
            #expect(try await client.get("/v1/recommendations?user=u0")["rung"] == .string("popular"))
            #expect(try await client.get("/v1/recommendations?user=u1")["rung"] == .string("retrieved"))

            await client.served.flush()
            let lists = try served(client)
            // The answer after the erasure is that of a stranger, but it was asked for by this key.
            #expect(lists.filter { $0.contains(ServedSegments.hexadecimal(UserID("u0").key)) }.count == 1)
            #expect(lists.filter { $0.contains(ServedSegments.hexadecimal(UserID("u1").key)) }.count == 2)

            // The bundle's checkpoint still knows the person: opening it again must not bring them back.
            try await client.live.activate(client.world.home.bundles.currentID() ?? "")
            #expect(try await client.get("/v1/recommendations?user=u0")["rung"] == .string("popular"))

            // Who comes back is welcome, and begins anew.
            _ = try await client.post("/v1/events", #"{"kind": "view", "userId": "u0", "itemId": "comedy-0"}"#)
            let back = try await client.get("/v1/recommendations?user=u0&count=5")
            #expect(back.items.allSatisfy { $0.hasPrefix("comedy-") })
            #expect(try await client.delete("/v1/users/nobody")["eventsRemoved"] == .number(0))
        }
    }

    private func served(_ client: Client) throws -> [String] {
        try ServedSegments.segments(in: client.world.home.servedFolder).flatMap { url in
            try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
        }
    }

    /// Senders who share a commit: all is there when each is told so, and what one got wrong is theirs alone.
    @Test func manySendersAtOnce() async throws {
        try await Client.run(.memory) { client in
            let before = try client.world.store.lastSeq()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<40 {
                    group.addTask {
                        let isBad = sender % 8 == 7
                        let events = (0..<5).map { number in
                            let item = isBad && number == 4 ? "" : "comedy-\(number)"
                            return #"{"kind": "view", "userId": "many\#(sender)", "itemId": "\#(item)"}"#
                        }
                        let reply = try await client.post("/v1/events", "[\(events.joined(separator: ","))]")
                        #expect(reply.status == (isBad ? 400 : 200), "\(reply.text)")
                        guard !isBad else { return }
                        let answer = try await client.get("/v1/recommendations?user=many\(sender)&count=20")
                        #expect(
                            answer.items.allSatisfy { !$0.hasPrefix("comedy") || $0 == "comedy-5" }, "\(answer.text)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try client.world.store.lastSeq() == before + 35 * 5)
        }
    }
    /// Whoever waits for others is told when all is written, be they few or more than one commit waits for.
    @Test(arguments: [1, 3, 150]) func sendersWhoWaitForEachOther(count: Int) async throws {
        let world = try World()
        let live = world.live()
        let before = try world.store.lastSeq()
        let reports = try await withThrowingTaskGroup(of: AppendReport.self) { group in
            for sender in 0..<count {
                group.addTask {
                    var event = Event(
                        kind: "view", userId: UserID("waits\(sender)"), itemId: ItemID("comedy-1"),
                        time: World.start, source: "planted")
                    event.eventId = "waits-\(sender)"
                    return try await live.ingest([event], mayWait: sender % 4 != 1)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reports.count == count && reports.allSatisfy { $0.appended == 1 })
        #expect(try world.store.lastSeq() == before + Int64(count))
    }
}
