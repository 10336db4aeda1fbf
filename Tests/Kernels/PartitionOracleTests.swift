import CKernels
import MagpieKernels
import Testing

/// The specification (partition_scalar.c) against the same thing written plainly, in doubles or by sorting.
@Suite struct PartitionOracleTests {
    func scalar() throws -> mk_partition_table { try PartitionKernelTests.table("scalar") }

    /// What a scan keeps: right keys, in order, nothing that is excluded, never more than there is room for; the wanted
    /// best up to ties in a bucket, and what lies within the margin below them.
    @Test func aScanKeepsTheBest() throws {
        let table = try scalar()
        for (i, world) in ScanWorld.all().enumerated() {
            let keys = world.keys()
            let found = world.scan(table)
            #expect(found.positions.count <= world.capacity, "world \(i)")
            #expect(zip(found.positions, found.positions.dropFirst()).allSatisfy { $0 < $1 }, "world \(i)")
            #expect(zip(found.positions, found.keys).allSatisfy { keys[Int($0)] == Int($1) }, "world \(i)")
            #expect(found.positions.allSatisfy { world.isAllowed(Int($0)) }, "world \(i)")
            let allowed = keys.indices.filter { world.isAllowed($0) }
            let buckets = allowed.map { world.bucket(keys[$0]) }.sorted(by: >)
            guard buckets.count >= world.wanted else {
                let isAll = found.positions.map { Int($0) } == allowed
                #expect(isAll, "world \(i): all are wanted")
                continue
            }
            let last = buckets[world.wanted - 1]
            #expect(Int(found.bucket) == last, "world \(i)")
            let kept = Set(found.positions)
            let better = allowed.filter { world.bucket(keys[$0]) > last }
            #expect(better.allSatisfy { kept.contains(UInt32($0)) }, "world \(i)")
            let wanted = found.keys.count { world.bucket(Int($0)) >= last }
            #expect(wanted >= world.wanted, "world \(i)")
            if world.margin == 0 {
                #expect(wanted == Int(found.above), "world \(i)")
                #expect(wanted <= 3 * world.wanted + 64, "world \(i)")
            }
            // Unless there was no room for it: then the margin is less, or what falls into the last bucket is turned away.
            guard found.margin == world.margin, wanted < 2 * world.wanted + 64 else { continue }
            let least = last == 0 ? Int.min : last << Int(world.shift) - Int(world.margin)
            let near = allowed.filter { keys[$0] >= least }
            #expect(near.allSatisfy { kept.contains(UInt32($0)) }, "world \(i): within the margin")
        }
    }

    @Test func panelScoresAreProductsAndTheBestIsTheFirstOfTheLargest() throws {
        let table = try scalar()
        for seed in UInt64(0)..<40 {
            var random = RandomSource(seed: seed)
            let d = random.below(30)
            let count = random.below(6)
            let panels = 1 + random.below(3)
            let rows = PartitionKernelTests.floats(count * d + 1, &random)
            let columns = PartitionKernelTests.floats(panels * 16 * d + 1, &random)
            let bias = PartitionKernelTests.floats(panels * 16, &random)
            var scores = [Float](repeating: 0, count: count * panels * 16 + 1)
            table.panel_scores(rows, d, count, d, columns, panels, bias, &scores, panels * 16)
            var best = [UInt32](repeating: 0, count: count + 1)
            var most = [Float](repeating: 0, count: count + 1)
            table.panel_best(rows, d, count, d, columns, panels, bias, &best, &most)
            for r in 0..<count {
                for c in 0..<panels * 16 {
                    let exact = (0..<d).reduce(Double(bias[c])) {
                        $0 + Double(rows[r * d + $1]) * Double(columns[(c / 16 * d + $1) * 16 + c % 16])
                    }
                    #expect(abs(Double(scores[r * panels * 16 + c]) - exact) < 1e-2, "seed \(seed)")
                }
                let row = scores[r * panels * 16..<(r + 1) * panels * 16]
                #expect(row.max() == most[r])
                #expect(row.firstIndex(of: most[r]) == r * panels * 16 + Int(best[r]))
            }
        }
    }

    @Test func lookupTablesAreTheScoresOfTheCodewordsInSteps() throws {
        let table = try scalar()
        for seed in UInt64(0)..<40 {
            var random = RandomSource(seed: seed)
            let subspaces = 2 * (1 + random.below(200))
            let begins = (0...subspaces).map { UInt32($0 * 3) }
            let query = PartitionKernelTests.floats(subspaces * 3, &random)
            let books = PartitionKernelTests.floats(subspaces * 48, &random)
            var work = [Float](repeating: 0, count: subspaces * 16)
            var tables = [UInt8](repeating: 0, count: subspaces * 16)
            var step: Float = 0
            var low: Float = 0
            var sum: Float = 0
            table.lookup_tables(query, books, begins, subspaces, 0, &work, &tables, &step, &low, &sum)
            #expect(tables.allSatisfy { $0 <= MK_TABLE_MOST })
            #expect(tables.contains(UInt8(MK_TABLE_MOST)) || sum / step > 31_900)
            var lows = 0.0
            var most = 0
            for m in 0..<subspaces {
                let entries = (0..<16).map { c in
                    (0..<3).reduce(0.0) {
                        $0 + Double(query[m * 3 + $1]) * Double(books[(m * 3 + $1) * 16 + c])
                    }
                }
                let least = entries.min() ?? 0
                lows += least
                for c in 0..<16 {
                    let restored = Double(tables[m * 16 + c]) * Double(step)
                    #expect(abs(restored - (entries[c] - least)) < 0.51 * Double(step), "seed \(seed)")
                }
                most += Int(tables[m * 16..<m * 16 + 16].max() ?? 0)
            }
            #expect(abs(Double(low) - lows) <= 1e-5 * max(1, abs(lows)) * Double(subspaces))
            #expect(most < 32_000 + subspaces, "16 bits hold the sum")
        }
    }

    @Test func recordScoresAreTheProductsOfWhatIsStored() throws {
        let table = try scalar()
        for stored in [4, 16, 20, 60, 128] {
            let world = RecordWorld(seed: 3, stored: stored, count: 20)
            for isFine in [false, true] {
                let scores = world.scores(table, isFine: isFine)
                for (i, position) in world.positions.enumerated() {
                    let record = Array(world.records[Int(position) * world.size..<(Int(position) + 1) * world.size])
                    let head = record.withUnsafeBytes { $0.load(as: mk_record.self) }
                    var dot = 0.0
                    for j in 0..<stored {
                        var value = Double(Int8(bitPattern: record[8 + j]))
                        if isFine {
                            let bits = (record[8 + stored + j / 4] >> UInt8(2 * (j % 4))) & 3
                            value += Double(bits) / 4 - 0.375
                        }
                        dot += Double(world.query[j]) * value
                    }
                    let exact =
                        Double(world.partitionScores[Int(head.partition)]) + Double(mk_record_scale(head)) * dot
                        + Double(head.exact)
                    #expect(abs(Double(scores[i]) - exact) < 1e-3)
                }
            }
        }
    }
}
