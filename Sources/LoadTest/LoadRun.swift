import Foundation
import NIOCore
import NIOPosix

/// Asks a server at a constant rate, or as fast as it answers, over many connections: one thread, one event loop.
///
/// At a rate the loop is open: a request is due at its time whether or not the ones before it were answered, and what it
/// waits for a free connection counts, so that a server that stalls is charged with all that it delayed. (Tene, "How NOT
/// to Measure Latency", 2015: coordinated omission.)
public enum LoadRun {
    /// - Parameter progress: told the share that is done.
    public static func run(_ options: LoadOptions, progress: (Double) -> Void) throws -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let began = NIODeadline.now() + .milliseconds(100)
        let counted = began + .nanoseconds(Int64(options.warmUpSeconds * 1e9))
        let ends = counted + .nanoseconds(Int64(options.seconds * 1e9))
        let span = Span(begins: began, counted: counted, ends: ends)
        let (questions, events) = try loop.submit {
            let questions = Lane(options, span, connections: options.connections, rate: options.rate, stream: 1) {
                $0.question()
            }
            let events =
                options.eventRate > 0
                ? Lane(
                    options, span, connections: max(64, Int(options.eventRate / 10)), rate: options.eventRate, stream: 2
                ) { $0.event() } : nil
            return (NIOLoopBound(questions, eventLoop: loop), NIOLoopBound(events, eventLoop: loop))
        }.wait()
        try loop.flatSubmit { questions.value.connect(on: loop) }.wait()
        try loop.flatSubmit { events.value?.connect(on: loop) ?? loop.makeSucceededVoidFuture() }.wait()
        let ticks = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .microseconds(200)) { _ in
            questions.value.tick()
            events.value?.tick()
        }
        while NIODeadline.now() < ends {
            usleep(100_000)
            let done = Double((NIODeadline.now() - began).nanoseconds) / Double((ends - began).nanoseconds)
            progress(min(max(done, 0), 1))
        }
        // What is under way at the end may take a while; what takes longer is counted as broken.
        while NIODeadline.now() < ends + .seconds(5),
            try !loop.submit({ questions.value.isDone && events.value?.isDone ?? true }).wait()
        { usleep(20_000) }
        return try loop.submit {
            ticks.cancel()
            var report = LoadReport()
            report.seconds = options.seconds
            report.questions = questions.value.report(seconds: options.seconds)
            if let lane = events.value { report.events = lane.report(seconds: options.seconds) }
            questions.value.close()
            events.value?.close()
            return report
        }.wait()
    }

    struct Span {
        let begins: NIODeadline
        let counted: NIODeadline
        let ends: NIODeadline
    }
}

/// One kind of request at one rate over its own connections. Only ever touched on its event loop.
private final class Lane {
    private let options: LoadOptions
    private let span: LoadRun.Span
    private let size: Int
    /// Nanoseconds between two; nil: a closed loop.
    private let distance: Double?
    private var traffic: Traffic
    private let make: (inout Traffic) -> String
    private var idle: [Wire] = []
    private var wires: [Wire] = []
    /// How many were due so far, and those that no connection was free for.
    private var due = 0
    private var waiting = CircularBuffer<NIODeadline>()
    private var underWay = 0
    private var side = LoadReport.Side()
    private var times: [Int64] = []
    private var refusedTimes: [Int64] = []

    init(
        _ options: LoadOptions, _ span: LoadRun.Span, connections: Int, rate: Double?, stream: UInt64,
        _ make: @escaping (inout Traffic) -> String
    ) {
        self.options = options
        self.span = span
        size = connections
        distance = rate.map { 1e9 / $0 }
        traffic = Traffic(options, stream: stream)
        self.make = make
    }

    var isDone: Bool { waiting.isEmpty && underWay == 0 }

    func connect(on loop: any EventLoop) -> EventLoopFuture<Void> {
        let me = NIOLoopBound(self, eventLoop: loop)
        return EventLoopFuture.andAllSucceed(
            (0..<size).map { _ in
                open(loop).map { me.value.idle.append($0.value) }
            }, on: loop)
    }

    private func open(_ loop: any EventLoop) -> EventLoopFuture<NIOLoopBound<Wire>> {
        let me = NIOLoopBound(self, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), TCP_NODELAY), value: 1)
            .connect(host: options.host, port: options.port).flatMapThrowing { channel in
                let wire = Wire(channel) { wire, sent, answer in me.value.ended(wire, sent, answer) }
                try channel.pipeline.syncOperations.addHandler(wire)
                me.value.wires.append(wire)
                return NIOLoopBound(wire, eventLoop: loop)
            }
    }

    /// Sends what is due.
    func tick() {
        let now = NIODeadline.now()
        guard now >= span.begins else { return }
        guard let distance else {
            while now < span.ends, let wire = idle.popLast() { send(on: wire, due: now) }
            return
        }
        while true {
            let next = span.begins + .nanoseconds(Int64(Double(due) * distance))
            guard next <= now, next < span.ends else { break }
            due += 1
            waiting.append(next)
        }
        while let first = waiting.first, let wire = idle.popLast() {
            waiting.removeFirst()
            send(on: wire, due: first)
        }
    }

    private func send(on wire: Wire, due: NIODeadline) {
        if due >= span.counted { side.sent += 1 }
        underWay += 1
        wire.send(make(&traffic), due: due)
    }

    private func ended(_ wire: Wire, _ due: NIODeadline, _ answer: Wire.Answer?) {
        underWay -= 1
        let now = NIODeadline.now()
        let isCounted = due >= span.counted && due < span.ends
        if let answer {
            if isCounted { count(answer, (now - due).nanoseconds) }
            if answer.isLast { replace(wire) } else { idle.append(wire) }
        } else {
            if isCounted { side.broken += 1 }
            replace(wire)
        }
        if now < span.ends || !waiting.isEmpty { tick() }
    }

    private func replace(_ wire: Wire) {
        wires.removeAll { $0 === wire }
        wire.close()
        guard NIODeadline.now() < span.ends else { return }
        let loop = wire.loop
        let me = NIOLoopBound(self, eventLoop: loop)
        open(loop).whenComplete { result in
            switch result {
            case .success(let wire): me.value.idle.append(wire.value)
            case .failure:
                // Nobody listens: try again, so that a restarted server is met.
                loop.scheduleTask(in: .milliseconds(50)) { me.value.again(loop) }
            }
        }
    }

    private func again(_ loop: any EventLoop) {
        let me = NIOLoopBound(self, eventLoop: loop)
        guard NIODeadline.now() < span.ends else { return }
        open(loop).whenComplete { result in
            switch result {
            case .success(let wire): me.value.idle.append(wire.value)
            case .failure: loop.scheduleTask(in: .milliseconds(50)) { me.value.again(loop) }
            }
        }
    }

    private func count(_ answer: Wire.Answer, _ nanoseconds: Int64) {
        side.statuses["\(answer.status)", default: 0] += 1
        guard (200..<300).contains(answer.status) else { return refusedTimes.append(nanoseconds) }
        side.ok += 1
        times.append(nanoseconds)
        if let rung = answer.rung { side.rungs[rung, default: 0] += 1 }
    }

    func report(seconds: Double) -> LoadReport.Side {
        var side = side
        // Neither answered nor broken: still under way, or never sent.
        side.broken += max(side.sent - side.broken - side.statuses.values.reduce(0, +), 0) + waiting.count
        side.perSecond = Double(side.ok) / seconds
        side.milliseconds = .init(times)
        side.refusedMilliseconds = .init(refusedTimes)
        return side
    }

    func close() { for wire in wires { wire.close() } }
}
