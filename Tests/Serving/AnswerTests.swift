import MagpieDomain
import Testing

@Suite struct AnswerTests {
    @Test(arguments: Client.Transport.allCases)
    func recommendsWhatIsPlanted(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            for user in 0..<20 {
                let reply = try await client.get("/v1/recommendations?user=u\(user)&count=2")
                #expect(reply.status == 200)
                #expect(Set(reply.items) == Set(World.unseen(user)), "user \(user)")
                #expect(reply["scenario"] == .string("home"))
                #expect(reply["bundle"]?.string == client.live.status?.bundle)
                #expect(reply["requestId"]?.string.flatMap { RequestID($0) } != nil)
            }
            let posted = try await client.post(
                "/v1/recommendations", #"{"user": "u3", "count": 1, "exclude": ["\#(World.unseen(3)[0])"]}"#)
            #expect(posted.items == [World.unseen(3)[1]])
        }
    }

    @Test(arguments: Client.Transport.allCases)
    func searchesAndFindsSimilar(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let found = try await client.get("/v1/search?q=comedy+film&count=12")
            #expect(found.status == 200 && found["scenario"] == .string("search"))
            #expect(found.items.prefix(6).allSatisfy { $0.hasPrefix("comedy") }, "\(found.items)")
            let posted = try await client.post("/v1/search", #"{"query": "comedy film", "count": 12}"#)
            #expect(posted.items == found.items)
            #expect(try await client.get("/v1/search?q=").errorCode == "bad_request")

            let similar = try await client.get("/v1/items/action-0/similar?count=5")
            #expect(similar.items.count == 5 && similar.items.allSatisfy { $0.hasPrefix("action-") })
            #expect(!similar.items.contains("action-0"))
            let unknown = try await client.get("/v1/items/no%20such%2Fitem/similar")
            #expect(unknown.status == 200 && unknown["rung"] == .string("popular"), "a cold start, not an error")

            // An item that is newer than the bundle is no mistake, but it has no neighbours yet.
            let patch: AttributePatch = [ReservedAttribute.title: .text("New")]
            _ = try client.world.store.append([
                Revision<Item>(id: "new", validFrom: .now, receivedAt: .now, change: .patch(patch))
            ])
            let new = try await client.get("/v1/items/new/similar")
            #expect(new.status == 200 && new["rung"] == .string("popular"))
        }
    }

    @Test func aStrangerGetsPopularItems() async throws {
        try await Client.run(.memory) { client in
            for path in ["/v1/recommendations", "/v1/recommendations?user=nobody", "/v1/recommendations?anonymous=u0"] {
                let reply = try await client.get(path)
                #expect(reply.status == 200 && reply["rung"] == .string("popular"), "\(path)")
                #expect(reply.items.count == 10)
            }
        }
    }

    @Test func filtersAndExplains() async throws {
        try await Client.run(.memory) { client in
            let reply = try await client.get(
                "/v1/recommendations?user=u0&filter=genres:comedy%20AND%20year%3E%3D1993&explain=true")
            #expect(Set(reply.items) == ["comedy-3", "comedy-4", "comedy-5"])
            #expect(reply["funnel"]?["catalogue"]?.number == 12)
            #expect(reply["funnel"]?["retrieved"]?.count ?? 0 > 0)
            #expect(reply["appliedSeq"]?.number == 80)
            #expect(try await client.get("/v1/recommendations?user=u0")["funnel"] == nil)
        }
    }

    @Test func reordersAsAsked() async throws {
        try await Client.run(.memory) { client in
            let path = "/v1/recommendations?user=u0&count=6&explain=true"
            let plain = try await client.get(path)
            let capped = try await client.get(path + "&cap=genres=2&cap=genres=1@1")
            #expect(capped.items.count { $0.hasPrefix("comedy") } <= 2 && capped.items.first == plain.items.first)
            #expect(capped["funnel"]?["capped"]?.number ?? 0 > 0 && plain["funnel"]?["capped"]?.number == 0)
            let diverse = try await client.get(path + "&diversity=0.9")
            #expect(diverse["funnel"]?["diversity"]?.number == 0.9 && diverse.items.count == plain.items.count)
            let posted = try await client.post(
                "/v1/recommendations", #"{"user": "u0", "count": 6, "cap": ["genres=2", "genres=1@1"]}"#)
            #expect(posted.items == capped.items)
        }
    }

    @Test func whatIsAskedWronglyIsSaid() async throws {
        try await Client.run(.memory) { client in
            let filter = try await client.get("/v1/recommendations?filter=year%3E")
            #expect(filter.status == 400 && filter.errorCode == "bad_filter")
            #expect(filter.errorMessage.contains("character 6"), "\(filter.errorMessage)")
            for (path, part) in [
                ("/v1/recommendations?usr=1", "\"usr\" is not known"),
                ("/v1/recommendations?count=0", "expected 1 to 1000"),
                ("/v1/recommendations?count=many", "expected a number"),
                ("/v1/recommendations?count=1&count=2", "stands twice"),
                ("/v1/recommendations?explain=maybe", "true or false"),
                ("/v1/recommendations?diversity=2", "expected 0 to 1"),
                ("/v1/recommendations?diversity=x", "expected a number"),
                ("/v1/recommendations?cap=genres", "such as genres=3"),
                ("/v1/recommendations?cap=year=3", "no attribute \"year\" to cap by"),
                ("/v1/recommendations?user=", "not empty"),
                ("/v1/recommendations?user=%ff", "UTF-8"),
                ("/v1/recommendations?scenario=x", "no scenario \"x\""),
            ] {
                let reply = try await client.get(path)
                #expect(reply.status == 400 && reply.errorMessage.contains(part), "\(path): \(reply.text)")
            }
            for (body, code) in [
                ("{\"user\": ", "bad_json"), ("[1]", "bad_request"), ("{\"user\": 7}", "bad_request"),
                ("{\"nope\": null}", "bad_request"), (String(repeating: "[", count: 100_000), "bad_json"),
            ] {
                let reply = try await client.post("/v1/recommendations", body)
                #expect(reply.status == 400 && reply.errorCode == code, "\(body.prefix(20)): \(reply.text)")
            }
            for (method, path) in [("GET", "/v2"), ("GET", "/"), ("DELETE", "/v1/events"), ("PUT", "/v1/items/1")] {
                let reply = try await client.send(method, path)
                #expect(reply.status == 404 && reply.errorCode == "not_found", "\(method) \(path)")
            }
        }
    }
}
