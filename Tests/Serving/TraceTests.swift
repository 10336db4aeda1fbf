import Foundation
import Logging
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieServing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Traces: whose they are, what they say, and that they do not grow for ever.
@Suite struct TraceTests {
    private static let sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private let folder: TemporaryFolder
    private var file: URL { folder.file("traces.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    @Test func whoAsks() throws {
        let caller = try #require(TraceParent(Self.sampled))
        #expect(caller.trace == "4bf92f3577b34da6a3ce929d0e0e4736" && caller.span == "00f067aa0ba902b7")
        #expect(caller.isSampled && TraceParent(Self.sampled.dropLast() + "0")?.isSampled == false)
        #expect(TraceParent("cc" + Self.sampled.dropFirst(2) + "-what-comes-later")?.isSampled == true)
        for bad in [
            "", "00", Self.sampled + "-more", "ff" + Self.sampled.dropFirst(2), Self.sampled.uppercased(),
            Self.sampled.replacing("4bf9", with: "4bg9"), Self.sampled.replacing("-01", with: "-1"),
            "00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-\(String(repeating: "0", count: 16))-01",
        ] { #expect(TraceParent(bad) == nil, "\(bad)") }
    }

    private func lines(_ url: URL? = nil) throws -> [JSONTree] {
        try String(contentsOf: url ?? file, encoding: .utf8).split(separator: "\n").map { try JSONTree(String($0)) }
    }

    private func spans(_ line: JSONTree) -> [JSONTree] {
        guard case .array(let resources)? = line["resourceSpans"],
            case .array(let scopes)? = resources[0]["scopeSpans"],
            case .array(let spans)? = scopes[0]["spans"]
        else { return [] }
        return spans
    }

    /// Asks a server that traces, over a socket, and waits for so many lines.
    private func traced(_ count: Int, perThousand: Int, _ asked: [(path: String, traceparent: String?)]) async throws
        -> [JSONTree]
    {
        var options = Client.patient
        options.traces = (file, perThousand)
        try await Client.run(.socket, options: options) { client in
            for (path, traceparent) in asked {
                var request = URLRequest(
                    url: try #require(URL(string: "http://127.0.0.1:\(client.port ?? 0)\(path)")))
                request.setValue(traceparent, forHTTPHeaderField: "traceparent")
                _ = try await URLSession.shared.data(for: request)
            }
        }
        for _ in 0..<500 {
            if let found = try? lines(), found.count >= count { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try lines()
    }

    @Test func aRequestAndItsStages() async throws {
        let all = try await traced(
            2, perThousand: 1_000, [("/v1/recommendations?user=u1&count=2", nil), ("/v1/recommendations?cuont=2", nil)])
        let (found, refused) = (spans(all[0]), spans(all[1]))
        #expect(refused.count == 1 && refused[0]["parentSpanId"] == nil)
        let root = found[0]
        #expect(root["name"] == .string("GET /v1/recommendations") && root["kind"]?.number == 2)
        let names = found.dropFirst().compactMap { $0["name"]?.string }
        #expect(Set(names).isSuperset(of: ["query", "retrieve", "score", "features", "rank", "reorder", "popular"]))
        #expect(Set(found.compactMap { $0["spanId"]?.string }).count == found.count)
        func moment(_ span: JSONTree, _ name: String) throws -> Int64 {
            try #require(span[name]?.string.flatMap { Int64($0) })
        }
        for span in found {
            #expect(span["traceId"] == root["traceId"] && span["traceId"]?.string?.count == 32)
            #expect(try moment(span, "startTimeUnixNano") <= moment(span, "endTimeUnixNano"))
            if span["spanId"] != root["spanId"] { #expect(span["parentSpanId"] == root["spanId"]) }
        }
        #expect(!(try String(contentsOf: file, encoding: .utf8)).contains("u1"), "nobody is named")
    }

    @Test func asTheCallerSays() async throws {
        let headers = ["nonsense", Self.sampled.dropLast() + "0", nil, Self.sampled]
        let all = try await traced(1, perThousand: 0, headers.map { ("/livez", $0) }).flatMap(spans)
        #expect(all.count == 1)
        #expect(all[0]["traceId"] == .string("4bf92f3577b34da6a3ce929d0e0e4736"))
        #expect(all[0]["parentSpanId"] == .string("00f067aa0ba902b7"))
    }

    @Test func twoFilesAtMost() async throws {
        let log = TraceLog(file, bytesPerFile: 2_000, logger: silent)
        for n in 0..<40 {
            log.append(Trace(nil), .init(method: "GET", route: "/\(n)", status: 500, begin: 1, end: 2))
        }
        await log.flush()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(names == ["traces.jsonl", "traces.jsonl.1"] || names == ["traces.jsonl.1"], "\(names)")
        let kept = try lines(folder.file("traces.jsonl.1")).flatMap(spans)
        #expect(kept.count > 1 && kept.allSatisfy { $0["status"]?["code"]?.number == 2 })
    }
}
