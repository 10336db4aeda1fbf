import Foundation
import MagpieArtifacts
import Testing

@testable import MagpieServing

@Suite struct BundleTests {
    @Test(arguments: Client.Transport.allCases) func thereAndBack(transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let first = try #require(client.live.status).bundle
            let second = try client.world.bundle()
            let all = try await client.get("/v1/bundles")
            #expect(all["current"] == .string(first) && all["serving"] == .string(first))
            #expect(all["bundles"] == .array([first, second].sorted().map { .string($0) }))

            let activated = try await client.post("/v1/bundles/\(second)/activate")
            #expect(activated.status == 200 && activated["bundle"] == .string(second))
            #expect(try await client.get("/v1/recommendations?user=u0")["bundle"] == .string(second))
            #expect(try client.world.home.bundles.currentID() == second)
            // Again is no error.
            #expect(try await client.post("/v1/bundles/\(second)/activate").status == 200)

            let back = try await client.post("/v1/bundles/rollback")
            #expect(back.status == 200 && back["bundle"] == .string(first))
            #expect(try await client.get("/v1/recommendations?user=u0")["bundle"] == .string(first))
        }
    }

    @Test func whatIsRefused() async throws {
        try await Client.run(.memory) { client in
            let good = try #require(client.live.status).bundle
            for id in ["nobody", "..%2F..%2Fhome", "%2E%2E", "CURRENT"] {
                let reply = try await client.post("/v1/bundles/\(id)/activate")
                #expect(reply.status == 404 && reply.errorCode == "unknown_bundle", "\(id): \(reply.text)")
            }
            #expect(try await client.post("/v1/bundles/rollback").errorCode == "no_older_bundle")

            let bad = try client.world.bundle()
            let file = client.world.home.bundlesFolder.appendingPathComponent(bad).appendingPathComponent(
                "popular.safetensors")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: file)
            let damaged = try await client.post("/v1/bundles/\(bad)/activate")
            #expect(damaged.status == 409 && damaged.errorCode == "bad_bundle")
            #expect(damaged["title"] == .string("Conflict") && damaged["status"] == .number(409))
            #expect(try await client.get("/v1/recommendations?user=u0")["bundle"] == .string(good))

            let lock = try client.world.home.trainingLock()
            #expect(try await client.post("/v1/bundles/\(good)/activate").errorCode == "busy")
            lock.release()
            #expect(try await client.post("/v1/bundles/\(good)/activate").status == 200)
            // The lock is free again, and none was left behind.
            try client.world.home.trainingLock().release()
        }
    }
}
