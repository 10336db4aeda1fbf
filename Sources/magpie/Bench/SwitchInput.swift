import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieOnline
import MagpieRetrieval

/// Vectors, and queries of two kinds: those that an index is calibrated on and those that it is then asked.
struct SwitchInput {
    static let queryCount = 400

    let name: String
    let rows: Tensor<Float>
    let present: ItemSet
    let calibration: [[Float]]
    let queries: [[Float]]
}

// MARK: Made up

extension SwitchInput {
    /// Unit vectors around sqrt(n) centres that overlap, coordinate j in proportion to (j + 1)^-1/2: about as much
    /// structure as embeddings of behaviour have, and no clean clusters, which would flatter the index.
    init(madeUp count: Int, dimension: Int, seed: UInt64, file: URL) throws {
        var random = RandomSource(seed: seed, 0)
        // A sum of twelve uniform numbers less six has variance 1 and is near enough to normal.
        func normal(_ random: inout RandomSource) -> [Float] {
            (0..<dimension).map { j in
                (0..<12).reduce(Float(-6)) { sum, _ in sum + random.uniform() } / Float(j + 1).squareRoot()
            }
        }
        let centres = (0..<max(1, Int(Double(count).squareRoot()))).map { _ in normal(&random) }
        func vectors(_ count: Int, stream: UInt64) -> [[Float]] {
            var random = RandomSource(seed: seed, 1, stream)
            return (0..<count).map { _ in
                let centre = centres[random.below(centres.count)]
                var vector = zip(centre, normal(&random)).map { $0 + 1.2 * $1 }
                VectorKernels.normalise(&vector)
                return vector
            }
        }
        var writer = TensorFileWriter(kind: "rows", layout: 1)
        writer.add("rows", vectors(count, stream: 0).flatMap { $0 }, shape: [count, dimension])
        try writer.write(to: file)
        name = "made up"
        rows = try TensorFile(file, kind: "rows", layouts: 1...1).tensor("rows")
        present = ItemSet(itemCount: count).complement
        calibration = vectors(Self.queryCount, stream: 1)
        queries = vectors(Self.queryCount, stream: 2)
    }
}

// MARK: Of a home

extension SwitchInput {
    /// The two spaces of the bundle that is current: `out` with the histories of users, half of them to calibrate,
    /// half to ask; `in` with items and titles.
    static func spaces(of path: String, seed: UInt64) throws -> [SwitchInput] {
        let home = try Home.open(at: URL(fileURLWithPath: path), create: false)
        guard let id = try home.bundles.currentID() else {
            throw BenchError("\(path): no bundle is published yet: run magpie train --home \(path)")
        }
        let folder = try home.bundles.open(id).url
        let snapshot = try Snapshot(opening: folder, bundle: id, scenarios: [])
        guard let checkpoint = snapshot.checkpoint else {
            throw BenchError("\(path): bundle \(id) has no state: run magpie train --home \(path)")
        }
        let table = try EmbeddingTable(
            opening: folder.appendingPathComponent(BundleFiles.embeddings), itemCount: snapshot.items.count)
        let encoder = try QueryEncoder(opening: folder.appendingPathComponent(BundleFiles.queryEncoder))
        var random = RandomSource(seed: seed, 0x68)

        var users = checkpoint.userKeys
        random.shuffle(&users)
        let histories = users.lazy.compactMap { user -> [Float]? in
            let history = checkpoint.user(user)?.history(limit: Recommender.historyLimit) ?? []
            return table.query(
                for: history.compactMap { touch in
                    snapshot.items.index(of: touch.item).map { Interest(item: $0, time: touch.time) }
                })
        }.prefix(2 * queryCount)
        var items = table.withInput.items
        random.shuffle(&items)
        let seedsAndTexts = items.lazy.enumerated().compactMap { place, item in
            place % 2 == 0 ? table.unitInput(of: item) : snapshot.items.title(of: item).flatMap { encoder.embed($0) }
        }.prefix(2 * queryCount)
        return try [
            SwitchInput("in", table.input, table.withInput, Array(seedsAndTexts)),
            SwitchInput("out", table.output, table.withOutput, Array(histories)),
        ]
    }

    private init(_ name: String, _ rows: Tensor<Float>, _ present: ItemSet, _ asked: [[Float]]) throws {
        guard asked.count >= 2, present.count > 0 else {
            throw BenchError("the space \"\(name)\" of this home has too few vectors, users or titles to ask with")
        }
        self.name = name
        self.rows = rows
        self.present = present
        calibration = Array(asked[..<(asked.count / 2)])
        queries = Array(asked[(asked.count / 2)...])
    }
}
