import Foundation
import Testing

/// `features`, `features load` and `bench features`, as people run them.
@Suite struct FeaturesTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    private struct Report: Decodable {
        struct Item: Decodable {
            var id: String
            var features: [String: Float?]
        }
        var appliedSeq: Int
        var items: [Item]
    }

    /// Twenty people who come once a day, two kinds of things.
    private func trained() throws {
        var ratings = "user_id,item_id,rating,timestamp\n"
        for user in 0..<20 {
            for n in 0..<8 {
                let item = (user % 2) * 12 + (user * 5 + n * (user % 3 + 1)) % 12
                ratings += "u\(user),i\(item),\(n == 7 ? 2 : 5),\(1_000_000_000 + n * 86_400 + user)\n"
            }
        }
        let file = try magpie.write(ratings, "ratings.csv")
        let imported = try magpie.run("import", file, "--time-unit", "s")
        #expect(imported.exitCode == 0, "\(imported.error)")
        let stock = """
            entity,valid_from,received,stock
            i0,2001-09-01,2001-09-01,7
            i0,2001-09-02,2001-09-13,0
            i1,2001-09-01,2001-09-01,5
            """
        let loaded = try magpie.run("features", "load", try magpie.write(stock, "stock.csv"), "--name", "stock")
        #expect(loaded.exitCode == 0 && loaded.output.contains("3 rows new"), "\(loaded.error)")
        _ = try magpie.write(
            #"{"embedding": {"skipGram": {"dimensions": 8, "epochs": 5}}, "walks": {"walksPerNode": 10}, "queryEncoder": {"epochs": 2, "buckets": 4096}}"#,
            "home/magpie.json")
        let trained = try magpie.run("train", "--threads", "2")
        #expect(trained.exitCode == 0, "\(trained.error)")
    }

    private func features(_ arguments: String...) throws -> Report {
        let result = try magpie.run(["features"] + arguments + ["--json", "--home", magpie.home.path])
        #expect(result.exitCode == 0, "\(result.error)")
        return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    }

    @Test func valuesAtAMoment() throws {
        try trained()
        func value(_ report: Report, _ item: Int, _ name: String) -> Float? { report.items[item].features[name] ?? nil }
        let now = try features("--user", "u0", "--item", "i0", "--item", "i1")
        #expect(now.items.map(\.id) == ["i0", "i1"] && now.appliedSeq == 160)
        #expect(value(now, 0, "table.stock.stock") == 0 && value(now, 1, "table.stock.stock") == 5)
        // On the fourth day the first had not yet been reported empty, and half of the log had not come.
        let then = try features("--user", "u0", "--item", "i0", "--at", "2001-09-12T12:00:00Z")
        #expect(value(then, 0, "table.stock.stock") == 7 && then.appliedSeq < 160 && then.appliedSeq > 40)
        let before = try features("--user", "u0", "--item", "i0", "--at", "2001-08-01")
        #expect(before.appliedSeq == 0 && value(before, 0, "table.stock.stock") == nil)
        #expect(value(before, 0, "user.logEvents") == nil && value(then, 0, "user.logEvents") != nil)
        // For people, and without an item.
        let shown = try magpie.run("features", "--user", "u0")
        #expect(
            shown.exitCode == 0 && shown.output.contains("popularity.share")
                && shown.output.contains("table.stock.stock"))
        let unknown = try magpie.run("features", "--user", "u0", "--item", "nothing")
        #expect(unknown.exitCode == 1 && unknown.error.contains("nothing") && unknown.error.contains("magpie train"))
        // A table that came after the training changes no feature of its bundle; a new row of a known one does.
        let more = try magpie.write("entity,valid_from,received,x\ni0,2001-09-01,2001-09-01,1\n", "more.csv")
        #expect(try magpie.run("features", "load", more, "--name", "more").exitCode == 0)
        let row = try magpie.write("entity,valid_from,received,stock\ni1,2001-10-01,2001-10-01,99\n", "row.csv")
        #expect(try magpie.run("features", "load", row, "--name", "stock").exitCode == 0)
        let after = try features("--user", "u0", "--item", "i1")
        #expect(value(after, 0, "table.stock.stock") == 99 && after.items[0].features["table.more.x"] == nil)
    }

    @Test func badTables() throws {
        let bad = try magpie.write(
            "entity,valid_from,received,x\na,2001-09-01,2001-09-01,1\nb,2001-09-01,2001-09-01,?\n", "bad.csv")
        let failed = try magpie.run("features", "load", bad, "--name", "t")
        #expect(failed.exitCode == 1 && failed.error.contains("bad.csv") && failed.error.contains("3"))
        let skipped = try magpie.run("features", "load", bad, "--name", "t", "--skip-bad-rows")
        #expect(skipped.exitCode == 0 && skipped.output.contains("1 set aside") && skipped.output.contains("rejects"))
        #expect(try magpie.run("features", "load", bad, "--name", "a b").exitCode == 1)
        #expect(try magpie.run("features", "load", "none.csv", "--name", "t").exitCode == 1)
        #expect(try magpie.run("features", "load", bad, "--name", "t", "--entity", "shop").exitCode == 64)
    }

    @Test func bench() throws {
        struct Point: Decodable {
            var isSame: Bool
            var eventsPerSecond: Double
            var columns: Int
        }
        let arguments = [
            "bench", "features", "--events", "5000", "--users", "100", "--items", "400", "--requests", "20",
            "--candidates", "50",
        ]
        let result = try magpie.run(arguments + ["--json"])
        #expect(result.exitCode == 0, "\(result.error)")
        let point = try JSONDecoder().decode(Point.self, from: Data(result.output.utf8))
        #expect(point.isSame && point.eventsPerSecond > 0 && point.columns > 100)
        #expect(try magpie.run(arguments).output.contains("the state is the same"))
        #expect(try magpie.run(["bench", "features", "--items", "10"]).exitCode == 64)
    }
}
