import Foundation
import Testing

@Suite struct ImportTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    static let ratings =
        "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,31,2.5,1260759144\n2,31,4.0,964982224\n"

    func report(_ result: MagpieProcess.Result) throws -> [String: Any] {
        #expect(result.exitCode == 0, "\(result.error)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    func number(_ report: [String: Any], _ name: String) -> Int { report[name] as? Int ?? -1 }

    @Test func aFolderTwiceChangesNothing() throws {
        _ = try magpie.write(Self.ratings, "ml/ratings.csv")
        _ = try magpie.write("movieId,title,genres\n31,\"Matrix, The (1999)\",Action|Sci-Fi\n", "ml/movies.csv")
        let path = magpie.folder.appendingPathComponent("ml").path
        let first = try report(try magpie.run("import", path, "--json"))
        #expect((number(first, "newEvents"), number(first, "itemRevisions")) == (3, 1))
        let second = try report(try magpie.run("import", path, "--json"))
        #expect((number(second, "newEvents"), number(second, "itemRevisions")) == (0, 0))
        #expect(number(second, "knownEvents") == 3)
        let text = try magpie.run("import", path)
        #expect(text.output.contains("nothing changed") && text.output.contains("ratings.csv"))
        #expect(!text.output.contains("\u{1B}"), "no colours into a file")
        #expect(text.error.isEmpty, "no progress into a file")
    }

    @Test func aBadRowStopsEverythingAndSaysWhere() throws {
        let good = try magpie.write(Self.ratings, "good.csv")
        let bad = try magpie.write(Self.ratings + "3,4,many,5\n", "bad.csv")
        let result = try magpie.run("import", good, bad, "--time-unit", "s")
        #expect(result.exitCode == 1)
        #expect(
            result.error
                == "error: bad.csv:5: column \"rating\": \"many\" is not a number: correct the row, or pass --skip-bad-rows to set such rows aside\n"
        )
        #expect(result.output.isEmpty)
        let after = try report(try magpie.run("import", good, "--time-unit", "s", "--json"))
        #expect(number(after, "newEvents") == 3, "nothing of the first call was kept")
    }

    @Test func badRowsCanBeSetAside() throws {
        let bad = try magpie.write(Self.ratings + "3,4,many,5\nbroken\n", "bad.csv")
        let result = try report(try magpie.run("import", bad, "--time-unit", "s", "--skip-bad-rows", "--json"))
        #expect(number(result, "newEvents") == 3)
        let file = try #require(result["rejectFile"] as? String)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.contains("\"line\":6") == true && lines.last?.contains("\"text\":\"broken\"") == true)
    }

    @Test(arguments: [
        (["nowhere.csv"], "nowhere.csv: no such file or folder: check the path", Int32(1)),
        (["ratings.csv"], "say what it counts with --time-unit s, ms or us", 1),
        (["ratings.csv", "--time-unit", "weeks"], "--time-unit", 64),
        (["ratings.csv", "--attribute", "x=colour"], "expected keyword", 64),
        (["ratings.csv", "--items"], "no column for the id", 1),
        (["ratings.csv", "--columns", "a,b,c,d"], "--column userId=COLUMN", 1),
        (["."], "no movies.csv in this folder", 1),
        ([], "path", 64),
    ])
    func wrongCallsNameTheRemedy(arguments: [String], message: String, exitCode: Int32) throws {
        _ = try magpie.write(Self.ratings.replacingOccurrences(of: "movieId", with: "film"), "ratings.csv")
        if arguments.contains("ratings.csv"), !arguments.contains("--items"), !arguments.contains("--columns") {
            _ = try magpie.write(Self.ratings, "ratings.csv")
        }
        let result = try magpie.run(["import"] + arguments + ["--home", magpie.home.path])
        #expect(result.exitCode == exitCode)
        #expect(result.error.lowercased().hasPrefix("error: ") && result.error.contains(message), "\(result.error)")
        if exitCode == 1 { #expect(result.error.filter { $0 == "\n" }.count == 1) }
        if exitCode == 64 || message.contains("no such") {
            #expect(!FileManager.default.fileExists(atPath: magpie.home.path), "no home is made for a wrong call")
        }
    }

    @Test func itemsAndTheirVerbs() throws {
        let items = try magpie.write("id,title,genres\n1,Heat,Action|Crime\n2,Alien,Horror\n", "items.csv")
        let first = try report(
            try magpie.run("import", items, "--items", "--attribute", "genres=keywords", "--json"))
        #expect(number(first, "itemRevisions") == 2)
        // The home knows the type now.
        #expect(number(try report(try magpie.run("import", items, "--items", "--json")), "itemRevisions") == 0)
        let other = try magpie.write("id,genres\n3,7\n", "other.csv")
        let clash = try magpie.run("import", other, "--items", "--attribute", "genres=number")
        #expect(clash.exitCode == 1 && clash.error.contains("attribute \"genres\" is keywords in this home"))
        #expect(try magpie.run("hide", "1").output == "item 1 is hidden\n")
        #expect(try magpie.run("hide", "1").output == "item 1 was hidden already\n")
        #expect(try magpie.run("show", "1").output == "item 1 is available\n")
        #expect(try magpie.run("delete", "2").output == "item 2 is deleted\n")
    }

    @Test func anErasedUserStaysErased() throws {
        let path = try magpie.write(Self.ratings, "ratings.csv")
        try magpie.run("import", path, "--time-unit", "s")
        #expect(try magpie.run("erase", "1").output == "user 1 is erased: 2 events removed\n")
        let again = try report(try magpie.run("import", path, "--time-unit", "s", "--json"))
        #expect((number(again, "newEvents"), number(again, "erasedEvents")) == (0, 2))
        let nowhere = try magpie.run(["erase", "1", "--home", magpie.folder.appendingPathComponent("none").path])
        #expect(nowhere.exitCode == 1 && nowhere.error.hasPrefix("error: "))
    }

    @Test func aSecondWriterIsToldToWait() throws {
        let path = try magpie.write(Self.ratings, "ratings.csv")
        try magpie.run("import", path, "--time-unit", "s")
        let descriptor = open(magpie.home.appendingPathComponent("lock").path, O_RDWR)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let result = try magpie.run("import", path, "--time-unit", "s")
        #expect(result.exitCode == 1 && result.error.hasPrefix("error: "))
    }
}
