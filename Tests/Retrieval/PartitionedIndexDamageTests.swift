import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// A damaged index is an error, or answers in range: never a trap.
@Suite struct PartitionedIndexDamageTests {
    static let count = 300
    static let dimension = 16

    private static func world(_ metric: VectorMetric) throws -> (vectors: IndexedVectors, queries: [[Float]]) {
        let world = try VectorWorld(seed: 12, count: count, dimension: dimension, centres: 10, queries: 8)
        let vectors = try IndexedVectors(world, metric: metric)
        _ = try vectors.build(present: world.present, options: PartitionedIndexInputTests.small)
        return (vectors, world.queries)
    }

    /// Opens it and asks it. What was thrown, if anything was.
    private static func attempt(_ url: URL, _ queries: [[Float]]) -> (any Error)? {
        do {
            let index = try PartitionedIndex(opening: url, itemCount: count)
            let half = ItemSet(itemCount: count) { $0 % 2 == 0 }
            var found = index.search(queries[0], k: 5) + index.search(queries[1], k: 200)
            let filtered = index.search(queries[0], k: 10, excluding: half)
            for answer in filtered where answer.item % 2 == 0 { Issue.record("\(answer) is excluded") }
            found += filtered
            for answer in found where Int(answer.item) >= count || !answer.score.isFinite {
                Issue.record("\(answer) is out of range")
            }
            return nil
        } catch { return error }
    }

    @Test func truncatedAt200Lengths() throws {
        let (vectors, queries) = try Self.world(.euclidean)
        let sound = try vectors.folder.bytes("index")
        let url = vectors.folder.file("index")
        for n in UInt64(0)..<200 {
            var random = RandomSource(seed: 20, n)
            let length = n < 20 ? Int(n) : random.below(sound.count)
            try sound.prefix(length).write(to: url)
            #expect(Self.attempt(url, queries) is ArtifactError, "cut at \(length), seed \(n)")
        }
        try sound.write(to: url)
        #expect(Self.attempt(url, queries) == nil)
    }

    @Test(arguments: VectorMetric.allCases) func none500FlippedBytesOfEachMetricTraps(metric: VectorMetric) throws {
        let (vectors, queries) = try Self.world(metric)
        var bytes = try vectors.folder.bytes("index")
        let url = vectors.folder.file("damaged")
        var readable = 0
        for n in UInt64(0)..<500 {
            var random = RandomSource(seed: 21, n)
            let at = random.below(bytes.count)
            let change = UInt8(1 + random.below(255))
            bytes[at] ^= change
            try bytes.write(to: url)
            bytes[at] ^= change
            if let error = Self.attempt(url, queries) {
                #expect(error is ArtifactError, "byte \(at), seed \(n): \(error)")
                #expect(!"\(error)".contains("\n"), "byte \(at), seed \(n)")
            } else {
                readable += 1
            }
        }
        #expect((1..<500).contains(readable))
    }

