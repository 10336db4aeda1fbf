import Foundation
import MagpieDomain
import Testing

@testable import MagpieServing

/// Items that come in over HTTP are found by the very next search.
@Suite struct ItemTests {
    private func ids(_ client: Client, _ query: String) async throws -> [String] {
        let reply = try await client.get("/v1/search?\(query)")
        #expect(reply.status == 200, "\(reply.text)")
        return reply.items
    }

    @Test(arguments: Client.Transport.allCases)
    func aNewItemIsFoundAtOnce(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let sent = try await client.post(
                "/v1/items", #"{"id": "new", "title": "The Thieving Magpie", "genres": ["opera"], "year": 2026}"#)
            #expect(sent.status == 200 && sent.text == #"{"received":1,"changed":1}"#)
            for query in ["q=thieving+magpie", "q=magpei", "q=thiev", "q=opera"] {
                let reply = try await client.get("/v1/search?\(query)")
                #expect(reply.items.first == "new", "\(query): \(reply.text)")
            }
            let answer = try await client.get("/v1/search?q=magpie&explain=true")
            guard case .array(let items)? = answer["items"] else { return #expect(Bool(false)) }
            #expect(items[0]["title"]?.string == "The Thieving Magpie")
            // Among the others by its words: "film" is in every title, and in this one not.
            #expect(try await ids(client, "q=action+film&count=20").last != "new")

            // The same again changes nothing; another title does.
            #expect(
                try await client.post("/v1/items", #"{"id": "new", "year": 2026}"#).text
                    == #"{"received":1,"changed":0}"#)
            _ = try await client.post("/v1/items", #"{"id": "new", "title": "Bluebird"}"#)
            #expect(try await ids(client, "q=bluebird").first == "new")
            #expect(try await !ids(client, "q=magpie").contains("new"))
            // Filters, exclusion, hiding, deleting.
            #expect(try await ids(client, "q=bluebird&filter=year%3E2000").contains("new"))
            #expect(try await !ids(client, "q=bluebird&filter=year%3C2000").contains("new"))
            #expect(try await !ids(client, "q=bluebird&exclude=new").contains("new"))
            #expect(try await client.post("/v1/items/new/hide").status == 200)
            #expect(try await !ids(client, "q=bluebird").contains("new"))
            #expect(try await client.post("/v1/items/new/show").status == 200)
            #expect(try await ids(client, "q=bluebird").contains("new"))
            // And in a bundle that was made before it.
            try await client.live.activate(client.world.home.bundles.currentID() ?? "")
            #expect(try await ids(client, "q=bluebird").contains("new"))
            #expect(try await client.delete("/v1/items/new").status == 200)
            #expect(try await !ids(client, "q=bluebird").contains("new"))
        }
    }

    /// By its vector alone: the retriever "similar" asks has no words.
    @Test func aNewItemIsSimilarToThoseItReadsLike() async throws {
        try await Client.run(.memory) { client in
            let title = try await client.get("/v1/search?q=action+film&count=1").items.first ?? ""
            let before = try await client.get("/v1/items/\(title)/similar?count=30").items
            #expect(!before.contains("new"))
            _ = try await client.post(
                "/v1/items", #"{"id": "new", "title": "Action film again", "genres": ["action"]}"#)
            #expect(try await client.get("/v1/items/\(title)/similar?count=30").items.contains("new"))
            // And asked about itself, it leads to what it reads like, not to itself.
            let own = try await client.get("/v1/items/new/similar?count=3").items
            #expect(!own.isEmpty && !own.contains("new") && own.allSatisfy { $0.hasPrefix("action") }, "\(own)")
            #expect(try await client.delete("/v1/items/new").status == 200)
            #expect(try await !client.get("/v1/items/\(title)/similar?count=30").items.contains("new"))
        }
    }

    @Test func aChangedItemIsFoundByItsNewWordsOnly() async throws {
        try await Client.run(.memory) { client in
            _ = try await client.post("/v1/items", #"{"id": "action-0", "title": "Xylophone"}"#)
            let reply = try await client.get("/v1/search?q=xylophone&explain=1")
            #expect(reply.items.first == "action-0")
            #expect(try await client.get("/v1/search?q=xylophone&total=true")["matches"]?["count"] == .number(1))
            #expect(try await client.get("/v1/search?q=film&total=true")["matches"]?["count"] == .number(11))
        }
    }

    @Test func manyAtOnceAllOrNothing() async throws {
        try await Client.run(.memory) { client in
            let lines = (0..<50).map { #"{"id": "n\#($0)", "title": "Sonata number \#($0)", "year": \#(1800 + $0)}"# }
            let sent = try await client.post(
                "/v1/items", lines.joined(separator: "\n"), type: "application/x-ndjson")
            #expect(sent.text == #"{"received":50,"changed":50}"#)
            #expect(try await ids(client, "q=sonata&count=50").count == 50)
            let matches = try await client.get("/v1/search?q=sonata&total=1&facets=genres,year&sort=-year&count=3")
            #expect(matches.items == ["n49", "n48", "n47"])
            #expect(matches["matches"]?["count"] == .number(50))
            for (body, part) in [
                (#"[{"id": "a", "title": "x"}, {"title": "y"}]"#, "item 2: field \"id\" is missing"),
                (#"{"id": "a", "point": [1, -1e300]}"#, "\"point\": -1e+300 is too large for a vector"),
                (#"{"id": "a", "title": 7}"#, "expected text(en)"), (#"{"id": "a", "id": "b"}"#, "twice"),
                ("[]x", "JSON"),
                (#"{"id": ""}"#, "\"id\""), (#"{"id": "a", "x": {"y": 1}}"#, "nested"), ("7", "expected an object"),
            ] {
                let reply = try await client.post("/v1/items", body)
                #expect(reply.status == 400 && reply.errorMessage.contains(part), "\(body): \(reply.text)")
            }
            #expect(try await client.get("/v1/search?q=x&total=1")["matches"]?["count"] == .number(0))
        }
    }

    @Test func pagesSayWhatMatches() async throws {
        try await Client.run(.memory) { client in
            let reply = try await client.get("/v1/search?q=film&total=true&facets=genres,year&count=2")
            #expect(reply.items.count == 2)
            let matches = reply["matches"]
            #expect(matches?["count"] == .number(12) && matches?["isExact"] == .bool(true))
            #expect(matches?["words"] == .string("all"))
            #expect(
                reply.text.contains(
                    #"{"attribute":"genres","values":[{"value":"action","count":6},{"value":"comedy","count":6}]}"#))
            #expect(reply.text.contains(#"{"value":"1990","count":2}"#))
            #expect(try await client.get("/v1/search?q=film")["matches"] == nil)

            let sorted = try await client.get("/v1/search?q=comedy+film&sort=-year&count=3")
            #expect(sorted.items == ["comedy-5", "comedy-4", "comedy-3"])
            let body = try await client.post(
                "/v1/search", #"{"q": "film", "sort": "year", "count": 2, "filter": "year>=1993"}"#)
            #expect(body.items == ["action-3", "comedy-3"] && body["matches"]?["count"] == .number(6))
            #expect(
                try await client.get("/v1/search?q=action+comedy&total=1")["matches"]?["words"] == .string("any"))
            for query in ["facets=nothing", "sort=genres", "sort=-", "total=maybe", "facets=title"] {
                #expect(try await client.get("/v1/search?q=film&\(query)").status == 400, "\(query)")
            }
        }
    }
}
