import Foundation
import MagpieDomain
import Testing

@testable import MagpieServing

@Suite struct KeyTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func temporary() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("magpie-keys-\(UUID().uuidString).json")
    }

    @Test func theFile() throws {
        let url = temporary()
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(try APIKeys(reading: url) == nil)
        var keys = APIKeys()
        let (shop, crawler) = (
            keys.add(name: "shop", scopes: [.write, .read], now: now), keys.add(name: "é", scopes: [.read], now: now)
        )
        try keys.write(to: url)
        let opened = try #require(try APIKeys(reading: url))
        #expect(opened == keys && opened.key(shop)?.name == "shop" && opened.key(crawler)?.name == "é")
        #expect(opened.keys[0].scopes == [.read, .write] && opened.keys[0].createdAt == "2023-11-14T22:13:20Z")
        // Whoever reads the file has no key.
        let text = try String(contentsOf: url, encoding: .utf8)
        #expect(!text.contains(shop) && !text.contains(crawler) && shop != crawler && shop.utf8.count > 70)
        #expect(opened.key(opened.keys[0].sha256) == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        for wrong in ["", "magpie_", String(shop.dropLast()), shop + "0", String(repeating: "x", count: 100_000)] {
            #expect(opened.key(wrong) == nil)
        }
        let removed = [keys.remove(id: keys.keys[0].id), keys.remove(id: "nobody")]
        #expect(removed == [true, false] && keys.key(shop) == nil)
        try Data("{".utf8).write(to: url)
        #expect(throws: ServingError.self) { try APIKeys(reading: url) }
    }

    @Test func scopesOfRoutes() async throws {
        try await Client.run(.memory) { client in
            var keys = APIKeys()
            let own = [APIKeys.Scope.read, .write, .admin].map { keys.add(name: $0.rawValue, scopes: [$0], now: now) }
            try keys.write(to: client.world.home.keysURL)
            // A server looks again every second; one that starts now knows.
            let server = try client.another()
            func status(_ method: String, _ path: String, _ authorization: String?) async throws -> Int {
                try await server.respond(
                    method: method, path: path, authorization: authorization, body: Array("{}".utf8)
                ).status
            }
            // Method, path, which of read, write and admin may.
            let routes: [(String, String, [Bool])] = [
                ("GET", "/v1/recommendations?user=u0", [true, false, true]), ("GET", "/metrics", [true, false, true]),
                ("POST", "/v1/recommendations", [true, false, true]),
                ("GET", "/v1/search?q=film", [true, false, true]),
                ("GET", "/v1/items/action-0/similar", [true, false, true]),
                ("POST", "/v1/events", [false, true, true]), ("POST", "/v1/items", [false, true, true]),
                ("POST", "/v1/items/action-0/show", [false, true, true]),
                ("DELETE", "/v1/users/nobody", [false, false, true]), ("GET", "/v1/bundles", [true, false, true]),
                ("POST", "/v1/bundles/rollback", [false, false, true]), ("GET", "/nowhere", [true, false, true]),
            ]
            for (method, path, may) in routes {
                for none in [nil, "Bearer nothing", "Bearer", "Basic \(own[2])", own[2]] {
                    #expect(try await status(method, path, none) == 401, "\(method) \(path)")
                }
                for (key, isAllowed) in zip(own, may) {
                    let answer = try await status(method, path, "Bearer \(key)")
                    #expect((answer == 403) == !isAllowed && answer != 401, "\(method) \(path): \(answer)")
                }
            }
            for path in ["/livez", "/readyz"] { #expect(try await status("GET", path, nil) == 200) }
        }
    }

    /// A key that is taken back stops working, one that is made works; a file that is gone or damaged opens no door.
    @Test func changesWhileItRuns() throws {
        let url = temporary()
        defer { try? FileManager.default.removeItem(at: url) }
        let guarding = try KeyGuard(url, interval: .zero)
        #expect(guarding.keys == nil)
        var keys = APIKeys()
        let key = keys.add(name: "a", scopes: [.read], now: now)
        func write(at second: Double) throws {
            try keys.write(to: url)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: second)], ofItemAtPath: url.path)
        }
        try write(at: 1_000)
        #expect(guarding.keys?.key(key) != nil)
        let isGone = keys.remove(id: keys.keys[0].id)
        #expect(isGone)
        try write(at: 2_000)
        #expect(guarding.keys != nil && guarding.keys?.key(key) == nil)
        try Data("}".utf8).write(to: url)
        #expect(guarding.keys == keys)
        try FileManager.default.removeItem(at: url)
        #expect(guarding.keys == keys)
        #expect(throws: ServingError.self) {
            try Data("}".utf8).write(to: url)
            _ = try KeyGuard(url)
        }
        #expect(try KeyGuard(nil).keys == nil)
    }
}
