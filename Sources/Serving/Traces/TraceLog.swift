import Dispatch
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Traces as JSON Lines of OpenTelemetry's protocol (OTLP/JSON, one `ExportTraceServiceRequest` a line): what its collector's
/// `otlpjsonfile` receiver reads. The file and one full one before it (`.1`) are kept.
///
/// Writing is off the hot path and never fails a request; traces that the disk is too slow for are dropped.
public final class TraceLog: Service, Sendable {
    private let url: URL
    private let bytesPerFile: Int
    private let logger: Logger
    private let waiting = Mutex(0)
    private static let mostWaiting = 1_024
    private let queue = DispatchQueue(label: "magpie.traces", qos: .utility)

    public init(_ url: URL, bytesPerFile: Int = 64 << 20, logger: Logger) {
        self.url = url
        self.bytesPerFile = bytesPerFile
        self.logger = logger
    }

    /// What a request was.
    struct Root: Sendable {
        var method: String
        /// The pattern, never the path: a trace is no place for who asked for what.
        var route: String
        var status: Int
        var begin: Trace.Moment
        var end: Trace.Moment
    }

    func append(_ trace: Trace, _ root: Root) {
        let hasRoom = waiting.withLock { waiting in
            guard waiting < Self.mostWaiting else { return false }
            waiting += 1
            return true
        }
        guard hasRoom else { return }
        queue.async {
            defer { self.waiting.withLock { $0 -= 1 } }
            do { try self.write(Self.line(trace, root)) } catch {
                self.logger.error(
                    "a trace was not written", metadata: ["file": "\(self.url.path)", "error": "\(error)"])
            }
        }
    }

    /// Waits for the shutdown, then writes what is left.
    public func run() async throws {
        try? await gracefulShutdown()
        await flush()
    }

    /// Returns when everything appended so far is in the file.
    func flush() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func write(_ line: [UInt8]) throws {
        if !FileManager.default.fileExists(atPath: url.path) {
            try Data().write(to: url)
        }
        let file = try FileHandle(forWritingTo: url)
        let size = try file.seekToEnd()
        try file.write(contentsOf: line)
        try file.close()
        guard size + UInt64(line.count) >= UInt64(bytesPerFile) else { return }
        let full = url.appendingPathExtension("1")
        try? FileManager.default.removeItem(at: full)
        try FileManager.default.moveItem(at: url, to: full)
    }

    private static func line(_ trace: Trace, _ root: Root) -> [UInt8] {
        var json = JSONWriter()
        let own = Trace.randomID()
        func span(
            _ json: inout JSONWriter, _ id: String, parent: String?, _ name: String, kind: Int, _ begin: Trace.Moment,
            _ end: Trace.Moment, _ attributes: [(key: String, text: String?, number: Int?)], isError: Bool = false
        ) {
            json.object { json in
                json.field("traceId", trace.id)
                json.field("spanId", id)
                if let parent { json.field("parentSpanId", parent) }
                json.field("name", name)
                json.field("kind", kind)
                // 64-bit numbers are texts in this protocol.
                json.field("startTimeUnixNano", "\(begin)")
                json.field("endTimeUnixNano", "\(end)")
                json.field("attributes", attributes) { json, attribute in
                    json.object { json in
                        json.field("key", attribute.key)
                        json.object("value") { json in
                            if let text = attribute.text { json.field("stringValue", text) }
                            if let number = attribute.number { json.field("intValue", "\(number)") }
                        }
                    }
                }
                if isError { json.object("status") { $0.field("code", 2) } }
            }
        }
        func name(_ json: inout JSONWriter, _ stage: Trace.Span) {
            span(
                &json, stage.id, parent: own, stage.name, kind: 1, stage.begin, stage.end,
                stage.count.map { [("magpie.candidates", nil, $0)] } ?? [])
        }
        json.object { json in
            json.field("resourceSpans", CollectionOfOne(())) { json, _ in
                json.object { json in
                    json.object("resource") { json in
                        json.field("attributes", CollectionOfOne(())) { json, _ in
                            json.object { json in
                                json.field("key", "service.name")
                                json.object("value") { $0.field("stringValue", "magpie") }
                            }
                        }
                    }
                    json.field("scopeSpans", CollectionOfOne(())) { json, _ in
                        json.object { json in
                            json.object("scope") { $0.field("name", "magpie") }
                            json.field("spans", [nil] + trace.stages.map { $0 as Trace.Span? }) { json, stage in
                                if let stage { return name(&json, stage) }
                                span(
                                    &json, own, parent: trace.parent, "\(root.method) \(root.route)", kind: 2,
                                    root.begin, root.end,
                                    [
                                        ("http.request.method", root.method, nil), ("http.route", root.route, nil),
                                        ("http.response.status_code", nil, root.status),
                                    ], isError: root.status >= 500)
                            }
                        }
                    }
                }
            }
        }
        json.newline()
        return json.bytes
    }
}
