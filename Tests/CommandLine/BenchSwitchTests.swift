import Foundation
import Testing

/// `bench switch`: exact search beside the index, over made-up vectors.
@Suite struct BenchSwitchTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    struct Point: Decodable {
        var space: String
        var vectors: Int
        var exactMicros: Double
        var indexMicros: Double
        var recall: Double
        var bytesPerVector: Double
    }

    @Test func madeUpVectors() throws {
        let arguments = ["bench", "switch", "--items", "150", "300", "--dimensions", "8", "--k", "10"]
        let result = try magpie.run(arguments + ["--json"])
        #expect(result.exitCode == 0, "\(result.error)")
        let points = try JSONDecoder().decode([Point].self, from: Data(result.output.utf8))
        #expect(points.map(\.vectors) == [150, 300])
        for point in points {
            #expect(point.exactMicros > 0 && point.indexMicros > 0 && (0.9...1).contains(point.recall), "\(point)")
        }
        let table = try magpie.run(arguments).output.split(separator: "\n")
        #expect(table.count == 4 && table[0].contains("recall@10"))
    }

    @Test func wrongCalls() throws {
        for wrong in [["--items", "0"], ["--dimensions", "0"], ["--k", "0"], ["--recall", "1"]] {
            #expect(try magpie.run(["bench", "switch"] + wrong).exitCode == 64, "\(wrong)")
        }
        let none = try magpie.run(["bench", "switch", "--home", magpie.home.path])
        #expect(none.exitCode == 1 && none.error.split(separator: "\n").count == 1, "\(none.error)")
    }
}
