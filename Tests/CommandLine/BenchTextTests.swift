import Foundation
import Testing

/// `bench text`: a text index built from files, asked, judged.
@Suite struct BenchTextTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    struct Point: Decodable {
        var ranking: String
        var documents: Int
        var queries: Int
        var k: Int
        var qps: Double
        var p99Micros: Double
        var maxMicros: Double
        var buildSeconds: Double
        var bytes: Int
        var ndcg10: Double?
        var map: Double?
        var mrr10: Double?
    }

    struct KnownItem: Decodable {
        var ranking: String
        var queries: String
        var count: Int
        var mrr10: Double
    }

    private func points<P: Decodable>(_ type: P.Type, _ text: String) throws -> [P] {
        try text.split(separator: "\n").map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    private func films() throws -> String {
        try magpie.write(
            "1\tMatrix, The (1999)\n2\tGodfather, The (1972)\n3\tCasablanca (1942)\n4\tGodfather, The (1999)\n5\tJaws\n",
            "films.tsv")
    }

    @Test func judgedQueries() throws {
        let documents = try films()
        let queries = try magpie.write("a\tthe matrix\nb\tgodfather\nc\tnobody judged this\n", "q.tsv")
        let qrels = try magpie.write("a 0 1 1\nb 0 2 1\nb 0 4 2\n", "qrels")
        let arguments = ["bench", "text", "--documents", documents, "--queries", queries, "--qrels", qrels]
        let result = try magpie.run(arguments + ["--k", "1", "10", "--json"])
        #expect(result.exitCode == 0, "\(result.error)")
        let points = try points(Point.self, result.output)
        #expect(points.map(\.k) == [1, 10])
        for point in points {
            #expect(point.documents == 5 && point.queries == 3 && point.qps > 0 && point.bytes > 0)
            #expect(point.maxMicros >= point.p99Micros && point.mrr10 == 1 && point.map == 1)
            // The two Godfathers are alike, so the one that is less relevant stands first.
            #expect((0.8..<1).contains(point.ndcg10 ?? 0))
        }
        let table = try magpie.run(arguments).output
        #expect(table.contains("ndcg@10") && table.contains("5 documents"))
        let run = magpie.folder.appendingPathComponent("run").path
        #expect(try magpie.run(arguments + ["--run", run]).exitCode == 0)
        #expect(try String(contentsOfFile: run, encoding: .utf8).hasPrefix("a Q0 1 1 "))
    }

    /// With latent semantics everything is asked twice, and a text without the query's words is found.
    @Test func hybrid() throws {
        let documents = try magpie.write(
            "1\tcar engine wheel\n2\tautomobile engine wheel\n3\tbird song tree\n4\tbird nest tree\n5\tcar wheel road\n",
            "documents.tsv")
        let queries = try magpie.write("a\tautomobile\n", "q.tsv")
        let qrels = try magpie.write("a 0 2 2\na 0 1 1\na 0 5 1\n", "qrels")
        let arguments = [
            "bench", "text", "--documents", documents, "--queries", queries, "--qrels", qrels, "--hybrid",
            "--dimensions", "2",
        ]
        let points = try points(Point.self, try magpie.run(arguments + ["--json"]).output)
        #expect(points.map(\.ranking) == ["bm25", "hybrid"] && points.allSatisfy { $0.k == 10 })
        #expect((points[0].ndcg10 ?? 0) < 0.9 && (points[1].ndcg10 ?? 0) > 0.99)
        let table = try magpie.run(arguments).output
        #expect(table.contains("Latent semantics") && table.contains("hybrid"))
        let known = try magpie.run(["bench", "text", "--documents", documents, "--known-item", "--hybrid", "--json"])
        #expect(
            try self.points(KnownItem.self, known.output).map { $0.ranking + " " + $0.queries } == [
                "bm25 exact", "hybrid exact", "bm25 typo", "hybrid typo", "bm25 prefix", "hybrid prefix",
            ])
        #expect(try magpie.run(arguments + ["--dimensions", "0"]).exitCode == 64)
    }

    @Test func knownItems() throws {
        let result = try magpie.run(["bench", "text", "--documents", try films(), "--known-item", "--json"])
        #expect(result.exitCode == 0, "\(result.error)")
        let points = try points(KnownItem.self, result.output)
        #expect(points.map(\.queries) == ["exact", "typo", "prefix"] && points[0].count == 5)
        #expect(points.allSatisfy { $0.mrr10 == 1 }, "\(result.output)")
        let again = try magpie.run(["bench", "text", "--documents", try films(), "--known-item", "--json"])
        #expect(try self.points(KnownItem.self, again.output).map(\.mrr10) == points.map(\.mrr10))
    }

    @Test func jsonLinesHaveFields() throws {
        let documents = try magpie.write(
            #"{"id": 1, "title": "Alpha", "text": "beta"}"# + "\n"
                + #"{"id": "2", "title": "Beta", "tags": ["alpha", "gamma"], "year": 1999}"# + "\n", "d.jsonl")
        let queries = try magpie.write(#"{"id": "q", "text": "alpha"}"# + "\n", "q.jsonl")
        let qrels = try magpie.write("q 0 1 1\n", "qrels")
        let result = try magpie.run([
            "bench", "text", "--documents", documents, "--queries", queries, "--qrels", qrels, "--json",
        ])
        #expect(try points(Point.self, result.output).first?.mrr10 == 1, "\(result.error)")
    }

    @Test func wrongCalls() throws {
        let documents = try films()
        for wrong in [
            [], ["--queries", documents, "--known-item"], ["--known-item", "--k", "0"],
            ["--known-item", "--language", "klingon"], ["--known-item", "--b", "2"],
        ] {
            #expect(try magpie.run(["bench", "text", "--documents", documents] + wrong).exitCode == 64, "\(wrong)")
        }
        let empty = try magpie.write("\n", "empty.tsv")
        let bad = try magpie.write("one two\n", "bad")
        for wrong in [
            ["--documents", "/nowhere.tsv", "--known-item"], ["--documents", empty, "--known-item"],
            ["--documents", documents, "--queries", documents, "--qrels", bad],
            ["--documents", documents, "--queries", empty],
        ] {
            let result = try magpie.run(["bench", "text"] + wrong)
            #expect(result.exitCode == 1 && result.error.split(separator: "\n").count == 1, "\(result.error)")
        }
    }
}
