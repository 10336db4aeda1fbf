import CKernels
import MagpieKernels
import Testing

/// Every instruction set's partition kernels against the specification (partition_scalar.c), bit for bit.
@Suite struct PartitionKernelTests {
    static let others: [String] = ["avx2", "avx512", "neon"].filter { mk_partition_table_named($0) != nil }

    static func table(_ name: String) throws -> mk_partition_table {
        try #require(mk_partition_table_named(name)).pointee
    }

    /// Small whole numbers half of the time, so that scores tie and cancel to zeros of either sign.
    static func floats(_ count: Int, _ random: inout RandomSource) -> [Float] {
        let isWhole = random.below(2) == 0
        return (0..<count).map { _ in isWhole ? Float(random.below(5)) - 2 : (random.uniform() - 0.5) * 100 }
    }

    @Test func anUnknownNameHasNoTable() throws {
        #expect(mk_partition_table_named("abacus") == nil)
        let best = String(cString: try #require(mk_partition().pointee.name))
        #expect((Self.others + ["scalar"]).contains(best))
        #expect(best != "scalar" || Self.others.isEmpty)
    }

    @Test(arguments: others) func scansAreTheSame(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for (i, world) in ScanWorld.all().enumerated() {
            let expected = world.scan(scalar)
            let found = world.scan(fast)
            let isSame = expected == found  // not in #expect: its message would be the whole histogram
            #expect(isSame, "world \(i): \(expected.positions.count) kept, not \(found.positions.count)")
        }
    }

    @Test(arguments: others) func panelScoresHaveTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for (i, d) in [0, 1, 2, 3, 7, 16, 50, 100, 784].enumerated() {
            for count in [0, 1, 2, 3, 5, 7, 8, 9, 17, 31] where d < 100 || count % 4 == 1 {
                var random = RandomSource(seed: 1, UInt64(d), UInt64(count))
                let panels = d == 784 ? 3 : [1, 2, 3, 4, 5, 8, 15, 21][(i + count) % 8]
                let stride = d + random.below(5)
                let rows = Self.floats(count * stride + 1, &random)
                let columns = Self.floats(panels * 16 * d + 1, &random)
                let bias = Self.floats(panels * 16, &random)
                let outStride = panels * 16 + random.below(3)
                var a = [Float](repeating: 9, count: count * outStride + 1)
                var b = a
                scalar.panel_scores(rows, stride, count, d, columns, panels, bias, &a, outStride)
                fast.panel_scores(rows, stride, count, d, columns, panels, bias, &b, outStride)
                #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "d \(d), \(count) rows, \(panels) panels")
                #expect(b.last == 9, "wrote past the end")
            }
        }
    }

    @Test(arguments: others) func theBestColumnsAreTheSame(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for (i, d) in [0, 1, 2, 3, 7, 16, 50, 100, 784].enumerated() {
            for count in [0, 1, 2, 5, 8, 15, 16, 17, 33, 70, 129] where d < 100 || count % 16 == 1 {
                var random = RandomSource(seed: 2, UInt64(d), UInt64(count))
                let panels = d == 784 ? 3 : [1, 1, 2, 1, 3, 4, 1, 9][(i + count) % 8]
                let stride = d + random.below(5)
                var rows = Self.floats(count * stride + 1, &random)
                if count > 2 && d > 0 { rows[stride] = .nan }
                var columns = Self.floats(panels * 16 * d + 1, &random)
                for j in 0..<(panels > 1 ? d * 16 : 0) where random.below(4) > 0 { columns[d * 16 + j] = columns[j] }
                var bias = Self.floats(panels * 16, &random)
                for c in 0..<bias.count where random.below(5) == 0 { bias[c] = random.below(2) == 0 ? -.infinity : -0 }
                if count == 5 { bias = bias.map { _ in -.infinity } }
                var a = [UInt32](repeating: 9, count: count + 1)
                var b = a
                var aScores = [Float](repeating: 9, count: count + 1)
                var bScores = aScores
                scalar.panel_best(rows, stride, count, d, columns, panels, bias, &a, &aScores)
                fast.panel_best(rows, stride, count, d, columns, panels, bias, &b, &bScores)
                #expect(a == b, "d \(d), \(count) rows, \(panels) panels")
                #expect(aScores.map(\.bitPattern) == bScores.map(\.bitPattern), "d \(d), \(count) rows")
                b = [UInt32](repeating: 9, count: count + 1)
                fast.panel_best(rows, stride, count, d, columns, panels, bias, &b, nil)
                #expect(a == b, "without scores")
            }
        }
    }

