import NIOCore
import NIOPosix
import Testing

@testable import MagpieLoadTest

/// Against a server of a few lines, whose answers are known.
@Suite struct LoadTests {
    /// Answers every request alike; one in ten with 503, and after some with a closed connection.
    private final class Fixed: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var seen = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            for _ in 0..<text.components(of: " HTTP/1.1\r\n") {
                seen += 1
                let body = seen % 10 == 0 ? "" : #"{"requestId":"x","scenario":"home","bundle":"b","rung":"ranked"}"#
                let status = seen % 10 == 0 ? "503 Service Unavailable" : "200 OK"
                let close = seen == 45 ? "Connection: close\r\n" : ""
                context.writeAndFlush(
                    NIOAny(
                        ByteBuffer(
                            string: "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(close)\r\n\(body)")),
                    promise: nil)
                if seen == 45 { context.close(promise: nil) }
            }
        }
    }

    private func served(_ change: (inout LoadOptions) -> Void) throws -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Fixed()) }
            }.bind(host: "127.0.0.1", port: 0).wait()
        var options = LoadOptions()
        options.port = channel.localAddress?.port ?? 0
        options.users = (0..<50).map { "u \($0)" }
        options.seconds = 0.5
        options.warmUpSeconds = 0.1
        options.connections = 4
        change(&options)
        return try LoadRun.run(options) { _ in }
    }

    @Test func atARate() throws {
        let report = try served {
            $0.rate = 400
            $0.eventRate = 100
        }
        let side = report.questions
        #expect(abs(side.sent - 200) <= 1, "\(side)")
        #expect(side.statuses.values.reduce(0, +) + side.broken == side.sent && side.broken == 0)
        #expect(side.ok == side.statuses["200"] && side.rungs["ranked"] == side.ok)
        #expect((10...30).contains(side.statuses["503"] ?? 0) && side.refusedMilliseconds.max > 0)
        #expect(side.milliseconds.p50 > 0 && side.milliseconds.p50 <= side.milliseconds.p99)
        #expect(abs(report.events.sent - 50) <= 1)
    }

    @Test func asFastAsItGoes() throws {
        // Long enough for a slow machine with other tests beside it.
        let seconds = 5.0
        let side = try served { $0.seconds = seconds }.questions
        #expect(side.ok > 1_000 && side.perSecond == Double(side.ok) / seconds, "\(side)")
        #expect(side.statuses.values.reduce(0, +) + side.broken == side.sent)
    }

    /// What another program is given to ask is what would be asked.
    @Test func questionsForOthers() {
        var options = LoadOptions()
        options.users = ["a b", "c"]
        (options.unknown, options.filters, options.filtered) = (0.2, ["year>=2010"], 0.2)
        (options.texts, options.searches, options.more) = (["x&y"], 0.5, "mode=auto")
        let targets = options.questions(2_000)
        var traffic = Traffic(options, stream: 1)
        #expect(targets.allSatisfy { traffic.question().hasPrefix("GET \($0) HTTP/1.1\r\n") })
        func share(_ text: String) -> Double { Double(targets.count { $0.contains(text) }) / 2_000 }
        #expect(targets.allSatisfy { $0.hasPrefix("/v1/") && !$0.contains(" ") && $0.hasSuffix("&mode=auto") })
        #expect(abs(share("/v1/search?") - 0.5) < 0.05 && abs(share("q=x%26y") - 0.5) < 0.05)
        #expect(abs(share("filter=year%3E%3D2010") - 0.2) < 0.05 && abs(share("user=stranger-1-") - 0.2) < 0.05)
        #expect(share("user=a%20b&") > share("user=c&") && share("user=c&") > 0.1)
    }

    @Test func nobodyListens() {
        var options = LoadOptions()
        options.port = 1
        #expect(throws: (any Error).self) { try LoadRun.run(options) { _ in } }
    }

    @Test func quantiles() {
        let told = LoadReport.Quantiles((1...1_000).map { Int64($0) * 1_000_000 }.shuffled())
        #expect(told.p50 == 500 && told.p90 == 900 && told.p99 == 990 && told.p999 == 999 && told.max == 1_000)
        #expect(told.mean == 500.5)
        #expect(LoadReport.Quantiles([]).max == 0)
    }

    @Test func trafficFollowsItsLaw() {
        var options = LoadOptions()
        options.users = (1...100).map { "ü\($0)" }
        options.unknown = 0.25
        options.filtered = 0.5
        options.filters = ["year>=1990 AND genres:\"A b\""]
        var traffic = Traffic(options, stream: 1)
        var again = Traffic(options, stream: 1)
        var counts: [String: Int] = [:]
        var filtered = 0
        for _ in 0..<20_000 {
            let text = traffic.question()
            #expect(text == again.question())
            filtered += text.contains("&filter=year%3E%3D1990%20AND%20genres%3A%22A%20b%22") ? 1 : 0
            counts[String(text.dropFirst("GET /v1/recommendations?user=".count).prefix { $0 != "&" }), default: 0] += 1
        }
        let strangers = counts.filter { $0.key.hasPrefix("stranger-") }
        #expect(abs(Double(strangers.count) / 20_000 - 0.25) < 0.02 && strangers.values.allSatisfy { $0 == 1 })
        #expect(abs(Double(filtered) / 20_000 - 0.5) < 0.02)
        let (first, second) = (Double(counts["%C3%BC1"] ?? 0), Double(counts["%C3%BC2"] ?? 0))
        #expect(abs(first / second - 2) < 0.25 && first > 2_500)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
