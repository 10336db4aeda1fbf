import CKernels
import MagpieKernels
import Testing

/// Every instruction set against the scalar one, and that against the sentence in `CForest.h`.
@Suite struct ForestKernelTests {
    static let others: [String] = ["avx2", "avx512", "neon"].filter { mk_forest_table_named($0) != nil }

    private struct World {
        var tests: [mk_forest_test] = []
        var pieces: [mk_forest_piece] = []
        var leaves: [Float] = []
        var columns: [UInt32] = []
        var rows: [Float] = []
        let stride: Int

        /// Tests of all four kinds in any order of leaves; sometimes all leaves go.
        init(seed: UInt64) {
            var random = RandomSource(seed: seed, 0xF0)
            let slots = 1 + random.below(7)
            stride = slots + random.below(4)
            columns = (0..<slots).map { _ in UInt32(random.below(slots)) }
            for _ in 0..<random.below(9) {
                let first = UInt32(tests.count)
                var ends: [UInt32] = []
                for _ in 0..<4 {
                    for _ in 0..<random.below(6) {
                        let keep = random.below(5) == 0 ? 0 : UInt32(truncatingIfNeeded: random.next() | random.next())
                        tests.append(
                            mk_forest_test(
                                slot: UInt32(random.below(slots)), threshold: Float(random.below(9)) - 4, keep: keep))
                    }
                    ends.append(UInt32(tests.count))
                }
                pieces.append(mk_forest_piece(first: first, ends: (ends[0], ends[1], ends[2], ends[3])))
                leaves += (0..<Int(MK_FOREST_LEAVES)).map { _ in random.uniform() - 0.5 }
            }
            rows = (0..<200 * stride).map { _ in
                switch random.below(10) {
                case 0: .nan
                case 1: random.below(2) == 0 ? .infinity : -.infinity
                default: Float(random.below(9)) - 4
                }
            }
        }

        func scores(_ name: String, count: Int) throws -> [Float] {
            let table = try #require(mk_forest_table_named(name)).pointee
            var work = [Float](repeating: 9, count: columns.count * Int(MK_FOREST_ROWS) + 1)
            var out = [Float](repeating: 7, count: count + 1)
            tests.withUnsafeBufferPointer { tests in
                pieces.withUnsafeBufferPointer { pieces in
                    leaves.withUnsafeBufferPointer { leaves in
                        columns.withUnsafeBufferPointer { columns in
                            var forest = mk_forest(
                                tests: tests.baseAddress, pieces: pieces.baseAddress, leaves: leaves.baseAddress,
                                piece_count: pieces.count, columns: columns.baseAddress, slot_count: columns.count,
                                base: 0.125)
                            table.scores(&forest, rows, stride, count, &work, &out)
                        }
                    }
                }
            }
            #expect(out[count] == 7 && work[work.count - 1] == 9, "wrote past the end")
            return Array(out[..<count])
        }

        func byTheSentence(_ row: Int) -> Float {
            var score: Float = 0.125
            for (p, piece) in pieces.enumerated() {
                var set = UInt32.max
                for t in Int(piece.first)..<Int(piece.ends.3) {
                    let x = rows[row * stride + Int(columns[Int(tests[t].slot)])]
                    let threshold = tests[t].threshold
                    let holds =
                        t < Int(piece.ends.0)
                        ? x >= threshold
                        : t < Int(piece.ends.1)
                            ? !(x < threshold) : t < Int(piece.ends.2) ? x < threshold : !(x >= threshold)
                    if holds { set &= tests[t].keep }
                }
                if set != 0 { score += leaves[p * Int(MK_FOREST_LEAVES) + set.leadingZeroBitCount] }
            }
            return score
        }
    }

    @Test func theSentence() throws {
        for seed in 0..<40 as Range<UInt64> {
            let world = World(seed: seed)
            let scores = try world.scores("scalar", count: 100)
            #expect(scores.map(\.bitPattern) == (0..<100).map { world.byTheSentence($0).bitPattern })
        }
    }

    @Test(arguments: others) func theSameBits(_ name: String) throws {
        for seed in 0..<40 as Range<UInt64> {
            let world = World(seed: seed)
            for count in [0, 1, 15, 16, 17, 31, 33, 48, 63, 64, 65, 127, 200] {
                let (a, b) = (try world.scores("scalar", count: count), try world.scores(name, count: count))
                #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "seed \(seed), \(count) rows")
            }
        }
    }

    @Test func names() {
        #expect(mk_forest_table_named("abacus") == nil)
        #expect(["scalar", "avx2", "avx512", "neon"].contains(ForestKernels.instructionSet))
    }
}
