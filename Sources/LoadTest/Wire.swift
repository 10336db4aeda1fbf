import NIOCore

/// One connection that asks one thing at a time: as much of HTTP/1.1 as a load test needs. Answers have a
/// Content-Length, or none and no body.
final class Wire: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    struct Answer {
        var status: Int
        var rung: String?
        /// The server closes the connection.
        var isLast: Bool
    }

    private let channel: any Channel
    private let ended: (Wire, NIODeadline, Answer?) -> Void
    private var received: ByteBuffer?
    private var due: NIODeadline?
    private var isClosed = false

    init(_ channel: any Channel, ended: @escaping (Wire, NIODeadline, Answer?) -> Void) {
        self.channel = channel
        self.ended = ended
    }

    var loop: any EventLoop { channel.eventLoop }

    func send(_ text: String, due: NIODeadline) {
        self.due = due
        guard !isClosed else { return end(nil) }
        channel.writeAndFlush(channel.allocator.buffer(string: text), promise: nil)
    }

    func close() { channel.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        if received == nil { received = part } else { received?.writeBuffer(&part) }
        if let answer = answer() {
            received = nil
            end(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        if due != nil { end(nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func end(_ answer: Answer?) {
        guard let due else { return }
        self.due = nil
        ended(self, due, answer)
    }

    /// nil: not all of it is there.
    private func answer() -> Answer? {
        guard let received else { return nil }
        let bytes = received.readableBytesView
        guard let head = Self.end(of: bytes) else { return nil }
        let lines = String(decoding: bytes[bytes.startIndex..<head], as: UTF8.self).lowercased().split(
            separator: "\r\n", omittingEmptySubsequences: true)
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return Answer(status: 0, rung: nil, isLast: true)
        }
        func field(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name + ":") }.map {
                $0.dropFirst(name.count + 1).drop { $0 == " " }.description
            }
        }
        let length = field("content-length").flatMap { Int($0) } ?? 0
        guard bytes.endIndex - head >= length else { return nil }
        return Answer(
            status: status, rung: Self.rung(bytes[head..<head + length]), isLast: field("connection") == "close")
    }

    /// Past the empty line.
    private static func end(of bytes: ByteBufferView) -> Int? {
        var at = bytes.startIndex
        while let place = bytes[at...].firstIndex(of: 0x0D) {
            if place + 3 < bytes.endIndex, bytes[place + 1] == 0x0A, bytes[place + 2] == 0x0D, bytes[place + 3] == 0x0A
            {
                return place + 4
            }
            at = place + 1
        }
        return nil
    }

    /// What stands behind `"rung":"` near an answer's beginning.
    private static func rung(_ body: ByteBufferView) -> String? {
        let text = String(decoding: body.prefix(300), as: UTF8.self)
        guard let range = text.firstRange(of: "\"rung\":\"") else { return nil }
        return String(text[range.upperBound...].prefix { $0 != "\"" })
    }
}
