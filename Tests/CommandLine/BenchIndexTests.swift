import Foundation
import Testing

/// `bench index` on a few hundred vectors: what its lines say, and that a wrong call or file is one line of error.
@Suite struct BenchIndexTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    private static let dimension = 16

    /// Vectors about a few centres, by a linear congruence, so that they are the same everywhere.
    private static func vectors(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        func uniform() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) * 0x1p-24 - 0.5
        }
        var values: [Float] = []
        for i in 0..<count {
            for j in 0..<dimension { values.append(uniform() + (i % 8 == j % 8 ? 2 : 0)) }
        }
        return values
    }

    /// A `.npy` file, header and all; gives its path.
    private func write<Element>(_ values: [Element], columns: Int, type: String, _ name: String) throws -> String {
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(values.count / columns), \(columns)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(Data(header.utf8))
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        let url = magpie.folder.appendingPathComponent(name)
        try bytes.write(to: url)
        return url.path
    }

    private func write(_ values: [Float], _ name: String, columns: Int = dimension) throws -> String {
        try write(values, columns: columns, type: "<f4", name)
    }

    private func bench(_ arguments: String...) throws -> MagpieProcess.Result {
        try magpie.run(["bench", "index"] + arguments)
    }

    private func lines(_ result: MagpieProcess.Result) throws -> [[String: Any]] {
        #expect(result.exitCode == 0, "\(result.error)")
        return try result.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private func number(_ line: [String: Any], _ name: String) -> Double { line[name] as? Double ?? .nan }

    private static let keys = [
        "buildSeconds", "count", "dataset", "depth", "dimension", "diskBytesPerVector", "instructionSet", "k",
        "memoryBytesPerVector", "metric", "openMicros", "p50Micros", "p99Micros", "probes", "qps", "qpsBatch",
        "recall", "recallById", "targetRecall",
    ]

    @Test(arguments: ["ip", "cosine", "l2"]) func aLineAPoint(metric: String) throws {
        // Every vector is there twice: by id half of the answers may be the other one, by distance none is wrong.
        let half = Self.vectors(150, seed: 1)
        let base = try write(half + half, "base.npy")
        let queries = try write(Self.vectors(20, seed: 2), "queries.npy")
        let calibration = try write(Self.vectors(20, seed: 3), "calibration.npy")
        let result = try bench(
            "--base", base, "--queries", queries, "--calibration", calibration, "--metric", metric, "--k", "5",
            "--threads", "2", "--recall", ".95", ".98", "--keep", "index.safetensors", "--json")
        let lines = try lines(result)
        #expect(result.error.isEmpty)
        #expect(lines.map { number($0, "targetRecall") } == [0.95, 0.98])
        for (place, line) in lines.enumerated() {
            #expect(line.keys.sorted() == (place == 0 ? ["build"] : []) + Self.keys)
            #expect(number(line, "recall") >= 0.9 && number(line, "recall") <= 1)
            #expect(number(line, "recall") >= number(line, "recallById"))
            #expect(number(line, "qps") > 0 && number(line, "qpsBatch") > 0)
            #expect(number(line, "p99Micros") >= number(line, "p50Micros"))
            #expect((line["dataset"] as? String, line["metric"] as? String) == ("base.npy", metric))
            #expect((number(line, "count"), number(line, "dimension"), number(line, "k")) == (300, 16, 5))
        }
        #expect((lines.first?["build"] as? [String: Double])?["k-means"] != nil)
        let kept = magpie.folder.appendingPathComponent("index.safetensors")
        #expect(FileManager.default.fileExists(atPath: kept.path))
    }

    @Test func filtersOfEachKind() throws {
        let base = try write(Self.vectors(200, seed: 1), "base.npy")
        let queries = try write(Self.vectors(4, seed: 2), "queries.npy")
        let lines = try lines(
            try bench(
                "--base", base, "--queries", queries, "--calibration", queries, "--metric", "ip", "--k", "5",
                "--filters", "--json"))
        #expect(lines.compactMap { $0["filter"] as? String } == (0..<5).flatMap { _ in ["random", "anti"] })
        #expect(lines.map { number($0, "passing") } == [200, 200, 20, 20, 2, 2, 1, 1, 1, 1])
        for line in lines {
            for key in ["passRate", "recall", "p50Micros", "exactMicros", "unfilteredMicros"] {
                #expect(!number(line, key).isNaN, "\(key)")
            }
            #expect(number(line, "excludedAnswers") == 0)
        }
    }

    @Test func moreAnswersThanVectors() throws {
        let base = try write(Self.vectors(12, seed: 1), "base.npy")
        let result = try bench("--base", base, "--queries", base, "--metric", "l2", "--k", "50", "--recall", ".9")
        #expect(result.exitCode == 0, "\(result.error)")
        #expect(result.error == "note: base.npy has 12 vectors: k is 12 instead of 50\n")
        #expect(result.output.contains("recall@12") && !result.output.contains("\u{1B}"))
    }

    @Test func whatIsWrongIsOneLine() throws {
        let base = try write(Self.vectors(40, seed: 1), "base.npy")
        let queries = try write(Self.vectors(3, seed: 2), "queries.npy")
        var damaged = Self.vectors(3, seed: 2)
        damaged[20] = .nan
        let notNumbers = try write(damaged, "nan.npy")
        let narrow = try write([1, 2, 3, 4], "narrow.npy", columns: 2)
        let ids: [Int32] = [0, 1, 2, 3, 4, 40]
        let pastTheEnd = try write(ids, columns: 2, type: "<i4", "past.npy")
        let short = try write(Array(ids.prefix(4)), columns: 2, type: "<i4", "short.npy")

        func error(_ arguments: String..., base: String = base, queries: String = queries) throws -> String {
            // The last of an option counts.
            let result = try magpie.run(
                ["bench", "index", "--base", base, "--queries", queries, "--metric", "ip", "--k", "2"] + arguments)
            #expect(result.exitCode != 0 && result.output.isEmpty, "\(arguments)")
            #expect(result.error.hasPrefix("error: ") && result.error.hasSuffix("\n"))
            #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
            return result.error
        }
        #expect(try error("--metric", "hamming").contains("expected one of ip, cosine, l2"))
        #expect(try error("--k", "0").contains("from 1 to 1000"))
        #expect(try error("--k", "1001").contains("from 1 to 1000"))
        #expect(try error("--recall", "1.5").contains("between 0 and 1"))
        #expect(try error(queries: narrow) == "error: narrow.npy: got 2 coordinates a vector, expected 16\n")
        #expect(try error(queries: notNumbers).hasPrefix("error: nan.npy: row 1, coordinate 4 is not a finite number"))
        #expect(try error(base: notNumbers).hasPrefix("error: nan.npy: row 1, coordinate 4 is not a finite number"))
        #expect(try error(base: "nowhere.npy").contains("no such file"))
        #expect(try error("--truth", pastTheEnd).hasPrefix("error: past.npy: row 2: 40 is no row of base.npy"))
        #expect(try error("--truth", pastTheEnd, "--k", "3").hasPrefix("error: past.npy: 2 columns, fewer than --k 3"))
        #expect(try error("--truth", short).hasPrefix("error: short.npy: 2 rows for the 3 queries of queries.npy"))
        #expect(try error("--keep", base).contains("would overwrite what is read"))
    }
}
