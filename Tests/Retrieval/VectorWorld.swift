import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

@testable import MagpieRetrieval

/// Seeded vectors around centres, as rows of a file, some of them not there; and queries near them.
struct VectorWorld {
    let folder: TemporaryFolder
    let rows: Tensor<Float>
    let present: ItemSet
    let queries: [[Float]]

    init(seed: UInt64, count: Int, dimension: Int, centres: Int = 40, holes: Int = 7, queries: Int = 40) throws {
        var random = RandomSource(seed: seed, 0x77)
        func near(_ centre: [Float], _ random: inout RandomSource) -> [Float] {
            centre.map { $0 + 0.4 * (random.uniform() - 0.5) }
        }
        let middles = (0..<centres).map { _ in (0..<dimension).map { _ in random.uniform() * 2 - 1 } }
        var values: [Float] = []
        for _ in 0..<count { values += near(middles[random.below(centres)], &random) }
        self.queries = (0..<queries).map { _ in near(middles[random.below(centres)], &random) }
        present = ItemSet(itemCount: count) { $0 % holes != holes - 1 }
        folder = try TemporaryFolder()
        var writer = TensorFileWriter(kind: "rows", layout: 1)
        writer.add("rows", values, shape: [count, dimension])
        try writer.write(to: folder.file("rows"))
        rows = try TensorFile(folder.file("rows"), kind: "rows", layouts: 1...1).tensor("rows")
    }

    func index(
        metric: VectorMetric = .innerProduct, present: ItemSet? = nil, name: String = "index"
    ) throws -> PartitionedIndex {
        // Few of both: a debug build is slow.
        var options = PartitionedIndexOptions()
        options.calibrationQueries = 50
        options.iterations = 3
        _ = try PartitionedIndex.build(
            VectorSet(name: "rows", rows), present: present ?? self.present, metric: metric, options: options,
            seed: 1, threads: 2, to: folder.file(name))
        return try PartitionedIndex(opening: folder.file(name), itemCount: rows.shape[0])
    }

    /// A random set over `itemCount` items with about this share.
    func some(_ share: Float, of itemCount: Int, seed: UInt64) -> ItemSet {
        var random = RandomSource(seed: seed, 0x5E7)
        return ItemSet(itemCount: itemCount) { _ in random.uniform() < share }
    }
}
