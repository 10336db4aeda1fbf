import Foundation
import MagpieDomain
import Testing

@testable import MagpieServing

@Suite struct LimitTests {
    private static let millisecond: Int64 = 1_000_000

    @Test func shortBurstsAreLetThrough() {
        let shedder = LoadShedder()
        let ms = Self.millisecond
        // Free until 1,000 ms; then everything waits for 50 ms.
        #expect(shedder.admits(arrival: 999 * ms, now: 1_000 * ms))
        #expect(shedder.admits(arrival: 1_010 * ms, now: 1_060 * ms))
        // More than a hundred milliseconds later they still wait one behind the other: this is no burst.
        #expect(shedder.admits(arrival: 1_055 * ms, now: 1_115 * ms))
        #expect(!shedder.admits(arrival: 1_100 * ms, now: 1_165 * ms))
        #expect(shedder.admits(arrival: 1_150 * ms, now: 1_169 * ms))
        #expect(!shedder.admits(arrival: 1_150 * ms, now: 1_171 * ms))
        #expect(shedder.shed == 2)
        // One that did not wait ends it.
        #expect(shedder.admits(arrival: 1_180 * ms, now: 1_181 * ms))
        #expect(shedder.admits(arrival: 1_150 * ms, now: 1_200 * ms))
        // Nobody waits for more than a second, and a clock that goes back is no wait.
        #expect(!shedder.admits(arrival: 100 * ms, now: 1_201 * ms))
        #expect(shedder.admits(arrival: 2_000 * ms, now: 1_210 * ms))
        // One that has to wait now and then, and nobody else there, is no overload.
        for second in 9..<20 as Range<Int64> {
            #expect(shedder.admits(arrival: second * 1_000 * ms, now: (second * 1_000 + 300) * ms))
        }
    }

    @Test(arguments: [1.0, 7, 250]) func bucketsAreFilledAtTheirRate(perSecond: Double) {
        let limiter = RateLimiter()
        var admitted = 0
        // Ten seconds, a thousand questions a second.
        for i in 0..<10_000 where limiter.admits("a", perSecond: perSecond, now: Int64(i) * Self.millisecond) {
            admitted += 1
        }
        // A second's worth at once, and then as many a second.
        #expect(abs(Double(admitted) - 11 * perSecond) <= 1)
        #expect(limiter.admits("b", perSecond: perSecond, now: 0))
    }

    @Test func whoWaitedTooLongIsTold() async throws {
        var options = Server.Options(port: 0)
        options.shedding.freeWait = .seconds(-1)
        options.shedding.usualWait = .seconds(-1)
        options.shedding.overloadedWait = .seconds(-1)
        try await Client.run(.socket, options: options) { client in
            let reply = try await client.get("/v1/recommendations?user=u0")
            #expect(reply.status == 503 && reply.errorCode == "busy" && reply.contentType == "application/problem+json")
            for path in ["/livez", "/readyz"] { #expect(try await client.get(path).status == 200) }
            let metrics = try await client.get("/metrics")
            #expect(metrics.status == 200 && metrics.text.contains("\nmagpie_shed_requests_total 1\n"))
        }
    }

    @Test func aKeyAsksAsOftenAsItMay() async throws {
        try await Client.run(.memory) { client in
            var keys = APIKeys()
            let now = Timestamp(milliseconds: 1_700_000_000_000)
            let slow = keys.add(name: "slow", scopes: [.read], perSecond: 2, now: now)
            let free = keys.add(name: "free", scopes: [.read], now: now)
            try keys.write(to: client.world.home.keysURL)
            let opened = try APIKeys(reading: client.world.home.keysURL)
            #expect(opened?.keys.map(\.perSecond) == [2, nil])
            let server = try client.another()
            func statuses(_ key: String) async throws -> [Int] {
                var all: [Int] = []
                for _ in 0..<20 {
                    all += [
                        try await server.respond(
                            method: "GET", path: "/v1/recommendations?user=u0", authorization: "Bearer \(key)"
                        ).status
                    ]
                }
                return all
            }
            let told = try await statuses(slow)
            #expect(told.prefix(2) == [200, 200] && told.last == 429)
            #expect(try await statuses(free) == Array(repeating: 200, count: 20))
        }
    }
}