    @Test(arguments: others) func lookupTablesAreTheSame(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for subspaces in [2, 4, 6, 14, 16, 18, 26, 34, 64, 392, 1024] {
            for seed in UInt64(0)..<8 {
                var random = RandomSource(seed: seed, UInt64(subspaces))
                var begins: [UInt32] = [0]
                for _ in 0..<subspaces { begins.append((begins.last ?? 0) + UInt32(random.below(seed < 4 ? 4 : 20))) }
                let d = Int(begins.last ?? 0)
                var query = Self.floats(d + 1, &random)
                if seed == 3 { query = query.map { _ in 0 } }
                if seed == 5 { query[d / 2] = .nan }
                if seed == 6 { query[d / 3] = .infinity }
                if seed == 7 { query = query.map { $0 * 0x1p-140 } }
                let books = Self.floats(d * 16 + 1, &random)
                var work = [Float](repeating: 0, count: subspaces * 16)
                var a = [UInt8](repeating: 200, count: subspaces * 16 + 1)
                var b = a
                // step, low, sum
                var x: (Float, Float, Float) = (9, 9, 9)
                var y = x
                let least: Float = seed == 1 ? 37 : 0
                scalar.lookup_tables(query, books, begins, subspaces, least, &work, &a, &x.0, &x.1, &x.2)
                fast.lookup_tables(query, books, begins, subspaces, least, &work, &b, &y.0, &y.1, &y.2)
                #expect(a == b, "\(subspaces) subspaces, seed \(seed)")
                for (x, y) in [(x.0, y.0), (x.1, y.1), (x.2, y.2)] {
                    #expect(x.bitPattern == y.bitPattern || (x.isNaN && y.isNaN), "\(x) \(y), seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: others) func recordScoresHaveTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for stored in [4, 8, 12, 16, 20, 48, 60, 64, 68, 112, 128, 300, 784] {
            for count in [0, 1, 2, 3, 4, 5, 8, 9, 33] {
                let records = RecordWorld(seed: UInt64(count), stored: stored, count: count)
                for isFine in [false, true] {
                    let a = records.scores(scalar, isFine: isFine)
                    let b = records.scores(fast, isFine: isFine)
                    #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(stored), \(count) records, fine \(isFine)")
                    #expect(b.last == 9, "wrote past the end")
                }
            }
        }
    }
}

/// Records for re-scoring, from a seed.
struct RecordWorld {
    let stored: Int
    let size: Int
    let query: [Float]
    let records: [UInt8]
    let positions: [UInt32]
    let partitionScores: [Float]

    init(seed: UInt64, stored: Int, count: Int) {
        var random = RandomSource(seed: seed, UInt64(stored))
        self.stored = stored
        size = 8 + stored + stored / 4
        query = (0..<(stored + 15) / 16 * 16).map { $0 < stored ? random.uniform() - 0.5 : 0 }
        partitionScores = (0..<65_536).map { Float($0 % 1000) / 7 }
        let total = count + 1
        positions = (0..<count).map { _ in UInt32(random.below(total)) }
        var bytes: [UInt8] = []
        for _ in 0..<total {
            var record = [UInt8](repeating: 0, count: size)
            for i in 8..<size { record[i] = UInt8(truncatingIfNeeded: random.next()) }
            var head = mk_record()
            head.scale = UInt16(truncatingIfNeeded: (random.uniform() / 100).bitPattern >> 16)
            head.exact = random.uniform() - 0.5
            head.partition = UInt16(random.below(65_536))
            withUnsafeBytes(of: head) { record.replaceSubrange(0..<8, with: $0) }
            bytes += record
        }
        // What stands past the last record is read and must not matter.
        records = bytes + (0..<Int(MK_RECORD_SLACK)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// One more than there are positions, 9 last.
    func scores(_ table: mk_partition_table, isFine: Bool) -> [Float] {
        var out = [Float](repeating: 9, count: positions.count + 1)
        let kernel = isFine ? table.record_scores_fine : table.record_scores
        kernel?(query, records, size, stored, positions, positions.count, partitionScores, &out)
        return out
    }
}
