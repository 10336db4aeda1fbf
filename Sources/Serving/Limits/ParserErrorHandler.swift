import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers what is no HTTP, or has longer headers than the parser takes, with a problem as every other mistake is answered;
/// NIO's own handler, which it takes the place of, says 400 and nothing else. The connection ends with it.
///
/// One a connection.
final class ParserErrorHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Between the head of a response and its end there is no room for another one.
    private var isWriting = false

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        guard let own = try? pipeline.handler(type: HTTPServerProtocolErrorHandler.self) else { return }
        pipeline.removeHandler(own, promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): isWriting = head.status.kind != .informational
        case .body: break
        case .end: isWriting = false
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError, !isWriting {
            var (head, body) = Self.problem(error).parts
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(body)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.fireErrorCaught(error)
    }

    private static func problem(_ error: HTTPParserError) -> APIError {
        guard error == .headerOverflow else { return .badRequest("this is not a request of HTTP/1.1: \(error)") }
        return .badRequest(
            "the address and the header fields are longer than 80 kB together: send the question as the body of a POST")
    }
}
