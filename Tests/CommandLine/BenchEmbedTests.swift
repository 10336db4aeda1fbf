import Foundation
import Testing

/// `bench embed` on a small world: what its line says, and that a wrong call or file is one line of error.
@Suite struct BenchEmbedTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    private func line(_ arguments: String...) throws -> [String: Any] { try line(arguments) }

    private func line(_ arguments: [String]) throws -> [String: Any] {
        let result = try magpie.run(["bench", "embed"] + arguments)
        #expect(result.exitCode == 0 && result.error.isEmpty, "\(result.error)")
        #expect(result.output.split(separator: "\n").count == 1)
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    /// Users who like the even numbers and users who like the odd ones, each in an order of their own.
    private func sequences() throws -> String {
        let lines = (0..<60).map { user in
            (["u\(user)"] + (0..<8).map { "i\((user * 7 + $0 * 3) % 10 * 2 + user % 2)" }).joined(separator: " ")
        }
        return try magpie.write(lines.joined(separator: "\n") + "\n\nlonely i1\nempty\n", "histories.txt")
    }

    private static let made = ["dataset", "digest", "dimensions", "epochs", "events", "items", "model", "users"]

    @Test func item2vecFindsTheOtherItems() throws {
        let file = try sequences()
        let arguments = ["--sequences", file, "--epochs", "30", "--dimensions", "8", "--threads"]
        let one = try line(arguments + ["1"])
        let two = try line(arguments + ["2"])
        for key in Self.made { #expect("\(one[key] ?? "")" == "\(two[key] ?? "?")", "\(key)") }
        #expect((one["questions"] as? Int, one["users"] as? Int, one["items"] as? Int) == (60, 61, 20))
        #expect((one["pairs"] as? Int ?? 0) > 1_000 && (one["pairsPerSecond"] as? Double ?? 0) > 0)
        let quality = try #require(one["quality"] as? [String: Double])
        #expect(quality.keys.sorted() == ["hit@10", "ndcg@10", "recall@20"])
        #expect((quality["hit@10"] ?? 0) > 0.9)
    }

    @Test func alsFindsTheOtherItems() throws {
        let file = try sequences()
        let found = try line(
            "--sequences", file, "--model", "als", "--dimensions", "4", "--regularization", "0.1", "--threads", "2")
        let quality = try #require(found["quality"] as? [String: Double])
        #expect((quality["hit@10"] ?? 0) > 0.9)
        #expect((found["cells"] as? Int) == 421 && (found["foldMicros"] as? Double ?? 0) > 0)
    }

    @Test func eventsAndMadeUpEvents() throws {
        let train = try magpie.write("a\tx\t1\ta1\nb\ty\t2\tb\n".replacingOccurrences(of: "a1", with: "c"), "train.tsv")
        let test = try magpie.write("a\tz\t9\tc\nnobody\tx\t9\tc\n", "test.tsv")
        let found = try line(
            "--events", train, "--test", test, "--columns", "user,item,time,note", "--time-unit", "s", "--dimensions",
            "4")
        #expect((found["questions"] as? Int, found["items"] as? Int) == (1, 3))
        let graph = try line("--made-up", "2000", "--users", "50", "--items", "40", "--model", "graph")
        #expect((graph["edges"] as? Int ?? 0) > 0 && graph["digest"] == nil)
        let walks = try line(
            "--made-up", "500", "--users", "50", "--items", "40", "--corpus", "walks", "--dimensions", "4")
        #expect((walks["pairs"] as? Int ?? 0) > 0)
    }

    @Test func whatIsWrongIsSaid() throws {
        func error(_ arguments: String...) throws -> String {
            let result = try magpie.run(["bench", "embed"] + arguments)
            #expect(result.exitCode != 0 && result.output.isEmpty, "\(arguments)")
            return result.error
        }
        #expect(try error().contains("say one of --sequences, --events and --made-up"))
        #expect(try error("--made-up", "0").contains("expected numbers above 0"))
        #expect(try error("--sequences", "nowhere.txt").contains("nowhere.txt: cannot be read"))
        let empty = try magpie.write("u1\n", "empty.txt")
        #expect(try error("--sequences", empty).contains("empty.txt: nothing to train on"))
        #expect(try error("--made-up", "5", "--dimensions", "0").contains("--dimensions is 0"))
    }
}
