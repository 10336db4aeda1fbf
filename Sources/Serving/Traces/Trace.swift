import Foundation
import MagpieOnline
import Synchronization

/// What a request that is recorded does: one span of its own, and one for each stage of its answer.
final class Trace: Sendable {
    /// That of the request under way; nil where it is not recorded.
    @TaskLocal static var current: Trace?

    /// Nanoseconds since 1970.
    typealias Moment = Int64

    struct Span: Sendable {
        var id = Trace.randomID()
        var name: String
        var begin: Moment
        var end: Moment
        var count: Int?
    }

    let id: String
    /// The caller's span.
    let parent: String?
    private let spans = Mutex<[Span]>([])

    init(_ caller: TraceParent?) {
        id = caller?.trace ?? Self.randomID() + Self.randomID()
        parent = caller?.span
    }

    static var now: Moment { Moment(Date().timeIntervalSince1970 * 1e9) }

    /// Not all zeros, which the standard forbids.
    static func randomID() -> String {
        let digits = String(UInt64.random(in: 1...(.max)), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Stages follow each other: the last ended now.
    func add(_ work: Answer.Work) {
        let stages = work.stages.named
        var begin = Self.now - Moment(stages.reduce(0) { $0 + $1.microseconds } * 1_000)
        spans.withLock { spans in
            for (name, microseconds) in stages {
                let end = begin + Moment(microseconds * 1_000)
                var inner = begin
                if name == "retrieve" {
                    for list in work.retrieved {
                        let own = inner + Moment(list.microseconds * 1_000)
                        spans.append(Span(name: list.retriever, begin: inner, end: own, count: list.candidates))
                        inner = own
                    }
                }
                spans.append(Span(name: name, begin: begin, end: end))
                begin = end
            }
        }
    }

    var stages: [Span] { spans.withLock { $0 } }
}
