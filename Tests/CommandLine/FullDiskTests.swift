import Foundation
import Testing

/// A server whose files may grow no further: what it cannot keep it says, and nothing that it took is lost.
@Suite struct FullDiskTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    private func send(_ batch: Int, to url: String) throws -> String {
        let note = String(repeating: "x", count: 2_000)
        let events = (0..<200).map {
            #"{"eventId": "e\#(batch)-\#($0)", "kind": "rating", "userId": "u2", "itemId": "m1", "value": 5, "#
                + #""time": "2026-01-01T00:00:00Z", "properties": {"note": "\#(note)"}}"#
        }
        let body = try magpie.write("[" + events.joined(separator: ",") + "]", "events.json")
        return try curl("--write-out", " %{http_code}", "--data-binary", "@" + body, url + "/v1/events").output
    }

    @Test func whatIsAcknowledgedIsKept() async throws {
        try magpie.trainPlantedFilms()
        let (limited, url) = try await magpie.serve("--log-level", "error", fileKilobytes: 6_000)
        defer { limited.terminate() }
        var kept = 0
        var refusal = ""
        while refusal.isEmpty, kept < 60 {
            let told = try send(kept, to: url)
            if told.hasSuffix(" 200") { kept += 1 } else { refusal = told }
        }
        #expect(kept > 0 && refusal.hasSuffix(" 507"), "\(refusal)")
        #expect(refusal.contains(#""code":"not_kept""#) && refusal.contains("nothing of this was kept"), "\(refusal)")
        #expect(try curl(url + "/livez").output.contains("alive"))
        limited.terminate()
        limited.waitUntilExit()
        #expect(limited.terminationStatus == 0)

        // With room again what was acknowledged is known, and what was refused is not.
        let (process, again) = try await magpie.serve()
        defer { process.terminate() }
        for batch in 0..<kept {
            #expect(try send(batch, to: again).contains(#""appended":0,"duplicates":200,"#), "batch \(batch)")
        }
        #expect(try send(kept, to: again).contains(#""appended":200,"duplicates":0,"#))
    }
}
