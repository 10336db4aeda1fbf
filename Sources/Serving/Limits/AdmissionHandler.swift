import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Admission control, on the connection's own thread: a request that would wait too long for one of the threads that answer
/// (``LoadShedder``) is refused here, which costs those threads nothing. One that is let in has the moment of its arrival
/// written onto it; whatever a client wrote into that field is gone.
///
/// One a connection.
final class AdmissionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    static let field: HTTPField.Name = {
        guard let name = HTTPField.Name("magpie-arrival") else { preconditionFailure("a name of lower-case letters") }
        return name
    }()

    private let shedder: LoadShedder
    private let refusal: (head: HTTPResponse, body: ByteBuffer)
    /// Requests let in on this connection that are not answered yet, before whose answers no refusal may be written: when
    /// they came; nil: they are not waited for.
    private var unanswered: CircularBuffer<Int64?> = []
    /// Whether the parts that come belong to a request that was refused, and whether its connection ends with it.
    private var refused: (isOn: Bool, isLast: Bool) = (false, false)

    init(_ shedder: LoadShedder) {
        self.shedder = shedder
        refusal = APIError.busy.parts
    }

    /// Whether a request is one of many. Whoever asks how the server is, or puts another bundle in the place of one that
    /// makes it slow, is always let in; and so are events: they are little work, a question that is not answered does not come
    /// back and an event that is not written is lost, and those who wait for the writer have a bound of their own.
    static func isWork(_ path: String) -> Bool {
        path.hasPrefix("/v1/") && !path.hasPrefix("/v1/bundles") && !path.hasPrefix("/v1/events")
            || path.hasPrefix("/invocations")
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            head.headerFields[Self.field] = nil
            var arrival: Int64?
            if Self.isWork(head.path ?? "") {
                let now = LoadShedder.now
                guard shedder.letsIn(now: now, mayRefuse: unanswered.isEmpty) else {
                    refused = (true, head.headerFields[.connection]?.lowercased() == "close")
                    return
                }
                head.headerFields[Self.field] = String(now)
                arrival = now
            }
            unanswered.append(arrival)
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body where refused.isOn: break
        case .end where refused.isOn: refuse(context)
        default: context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { _ = unanswered.popFirst() }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        for arrival in unanswered { if let arrival { shedder.leaves(arrival: arrival) } }
        unanswered.removeAll()
        context.fireChannelInactive()
    }

    private func refuse(_ context: ChannelHandlerContext) {
        let isLast = refused.isLast
        refused = (false, false)
        var head = refusal.head
        if isLast { head.headerFields[.connection] = "close" }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(refusal.body)), promise: nil)
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        if isLast { written.futureResult.whenComplete { _ in channel.close(promise: nil) } }
    }
}
