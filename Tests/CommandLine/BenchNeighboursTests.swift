import Foundation
import Testing

/// `bench neighbours`: every kind of table over a few made-up events.
@Suite struct BenchNeighboursTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    struct Point: Decodable {
        var seconds: Double
        var entries: Int
        var hash: String
        var candidatesMicros: Double
    }

    @Test(arguments: ["neighbours", "transitions", "cosine", "ease", "sessions"])
    func theSameBytesForAnyNumberOfThreads(table: String) throws {
        let arguments = [
            "bench", "neighbours", "--table", table, "--events", "3000", "--users", "200", "--items", "300",
        ]
        let points = try ["1", "2"].map { threads in
            let result = try magpie.run(arguments + ["--threads", threads, "--json"])
            #expect(result.exitCode == 0, "\(result.error)")
            return try JSONDecoder().decode(Point.self, from: Data(result.output.utf8))
        }
        #expect(points[0].hash == points[1].hash && points[0].entries > 100 && points[0].candidatesMicros > 0)
        #expect(try magpie.run(arguments).output.contains("200 candidates"))
    }

    @Test func wrongCalls() throws {
        for wrong in [["--items", "0"], ["--table", "stool"], ["--events", "-1"]] {
            #expect(try magpie.run(["bench", "neighbours"] + wrong).exitCode == 64, "\(wrong)")
        }
    }
}
