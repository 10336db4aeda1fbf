import Foundation
import MagpieDomain
import MagpieEvaluation
import Testing

@Suite struct TRECRunTests {
    private func withFile(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("run.txt"))
    }

    @Test func theFormat() throws {
        try withFile { url in
            let lists = [
                TRECRun.List(user: "u2", items: ["é", "b"], scores: [0.5, 0.25]),
                TRECRun.List(user: "u1", items: [], scores: []),
                TRECRun.List(user: "u0", items: ["e\u{301}"], scores: [-1]),
            ]
            try TRECRun.write(lists, tag: "magpie", to: url)
            let text = try String(contentsOf: url, encoding: .utf8)
            #expect(text == "u2 Q0 é 1 0.5 magpie\nu2 Q0 b 2 0.25 magpie\nu0 Q0 e\u{301} 1 -1.0 magpie\n")
            #expect(try TRECRun.read(url) == [lists[0], lists[2]])
        }
    }

    /// A scorer that looks at the scores alone sees our order, whatever our scores were.
    @Test func scoresAlwaysFall() throws {
        try withFile { url in
            let items: [ItemID] = ["d", "a", "c", "b", "e", "f"]
            for scores: [Float] in [
                [1, 1, 1, 1, 1, 1], [0, 0, 5, .nan, 5, 0], [.nan, .nan, 1, 1, 2, 3],
                [.infinity, .infinity, 1, 1, 1, 1],
                [0, -0.0, 0, -0.0, 0, 0],
            ] {
                try TRECRun.write([TRECRun.List(user: "u", items: items, scores: scores)], tag: "t", to: url)
                let read = try TRECRun.read(url)
                #expect(read.first?.items == items)
                let written = read.first?.scores ?? []
                #expect(zip(written, written.dropFirst()).allSatisfy { $0 > $1 }, "\(scores) became \(written)")
            }
        }
    }

    @Test(arguments: ["a b", "", "a\tb", "a\u{A0}b", "a\nb"])
    func spaceIsRefusedAndNothingWritten(word: String) throws {
        try withFile { url in
            let good = TRECRun.List(user: "u", items: ["a"], scores: [1])
            let bad = TRECRun.List(user: "u", items: [ItemID(word)], scores: [1])
            #expect(throws: EvaluationError.unwritableID(got: word)) {
                try TRECRun.write([good, bad], tag: "t", to: url)
            }
            #expect(throws: EvaluationError.unwritableID(got: word)) { try TRECRun.write([good], tag: word, to: url) }
            let named = TRECRun.List(user: UserID(word), items: [], scores: [])
            #expect(throws: EvaluationError.unwritableID(got: word)) { try TRECRun.write([named], tag: "t", to: url) }
            let left = try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
            #expect(left.isEmpty)
        }
    }

    @Test func readingOrdersByScoreThenRank() throws {
        try withFile { url in
            try Data("u\tQ0 a 3 1 t\r\n\nv Q0 x 1 0 t\nu Q0 b 2 1 t\nu Q0 c 9 7.5e0 t".utf8).write(to: url)
            let lists = try TRECRun.read(url)
            #expect(lists.map(\.user) == ["u", "v"])
            #expect(lists.first?.items == ["c", "b", "a"] && lists.first?.scores == [7.5, 1, 1])
        }
    }

    @Test(arguments: [
        ("u Q0 a 1 1", 1, "user Q0 item"), ("u Q0 a 1 1 t\nu Q0 b x 1 t", 2, "a rank"),
        ("u Q0 a 1 nan t", 1, "a score"), ("u Q0 a 1 inf t", 1, "a score"), ("u Q0 a 1 1e99 t", 1, "a score"),
        ("u Q0 a 1 1 t\n\nu Q0 a 2 0 t", 3, "once"),
    ])
    func badLines(text: String, line: Int, expected: String) throws {
        try withFile { url in
            try Data(text.utf8).write(to: url)
            let error = #expect(throws: EvaluationError.self) { try TRECRun.read(url) }
            let message = try #require(error).description
            #expect(message.contains("line \(line)") && message.contains(expected) && !message.contains("\n"))
            #expect(throws: EvaluationError.self) { try TRECRun.read(url.appendingPathExtension("none")) }
        }
    }
}
