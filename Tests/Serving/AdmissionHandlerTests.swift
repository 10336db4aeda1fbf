import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import MagpieServing

@Suite struct AdmissionHandlerTests {
    /// A connection to a server before which a queue has stood for long.
    private static func overloaded() throws -> EmbeddedChannel {
        var options = LoadShedder.Options()
        options.wait = .zero
        options.leastQueue = 0
        options.interval = .milliseconds(100)
        let shedder = LoadShedder(options)
        let past = LoadShedder.now - 900_000_000
        for i in 0..<3 as Range<Int64> { #expect(shedder.letsIn(now: past + i)) }
        for i in 0..<2 as Range<Int64> { #expect(shedder.starts(arrival: past + i, now: past + 1_000 * (i + 1))) }
        return EmbeddedChannel(handler: AdmissionHandler(shedder))
    }

    private static func send(_ path: String, close: Bool = false, to channel: EmbeddedChannel) throws {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "here", path: path)
        if close { head.headerFields[.connection] = "Close" }
        try channel.writeInbound(HTTPRequestPart.head(head))
        try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "{}")))
        try channel.writeInbound(HTTPRequestPart.end(nil))
    }

    private static func inbound(_ channel: EmbeddedChannel) throws -> [HTTPRequestPart] {
        var parts: [HTTPRequestPart] = []
        while let part = try channel.readInbound(as: HTTPRequestPart.self) { parts.append(part) }
        return parts
    }

    private static func outbound(_ channel: EmbeddedChannel) throws -> [HTTPResponsePart] {
        var parts: [HTTPResponsePart] = []
        while let part = try channel.readOutbound(as: HTTPResponsePart.self) { parts.append(part) }
        return parts
    }

    @Test func refusesAtTheDoor() throws {
        let channel = try Self.overloaded()
        for _ in 0..<2 {
            try Self.send("/v1/search?q=a", to: channel)
            #expect(try Self.inbound(channel).isEmpty)
            let parts = try Self.outbound(channel)
            #expect(parts.count == 3)
            guard case .head(let head) = parts.first, case .body(let body) = parts.dropFirst().first else {
                Issue.record("\(parts)")
                return
            }
            #expect(head.status == .serviceUnavailable && head.headerFields[.retryAfter] == "1")
            #expect(head.headerFields[.contentLength] == "\(body.readableBytes)")
            #expect(String(buffer: body).contains(#""code":"busy""#))
        }
        // Who asks how the server is gets through.
        try Self.send("/livez", to: channel)
        #expect(try Self.inbound(channel).count == 3)
    }

    @Test func theConnectionEndsWhereItWasToEnd() throws {
        let channel = try Self.overloaded()
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 80)).wait()
        try Self.send("/v1/search?q=a", close: true, to: channel)
        channel.embeddedEventLoop.run()
        guard case .head(let head) = try Self.outbound(channel).first else {
            Issue.record("nothing was written")
            return
        }
        #expect(head.headerFields[.connection] == "close")
        #expect(!channel.isActive)
    }

    /// Answers come in the order of the questions: behind one that is still worked on nobody is refused here.
    @Test func nobodyIsAnsweredOutOfTurn() throws {
        let channel = try Self.overloaded()
        try Self.send("/livez", to: channel)
        try Self.send("/v1/search?q=a", to: channel)
        #expect(try Self.inbound(channel).count == 6)
        #expect(try Self.outbound(channel).isEmpty)
        for _ in 0..<2 {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }
        #expect(try Self.outbound(channel).count == 4)
        try Self.send("/v1/search?q=a", to: channel)
        #expect(try Self.inbound(channel).isEmpty)
        #expect(try Self.outbound(channel).count == 3)
    }

    /// What a client writes into the field is gone, and the moment of its arrival stands there.
    @Test func arrivalsAreNotInvented() throws {
        let shedder = LoadShedder()
        let channel = EmbeddedChannel(handler: AdmissionHandler(shedder))
        for (path, isWork) in [
            ("/livez", false), ("/v1/bundles/rollback", false), ("/v1/events/batch", false), ("/v1/items", true),
        ] {
            var head = HTTPRequest(method: .get, scheme: "http", authority: "here", path: path)
            head.headerFields[AdmissionHandler.field] = "1"
            try channel.writeInbound(HTTPRequestPart.head(head))
            guard case .head(let seen) = try Self.inbound(channel).first else {
                Issue.record("the head is gone")
                return
            }
            let told = seen.headerFields[AdmissionHandler.field]
            #expect(told != "1" && (told != nil) == isWork)
        }
        #expect(shedder.counts.waiting == 1)
    }

    /// Who hangs up no longer waits.
    @Test func whoIsGoneDoesNotWait() throws {
        let shedder = LoadShedder()
        let channel = EmbeddedChannel(handler: AdmissionHandler(shedder))
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 80)).wait()
        for _ in 0..<3 { try Self.send("/v1/items", to: channel) }
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        #expect(shedder.counts.waiting == 3, "started or not is not for the connection to say")
        try channel.close().wait()
        #expect(shedder.counts.waiting == 1)
    }
}
