import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Writes onto each request when it came, on the connection's own thread: before it waits for one that can answer it.
/// Whatever a client wrote into that field is gone.
final class ArrivalHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    static let field: HTTPField.Name = {
        guard let name = HTTPField.Name("magpie-arrival") else { preconditionFailure("a name of lower-case letters") }
        return name
    }()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        head.headerFields[Self.field] = String(UInt64(NIODeadline.now().uptimeNanoseconds))
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
