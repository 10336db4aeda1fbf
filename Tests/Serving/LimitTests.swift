import Foundation
import MagpieDomain
import Testing

@testable import MagpieServing

@Suite struct LimitTests {
    private static let millisecond: Int64 = 1_000_000

    /// Of what two threads can answer.
    private static func nearlyAll(ofSeconds seconds: Int) -> Int { 97 * seconds * 2_000 / 700 }

    @Test func aBurstIsAnswered() {
        var queue = AnsweringQueue()
        queue.run((0..<60).map { _ in 5_000 })
        let (answered, refused) = (queue.answered.count, queue.refused.count)
        #expect(answered == 60 && refused == 0)
        // Bursts a second apart are no overload either.
        queue.run((6..<20).flatMap { second in (0..<40).map { _ in Double(second * 1_000) } })
        let refusedLater = queue.refused.count
        #expect(refusedLater == 0)
    }

    /// Two threads, 7 ms an answer: 286 a second, when they come by chance.
    @Test(arguments: [(0.5, 0), (0.8, 0), (0.95, 0.03)])
    func whatCanBeAnsweredIsAnswered(load: Double, refused share: Double) {
        var queue = AnsweringQueue()
        queue.run(AnsweringQueue.arrivals(perSecond: load * 2_000 / 7, seconds: 60, seed: 1))
        let refused = queue.refused.count
        #expect(Double(refused) <= share * Double(queue.answered.count), "\(refused)")
    }

    @Test(arguments: [1.5, 3, 20]) func moreIsRefusedAtOnceAndTheRestAnsweredSoon(load: Double) {
        var queue = AnsweringQueue()
        queue.run(AnsweringQueue.arrivals(perSecond: load * 2_000 / 7, seconds: 30, seed: 2))
        let answered = queue.answered.sorted()
        let refused = queue.refused.sorted()
        let (slow, slowest) = (answered[answered.count * 99 / 100], answered[answered.count - 1])
        let refusal = refused[refused.count * 99 / 100]
        #expect(answered.count > Self.nearlyAll(ofSeconds: 30), "\(answered.count)")
        #expect(slow < 70 && slowest < 1_000, "\(slow), \(slowest) ms")
        #expect(refusal < 10, "\(refusal) ms")
        // And when it is over all is as before.
        queue.run((0..<40).map { _ in 40_000 })
        #expect(queue.answered.count == answered.count + 40)
    }

    /// Connections that ask again as soon as they are answered, or a millisecond after they were refused.
    @Test func connectionsThatNeverWaitAreBounded() {
        var queue = AnsweringQueue()
        queue.run((0..<64).map { _ in 0 }, again: 1, until: 20_000)
        let late = queue.answered.suffix(queue.answered.count * 9 / 10).sorted()
        let slow = late[late.count * 99 / 100]
        #expect(queue.answered.count > Self.nearlyAll(ofSeconds: 20))
        #expect(slow < 70, "\(slow) ms")
    }

    /// Connections that are served again at once, before those that wait, do not hide that these wait.
    @Test func aQueueIsSeenThoughSomeAreServedAtOnce() {
        let shedder = LoadShedder()
        let ms = Self.millisecond
        for i in 0..<20 as Range<Int64> { #expect(shedder.letsIn(now: i)) }
        var refused: [Int64] = []
        for at in 1..<100 as Range<Int64> {
            guard shedder.letsIn(now: 5 * at * ms) else {
                refused.append(5 * at)
                continue
            }
            #expect(shedder.isAhead(arrival: 5 * at * ms) && shedder.starts(arrival: 5 * at * ms, now: 5 * at * ms))
        }
        #expect(refused.first.map { (250..<300).contains($0) } ?? false, "\(refused)")
    }

    @Test func whoseConnectionIsGoneIsForgotten() {
        let shedder = LoadShedder()
        let ms = Self.millisecond
        for i in 0..<500 as Range<Int64> { #expect(shedder.letsIn(now: i)) }
        #expect(shedder.counts.waiting == 500 && shedder.isAhead(arrival: 2 * ms) && !shedder.isAhead(arrival: 500))
        for i in 0..<500 as Range<Int64> { shedder.leaves(arrival: i) }
        #expect(shedder.counts.waiting == 0 && !shedder.isAhead(arrival: 2 * ms))
        #expect(shedder.letsIn(now: 2_000 * ms) && shedder.starts(arrival: 2_000 * ms, now: 2_001 * ms))
        // Nobody waits for more than a second, and a clock that goes back is no wait.
        #expect(!shedder.starts(arrival: 3_000 * ms, now: 4_001 * ms))
        #expect(shedder.starts(arrival: 5_000 * ms, now: 4_900 * ms))
        #expect(shedder.counts.refused == 1)
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
        options.shedding.wait = .seconds(-1)
        options.shedding.leastQueue = 0
        options.shedding.interval = .seconds(-1)
        try await Client.run(.socket, options: options) { client in
            for _ in 0..<3 {
                let reply = try await client.get("/v1/recommendations?user=u0")
                #expect(reply.status == 503 && reply.errorCode == "busy")
                #expect(reply.contentType == "application/problem+json")
            }
            let posted = try await client.post("/v1/recommendations", #"{"user": "u0"}"#)
            #expect(posted.status == 503 && posted.errorCode == "busy")
            for path in ["/livez", "/readyz"] { #expect(try await client.get(path).status == 200) }
            let metrics = try await client.get("/metrics")
            #expect(metrics.status == 200 && metrics.text.contains("\nmagpie_shed_requests_total 4\n"))
            #expect(metrics.text.contains("\nmagpie_waiting_requests 0\n"))
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
