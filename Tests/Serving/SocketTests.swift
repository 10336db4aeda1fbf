import Foundation
import MagpieArtifacts
import MagpieDomain
import Testing

@testable import MagpieServing

/// What only a real connection shows: starting, stopping, swapping, size.
@Suite struct SocketTests {
    @Test func manyAskWhileEventsComeAndBundlesChange() async throws {
        try await Client.run(.socket) { client in
            let first = client.live.status?.bundle
            try await withThrowingTaskGroup(of: Void.self) { group in
                for asker in 0..<8 {
                    group.addTask {
                        for round in 0..<15 {
                            let user = (asker + round) % 20
                            let reply = try await client.get("/v1/recommendations?user=u\(user)&count=2")
                            #expect(reply.status == 200 && Set(reply.items) == Set(World.unseen(user)))
                        }
                    }
                }
                group.addTask {
                    for round in 0..<15 {
                        let reply = try await client.post(
                            "/v1/events", #"{"kind": "view", "userId": "w\#(round)", "itemId": "action-0"}"#)
                        #expect(reply["appended"] == .number(1))
                    }
                }
                group.addTask {
                    for _ in 0..<2 { try client.world.train() }
                }
                try await group.waitForAll()
            }
            let newest = try client.world.home.bundles.currentID()
            while client.live.status?.bundle != newest { try await Task.sleep(for: .milliseconds(5)) }
            #expect(newest != first)
            // Nothing that came in meanwhile was lost in the change.
            #expect(client.live.status?.appliedSeq == 95)
            for round in 0..<15 {
                #expect(try await client.get("/v1/recommendations?user=w\(round)")["rung"] == .string("retrieved"))
            }
        }
    }

    @Test func anAddressThatIsTooLongIsAProblem() async throws {
        try await Client.run(.socket) { client in
            let reply = try await client.get("/v1/recommendations?user=" + String(repeating: "u", count: 85_000))
            #expect(reply.status == 400 && reply["code"] == .string("bad_request"))
            #expect(try await client.get("/v1/recommendations?user=u0").status == 200)
        }
    }

    @Test func aDamagedBundleIsNotServed() async throws {
        try await Client.run(.socket) { client in
            let good = try #require(client.live.status).bundle
            let bundles = client.world.home.bundlesFolder
            let bad = try client.world.bundle()
            let file = bundles.appendingPathComponent(bad).appendingPathComponent("popular.safetensors")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: file)
            // Publishing would refuse it, so the pointer is moved by hand.
            try Data("\(bad)\n\(good)\n".utf8).write(to: bundles.appendingPathComponent("CURRENT"), options: .atomic)
            try await Task.sleep(for: .milliseconds(100))
            #expect(client.live.status?.bundle == good)
            #expect(try await client.get("/v1/recommendations?user=u0")["bundle"] == .string(good))
            // The next good one is.
            let next = try client.world.train()
            while client.live.status?.bundle != next { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func notReadyBeforeABundleIsOpen() async throws {
        try await Client.run(.socket, train: false) { client in
            #expect(try await client.get("/livez").status == 200)
            for path in ["/readyz", "/v1/recommendations"] {
                let reply = try await client.get(path)
                #expect(reply.status == 503 && reply.errorCode == "not_ready")
            }
            // What happened before is not lost.
            _ = try await client.post("/v1/events", #"{"kind": "view", "userId": "early", "itemId": "comedy-0"}"#)
            try client.world.train()
            while try await client.get("/readyz").status != 200 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(
                try await client.get("/v1/recommendations?user=early&count=5").items.allSatisfy {
                    $0.hasPrefix("comedy")
                })
        }
    }

    @Test(arguments: Client.Transport.allCases)
    func aHugeBodyIsRefused(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let huge = [UInt8](repeating: 0x20, count: EventRoutes.bodyLimit + 1)
            let reply = try await client.send("POST", "/v1/events", type: "application/json", body: huge)
            #expect(reply.status == 413 && reply.errorCode == "too_large")
            let question = try await client.send(
                "POST", "/v1/search", body: Array(huge.prefix(Answering.bodyLimit + 1)))
            #expect(question.status == 413)
            #expect(try await client.get("/livez").status == 200)
        }
    }

    @Test func stoppingFinishesWhatWasBegun() async throws {
        let world = try await Client.run(.socket) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for user in 0..<20 {
                    group.addTask {
                        let reply = try await client.get("/v1/recommendations?user=u\(user)")
                        #expect(reply.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            return client.world
        }
        // The server has ended, and every answer it gave is in the file.
        let served = world.home.servedFolder
        let lines = try ServedSegments.segments(in: served).flatMap { url in
            try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        }
        #expect(lines.count == 20)
        for line in lines {
            let list = try JSONTree(String(line))
            #expect(list["items"]?.count == list["scores"]?.count && list["scenario"] == .string("home"))
        }
    }

    @Test func aPortInUseIsSaid() async throws {
        try await Client.run(.socket) { client in
            let port = try #require(client.port)
            await #expect(throws: ServingError.portInUse(host: "127.0.0.1", port: port)) {
                try await Client.run(.socket, options: .init(port: port)) { _ in }
            }
        }
    }
}
