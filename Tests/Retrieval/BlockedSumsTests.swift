import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct BlockedSumsTests {
    /// A table of random rows, opened from a file.
    private func table(_ rows: [[(item: UInt32, weight: Float)]], _ folder: TemporaryFolder) throws -> SparseRows {
        var writer = TensorFileWriter(kind: "rows", layout: 1)
        writer.add("offsets", rows.reduce(into: [Int64(0)]) { $0.append(($0.last ?? 0) + Int64($1.count)) })
        writer.add("items", rows.joined().map(\.item))
        writer.add("weights", rows.joined().map(\.weight))
        try writer.write(to: folder.file("rows"))
        return try SparseRows(
            opening: TensorFile(folder.file("rows"), kind: "rows", layouts: 1...1), itemCount: rows.count)
    }

    private func rows(_ count: Int, _ random: inout RandomSource) -> [[(item: UInt32, weight: Float)]] {
        (0..<count).map { row in
            if row % 64 != 0 { return [] }
            // Close to each other or far apart, so that some meet.
            let width = [40, 5_000, count][random.below(3)]
            let items = Set((0..<random.below(120)).map { _ in UInt32(random.below(min(width, count))) })
            return items.sorted().map { ($0, Float(1 + random.below(1_000)) / 997) }
        }
    }

    @Test(arguments: [1, 70, 32_768, 32_769, 100_000], UInt64(0)..<4)
    func agreesWithADenseRow(itemCount: Int, seed: UInt64) throws {
        var random = RandomSource(seed: seed, 31, UInt64(itemCount))
        let all = rows(itemCount, &random)
        let table = try table(all, TemporaryFolder())
        var blocked = BlockedSums(itemCount: itemCount)
        for _ in 0..<3 {  // the same workspace again and again
            let chosen = (0..<random.below(30)).map { _ in ItemIndex(random.below(itemCount) / 64 * 64) }
            let factors = chosen.map { _ in Float(1 + random.below(9)) / 7 }
            var dense = [Float](repeating: 0, count: itemCount)
            for (item, factor) in zip(chosen, factors) {
                for (other, weight) in all[Int(item)] { dense[Int(other)] += factor * weight }
            }
            let isComplete = blocked.add(table.rows(of: chosen), of: table, times: factors, .none)
            #expect(isComplete)

            let allowed: (ItemIndex) -> Bool = { $0 % 3 != 1 }
            let best = dense.indices.filter { dense[$0] > 0 && allowed(ItemIndex($0)) }
                .map { Scored(item: ItemIndex($0), score: dense[$0]) }.sorted()
            #expect(blocked.best(20, where: allowed) == Array(best.prefix(20)))

            let wanted = (0..<200).map { _ in ItemIndex(random.below(itemCount)) }  // in no order, some twice
            #expect(blocked.sums(of: wanted) == wanted.map { dense[Int($0)] })
            #expect(blocked.sums(of: wanted.sorted()) == wanted.sorted().map { dense[Int($0)] })
            blocked.clear()
            #expect(blocked.sums(of: wanted).allSatisfy { $0 == 0 })
            #expect(blocked.best(20, where: allowed).isEmpty)
        }
    }

    @Test func rowsThatDoNotAscendAreAnsweredInRange() throws {
        var random = RandomSource(seed: 7, 32, 0)
        let itemCount = 100_000
        let row = (0..<500).map { _ in (item: UInt32(random.below(itemCount)), weight: Float(1)) }
        let table = try table(
            [row] + [[(item: UInt32, weight: Float)]](repeating: [], count: itemCount - 1), TemporaryFolder())
        var sums = BlockedSums(itemCount: itemCount)
        let isComplete = sums.add(table.rows(of: [0]), of: table, times: [1], .none)
        #expect(isComplete)
        let known = Set(row.map(\.item))
        #expect(sums.best(500) { _ in true }.allSatisfy { known.contains($0.item) })
    }

    @Test func aPassedDeadlineIsTold() throws {
        let table = try table([[(1, 1)], []], TemporaryFolder())
        var sums = BlockedSums(itemCount: 2)
        let isComplete = sums.add(table.rows(of: [0]), of: table, times: [1], .after(.seconds(-1)))
        #expect(!isComplete)
        sums.clear()
        #expect(sums.best(2) { _ in true }.isEmpty)
    }
}
