import Foundation
import Testing

/// From files to answers, as people do it: import, train, ask, evaluate, batch; and everything that goes wrong.
@Suite struct WholePathTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    private func importWorld() throws {
        _ = try magpie.write(PlantedFilms.films, "ml/movies.csv")
        _ = try magpie.write(PlantedFilms.ratings, "ml/ratings.csv")
        let imported = try magpie.run("import", magpie.folder.appendingPathComponent("ml").path)
        #expect(imported.exitCode == 0, "\(imported.error)")
        _ = try magpie.write(PlantedFilms.configuration, "home/magpie.json")
    }

    private struct Answer: Decodable {
        struct Item: Decodable {
            var id: String
            var title: String?
        }
        var rung: String
        var items: [Item]
    }

    private func ask(_ arguments: String...) throws -> Answer {
        let result = try magpie.run(arguments + ["--json", "--home", magpie.home.path])
        #expect(result.exitCode == 0, "\(result.error)")
        return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    @Test func fromFilesToAnswers() throws {
        try importWorld()
        let trained = try magpie.run("train", "--threads", "2")
        #expect(trained.exitCode == 0, "\(trained.error)")
        #expect(trained.output.contains("Published"))

        let liked = try ask("recommend", "--user", "u2", "-n", "3")
        #expect(liked.items.count == 3)
        #expect(liked.items.allSatisfy { Int($0.id).map { $0 < 15 } ?? false }, "u2 likes war films: \(liked.items)")
        let found = try ask("search", "the safron kis")
        #expect(found.items.first?.title == "Saffron Kiss, The (1978)", "\(found.items)")
        let alike = try ask("similar", "20", "-n", "4")
        #expect(alike.items.allSatisfy { Int($0.id).map { $0 >= 15 } ?? false })

        let compared = try magpie.run("bench", "switch", "--k", "5", "--json")
        let spaces = try JSONDecoder().decode([BenchSwitchTests.Point].self, from: Data(compared.output.utf8))
        #expect(
            spaces.map(\.space) == ["in", "out"] && spaces.allSatisfy { (20...30).contains($0.vectors) }, "\(compared)")

        let cold = try ask("recommend", "--user", "nobody")
        #expect(cold.rung == "popular" && cold.items.count == 10)
        #expect(try ask("similar", "no-such-item").rung == "popular")

        // Hidden and deleted at once, and by the next training.
        let first = try #require(liked.items.first?.id)
        #expect(try magpie.run("hide", first).exitCode == 0)
        #expect(try !ask("recommend", "--user", "u2", "-n", "30").items.contains { $0.id == first })
        #expect(try magpie.run("show", first).exitCode == 0)
        #expect(try ask("recommend", "--user", "u2", "-n", "30").items.contains { $0.id == first })
        #expect(try magpie.run("delete", first).exitCode == 0)
        #expect(try !ask("recommend", "--user", "u2", "-n", "30").items.contains { $0.id == first })
        #expect(try magpie.run("erase", "u2").exitCode == 0)
        #expect(try ask("recommend", "--user", "u2").rung == "popular")
        #expect(try magpie.run("train").exitCode == 0)
        #expect(try !ask("search", "amber trench", "-n", "30").items.contains { $0.id == first })

        let run = magpie.folder.appendingPathComponent("run.trec")
        let batch = try magpie.run(
            "batch", "--users", "all", "--count", "5", "--format", "trec", "--output", run.path, "--at", "last-event")
        #expect(batch.exitCode == 0, "\(batch.error)")
        let lines = try String(contentsOf: run, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.count == 23 * 5, "everybody but the erased one")
        #expect(lines.allSatisfy { $0.count == 6 && $0[1] == "Q0" })
        let asked = magpie.folder.appendingPathComponent("asked")
        try Data("u4\r\n\nu9\n".utf8).write(to: asked)
        let some = try magpie.run(
            "batch", "--users", "@\(asked.path)", "--count", "5", "--format", "trec", "--output", run.path, "--at",
            "last-event")
        #expect(some.exitCode == 0 && some.output.hasPrefix("2 users, 10 items"), "\(some)")
        let same = try String(contentsOf: run, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(same == lines.filter { ["u4", "u9"].contains($0[0]) })
        let none = try magpie.run("batch", "--users", "@nowhere", "--output", run.path)
        #expect(none.exitCode == 64 && none.error.contains("cannot read nowhere"), "\(none)")
        try Data("\n\n".utf8).write(to: asked)
        let empty = try magpie.run("batch", "--users", "@\(asked.path)", "--output", run.path)
        #expect(empty.exitCode == 64 && empty.error.contains("holds no lines"), "\(empty)")

        // Lists made ahead of time say what is said now.
        #expect(try magpie.run("lists").output.contains("No lists"))
        let made = try magpie.run("batch", "--into-lists", "--users", "all")
        #expect(made.exitCode == 0 && made.output.hasPrefix("23 users"), "\(made)")
        #expect(try magpie.run("lists").output.contains("23"))
        let checked = try magpie.run("lists", "check", "--json")
        #expect(checked.output.contains("\"lists\" : 23") && checked.output.contains("\"same\" : 23"), "\(checked)")
        #expect(try magpie.run("lists", "check", "--most", "5").output.hasPrefix("5 lists answered again: 5 the same"))
        let exported = magpie.folder.appendingPathComponent("lists")
        #expect(try magpie.run("lists", "export", exported.path).exitCode == 0)
        struct KeyValue: Decodable {
            var key: String
            var value: [Answer.Item]
        }
        let values = try String(contentsOf: exported, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(KeyValue.self, from: Data($0.utf8))
        }
        #expect(values.count == 23)
        for user in ["u4", "u9"] {
            let list = try #require(values.first { $0.key == "home/\(user)" }).value.prefix(10)
            #expect(try ask("recommend", "--user", user).items.map(\.id) == list.map(\.id))
        }
        #expect(try magpie.run("lists", "export", exported.path, "--format", "redis").exitCode == 0)
        let commands = try String(contentsOf: exported, encoding: .utf8)
        #expect(commands.hasPrefix("*5\r\n$3\r\nSET\r\n$") && commands.contains("\r\nPXAT\r\n$13\r\n"))
        #expect(try magpie.run("erase", "u4").exitCode == 0)
        #expect(try magpie.run("lists", "clean").output.hasPrefix("0 removed"))
        #expect(try magpie.run("lists", "--json").output.contains("\"lists\" : 22"))
        #expect(try magpie.run("batch", "--into-lists", "--output", "x").exitCode == 64)

        let table = try magpie.run("evaluate", "--json")
        #expect(table.exitCode == 0 && table.output.contains("\"ndcg@10\""))
        let runs = magpie.folder.appendingPathComponent("runs")
        let segments = try magpie.run("evaluate", "--segments", "--runs", runs.path)
        #expect(segments.exitCode == 0, "\(segments.error)")
        for part in ["home, by positives in the history: ndcg@10", "3-9", "tail-recall@50", "requests"] {
            #expect(segments.output.contains(part), "\(part) in \(segments.output)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: runs.path)
        #expect(names.contains("home.qrels") && names.contains("home.whole.trec") && names.contains("search.text.trec"))
        let capped = try ask("recommend", "--user", "u6", "-n", "6", "--cap", "genres=2", "--diversity", "0.5")
        #expect(capped.items.count == 4 && capped.items.count { Int($0.id).map { $0 < 15 } ?? false } == 2)
        #expect(try magpie.run("recommend", "--cap", "genres").exitCode == 64)

        let compact = try magpie.run("compact", "--dry-run")
        #expect(compact.exitCode == 0 && compact.output.hasPrefix("would remove 0 events, 0 bundles"), "\(compact)")
        #expect(try magpie.run("compact").output.hasPrefix("removed 0 events"))
        #expect(try magpie.run("verify").exitCode == 0)
        #expect(try magpie.run("bundles").output.contains("*"))
        #expect(try magpie.run("bundles", "rollback").exitCode == 0)
    }

    /// A search that answers with what is popular is worse: built, said so, not published but by force.
    @Test func whatIsWorseIsNotPublished() throws {
        try importWorld()
        #expect(try magpie.run("train").exitCode == 0)
        let good = try ask("search", "the safron kis").items.map(\.id)
        let small = try String(contentsOf: magpie.home.appendingPathComponent("magpie.json"), encoding: .utf8)
        let worse =
            #""scenarios": [{"name": "search", "retrievers": ["popular"], "candidatesPerRetriever": 5, "#
            + #""excludeSeen": false, "useRanker": false, "onePerGroup": true}], "embedding":"#
        _ = try magpie.write(small.replacing("\"embedding\":", with: worse), "home/magpie.json")
        let held = try magpie.run("train")
        #expect(held.exitCode == 3 && held.error.contains("magpie bundles publish"), "\(held.output) \(held.error)")
        #expect(held.output.contains("candidate - published, ndcg@10: -") && !held.output.contains("Published"))
        #expect(try ask("search", "the safron kis").items.map(\.id) == good)
        let forced = try magpie.run("train", "--force")
        #expect(forced.exitCode == 0 && forced.output.contains("Published"), "\(forced.error)")
        #expect(try ask("search", "the safron kis").items.map(\.id) != good)
    }

    @Test func explainShowsEveryStage() throws {
        try importWorld()
        #expect(try magpie.run("train").exitCode == 0)
        let shown = try magpie.run("search", "velvet kiss", "--explain").output
        for part in ["1  Query", "query embedding", "2  Candidates", "3  Features and ranking", "Velvet Kiss, The"] {
            #expect(shown.contains(part), "\(part) in \(shown)")
        }
        #expect(try magpie.run("recommend", "--user", "u1").output.contains("User u1 liked"))
    }

    @Test func whatGoesWrongIsOneLineWithARemedy() throws {
        func failure(_ arguments: String..., says remedy: String) throws {
            let result = try magpie.run(arguments + ["--home", magpie.home.path])
            #expect(result.exitCode == 1, "\(arguments)")
            #expect(result.error.hasPrefix("error: ") && result.error.split(separator: "\n").count == 1)
            #expect(result.error.contains(remedy), "\(result.error)")
        }
        try failure("train", says: "magpie import")
        try importWorld()
        try failure("recommend", "--user", "u1", says: "magpie train")
        _ = try magpie.write("{\"evnts\": {}}", "home/magpie.json")
        try failure("train", says: "unknown key \"evnts\"")
        _ = try magpie.write("{\"events\": {\"positive\": \"rating>=6\"}}", "home/magpie.json")
        try failure("train", says: "events.positive")
        try FileManager.default.removeItem(at: magpie.home.appendingPathComponent("magpie.json"))
        _ = try magpie.write("{\"version\": 9}", "home/home.json")
        try failure("train", says: "newer Magpie")
        #expect(try magpie.run("frobnicate").exitCode == 64)
    }

    @Test func aDamagedBundleIsAnErrorWithARemedy() throws {
        try importWorld()
        #expect(try magpie.run("train").exitCode == 0)
        let bundles = magpie.home.appendingPathComponent("bundles")
        let current = try String(contentsOf: bundles.appendingPathComponent("CURRENT"), encoding: .utf8)
        let id = String(try #require(current.split(separator: "\n").first))
        let file = bundles.appendingPathComponent(id).appendingPathComponent("neighbours.safetensors")
        let bytes = try Data(contentsOf: file)
        try bytes.dropLast(9).write(to: file)
        let cut = try magpie.run("recommend", "--user", "u1")
        #expect(cut.exitCode == 1 && cut.error.contains("train again"), "\(cut.error)")
        var flipped = bytes
        flipped[flipped.count - 3] ^= 0x40
        try flipped.write(to: file)
        let verified = try magpie.run("verify")
        #expect(verified.exitCode == 1 && verified.error.contains("SHA-256"))
    }
}