    /// Sums that overflow to infinities of both signs, and to no number at all.
    @Test(arguments: VectorMetric.allCases) func none100HugeNumbersOfEachMetricTrap(metric: VectorMetric) throws {
        let (vectors, queries) = try Self.world(metric)
        let url = vectors.folder.file("damaged")
        let names = ["centroids", "books", "axes", "centroid_bias", "mean"]
        for n in UInt64(0)..<100 {
            var random = RandomSource(seed: 22, n)
            let name = names[random.below(metric == .euclidean ? 5 : 4)]
            let many = 1 + random.below(6)
            let near = random.below(2) == 0
            try Self.rewrite(vectors.folder.file("index"), to: url) { tensor, values in
                guard tensor == name else { return }
                let start = random.below(values.count)
                for i in 0..<many {
                    // Some in one column, or anywhere; some so that they overflow with others only.
                    let at = near ? (start + i * 16) % values.count : random.below(values.count)
                    guard values[at].isFinite else { continue }
                    let huge: [Float] = [.greatestFiniteMagnitude, 1e30, 1e20]
                    values[at] = random.below(2) == 0 ? huge[random.below(3)] : -huge[random.below(3)]
                }
            }
            let length: Float = [1, 1e3, 1e8, 1e18][random.below(4)]
            let asked = queries.map { $0.map { $0 * length } }
            if let error = Self.attempt(url, asked) { #expect(error is ArtifactError, "seed \(n), \(name): \(error)") }
        }
    }

    @Test func absurdDescriptionsAreErrors() throws {
        let (vectors, queries) = try Self.world(.innerProduct)
        let sound = vectors.folder.file("index")
        let url = vectors.folder.file("damaged")
        let about = try TensorFile(inspecting: sound).requiredMetadata("about")
        for text in ["", "null", "[]", "{}", "7", String(about.dropLast()), String(repeating: "[", count: 5_000)] {
            try Self.rewrite(sound, to: url, about: text)
            #expect(Self.attempt(url, queries) is ArtifactError, "\(text.prefix(20))")
        }
        let counts = Self.absurdCounts.flatMap { value in ["dimension", "partitions"].map { ([$0], value) } }
        for (place, value) in counts + Self.absurd {
            try Self.rewrite(sound, to: url, about: Self.edited(about, place, value))
            #expect(Self.attempt(url, queries) is ArtifactError, "\(place) = \(value)")
        }
        for (place, value) in Self.odd {
            try Self.rewrite(sound, to: url, about: Self.edited(about, place, value))
            #expect(Self.attempt(url, queries) == nil, "\(place) = \(value)")
        }
    }

    /// What may be read, and must not trap.
    private static let odd: [(place: [String], value: String)] = [
        (["biasScale"], "3e38"), (["biasScale"], "0"), (["biasMiddle"], "-3e38"), (["biasMiddle"], "3e38"),
        (["plan", "reaches", "0", "3"], "-1e30"), (["plan", "reaches", "0", "3"], "3e38"),
        (["plan", "work", "1", "3", "depth"], "1e12"), (["plan", "work", "1", "3", "lists"], "1e12"),
        (["plan", "widths", "0", "3", "margin"], "3e38"), (["plan", "widths", "1", "3", "gap"], "3e38"),
        (["plan", "widths", "0", "3", "margin"], "0"), (["plan", "widths", "1", "3", "gap"], "0"),
        (["plan", "widths", "1", "3", "probes"], "65536"), (["plan", "measured"], "[]"),
        (["biasLeast"], "-32768"), (["biasMost"], "32767"),
    ]

    private static let absurdCounts = [
        "-1", "0", "17", "65537", "1e18", "9223372036854775807", "9e99", "1.5", "\"16\"", "null", "[]",
    ]

    private static let absurd: [(place: [String], value: String)] = [
        (["metric"], "\"dot\""), (["isFine"], "1.5"), (["biasScale"], "-1"), (["biasScale"], "1e39"),
        (["biasMiddle"], "1e300"), (["biasLeast"], "40000"), (["biasMost"], "-40000"), (["plan"], "[]"),
        (["plan"], "{}"), (["plan", "ks"], "[]"), (["plan", "ks"], "[0, 10, 50]"), (["plan", "ks"], "[1, 1, 50]"),
        (["plan", "ks"], "[50, 10, 1]"), (["plan", "ks"], "[1, 10, 5000000]"), (["plan", "ks"], "[1, 10]"),
        (["plan", "targets"], "[]"), (["plan", "targets", "0"], "0"), (["plan", "targets", "0"], "-0.5"),
        (["plan", "targets", "10"], "1"), (["plan", "targets", "0"], "0.99"), (["plan", "widths"], "[]"),
        (["plan", "widths"], "[[], [], []]"), (["plan", "widths", "2"], "[]"),
        (["plan", "widths", "0", "3", "probes"], "0"), (["plan", "widths", "0", "3", "probes"], "-7"),
        (["plan", "widths", "0", "3", "probes"], "65537"), (["plan", "widths", "0", "3", "gap"], "-1"),
        (["plan", "widths", "0", "3", "gap"], "1e39"), (["plan", "widths", "0", "3", "margin"], "-1e-9"),
        (["plan", "reaches"], "[]"), (["plan", "reaches"], "[[], [], []]"), (["plan", "work"], "[]"),
        (["plan", "work", "1"], "[]"), (["plan", "work", "1", "3", "lists"], "-1"),
        (["plan", "work", "0", "3", "scanned"], "-1"), (["plan", "work", "1", "3", "scanned"], "1e300"),
        (["plan", "work", "1", "3", "depth"], "1e300"), (["plan", "work", "1", "3", "depth"], "-0.01"),
    ]

    /// The JSON with another value at a place.
    private static func edited(_ json: String, _ place: [String], _ value: String) throws -> String {
        let mark = "the value goes here"
        func changed(_ node: Any, _ rest: ArraySlice<String>) throws -> Any {
            guard let name = rest.first else { return mark }
            if var list = node as? [Any] {
                let i = try #require(Int(name))
                list[i] = try changed(list[i], rest.dropFirst())
                return list
            }
            var object = try #require(node as? [String: Any])
            object[name] = try changed(try #require(object[name]), rest.dropFirst())
            return object
        }
        let tree = try changed(JSONSerialization.jsonObject(with: Data(json.utf8)), place[...])
        let data = try JSONSerialization.data(withJSONObject: tree, options: .sortedKeys)
        return String(decoding: data, as: UTF8.self).replacingOccurrences(of: "\"\(mark)\"", with: value)
    }

    /// Writes the same tensors again, with another description or other floats.
    private static func rewrite(
        _ source: URL, to url: URL, about: String? = nil, _ change: (String, inout [Float]) -> Void = { _, _ in }
    ) throws {
        let file = try TensorFile(inspecting: source)
        var metadata = ["about": try file.requiredMetadata("about")]
        if let about { metadata["about"] = about }
        var writer = TensorFileWriter(kind: file.kind, layout: file.layout, metadata: metadata)
        for info in file.tensors where !info.name.hasPrefix("_pad.") {
            switch info.type {
            case .f32:
                var values = Array(try file.tensor(info.name, as: Float.self))
                change(info.name, &values)
                writer.add(info.name, values, shape: info.shape)
            case .u32: writer.add(info.name, Array(try file.tensor(info.name, as: UInt32.self)), shape: info.shape)
            case .i16: writer.add(info.name, Array(try file.tensor(info.name, as: Int16.self)), shape: info.shape)
            default: writer.add(info.name, Array(try file.tensor(info.name, as: UInt8.self)), shape: info.shape)
            }
        }
        try writer.write(to: url)
    }
}
