import CKernels
import MagpieKernels
import Testing

/// Every instruction set against the specification (scalar.c), and the specification against a naive sum.
@Suite struct InstructionSetTests {
    static let others: [String] = ["avx2", "avx512", "neon"].filter { mk_table_named($0) != nil }

    static func table(_ name: String) throws -> mk_table {
        try #require(mk_table_named(name)).pointee
    }

    static func floats(_ count: Int, _ random: inout RandomSource, scale: Float = 1) -> [Float] {
        (0..<count).map { _ in (random.uniform() - 0.5) * scale }
    }

    @Test func anUnknownNameHasNoTable() {
        #expect(mk_table_named("abacus") == nil)
        #expect(["scalar", "avx2", "avx512", "neon"].contains(VectorKernels.instructionSet))
    }

    @Test(arguments: others) func scoresHaveTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for d in Array(0...70) + [127, 300, 1024] {
            var random = RandomSource(seed: 1, UInt64(d))
            let stride = d + Int(random.next() % 5)
            let rows = Self.floats(5 * stride + 1, &random, scale: 1e3)
            let query = Self.floats(d + 1, &random)
            let ids: [UInt32] = [4, 0, 2]
            var a = [Float](repeating: 9, count: 8)
            var b = a
            scalar.scores(query, rows, stride, 5, d, &a)
            fast.scores(query, rows, stride, 5, d, &b)
            #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "d = \(d)")
            #expect(a[5] == 9, "wrote past the end")
            scalar.scores_at(query, rows, stride, ids, 3, d, &b)
            #expect([a[4], a[0], a[2]] == Array(b[..<3]))
            fast.scores_at(query, rows, stride, ids, 3, d, &b)
            #expect([a[4], a[0], a[2]] == Array(b[..<3]))
        }
    }

    @Test(arguments: others) func squaredDistancesHaveTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for d in Array(0...70) + [127, 300] {
            var random = RandomSource(seed: 5, UInt64(d))
            let stride = d + Int(random.next() % 5)
            let rows = Self.floats(9 * stride + 1, &random)
            let query = Self.floats(d + 1, &random)
            let mean = Self.floats(d + 1, &random)
            let ids: [UInt32] = [8, 0, 2, 2, 7, 1]
            var work = [Float](repeating: 0, count: d + 1)
            var a = [Float](repeating: 9, count: 7)
            var b = a
            scalar.squared_distances_at(query, mean, rows, stride, ids, 6, d, &work, &a)
            fast.squared_distances_at(query, mean, rows, stride, ids, 6, d, &work, &b)
            #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "d = \(d)")
            #expect(a[6] == 9 && work[d] == 0, "wrote past the end")
            for (i, id) in ids.enumerated() {
                var sum = 0.0
                for j in 0..<d {
                    let difference = Double(query[j]) - (Double(rows[Int(id) * stride + j]) - Double(mean[j]))
                    sum += difference * difference
                }
                #expect(abs(Double(a[i]) - sum) <= 1e-5 * max(sum, 1), "d = \(d)")
            }
        }
    }

    @Test(arguments: others) func axpyAndNormaliseHaveTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for d in 0...70 {
            var random = RandomSource(seed: 2, UInt64(d))
            let x = Self.floats(d + 1, &random)
            let start = Self.floats(3 * d + 1, &random)
            var a = start
            var b = start
            scalar.axpy(0.3, x, &a, d)
            fast.axpy(0.3, x, &b, d)
            #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "axpy d = \(d)")
            scalar.normalise(&a, d, 3, d)
            fast.normalise(&b, d, 3, d)
            #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "normalise d = \(d)")
            #expect(a.last == start.last, "wrote past the end")
        }
    }

    @Test(arguments: others) func skipGramHasTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for seed in UInt64(0)..<12 {
            #expect(Self.skipGram(scalar, seed: seed) == Self.skipGram(fast, seed: seed), "seed \(seed)")
        }
    }

    static func skipGram(_ table: mk_table, seed: UInt64) -> [UInt32] {
        var random = RandomSource(seed: seed)
        let items = 7
        let stride = 16 * (1 + random.below(5))
        var input = floats(items * stride, &random, scale: seed % 3 == 0 ? 9 : 1)
        var output = floats(items * stride, &random)
        let dimension = stride - random.below(16)
        for row in 0..<items {
            for i in dimension..<stride { (input[row * stride + i], output[row * stride + i]) = (0, 0) }
        }
        var work = [Float](repeating: 5, count: SkipGramKernel.workCount(stride: stride))
        let inputs = (0..<40).map { _ in UInt32(random.below(items)) }
        let outputs = (0..<40).map { _ in UInt32(random.below(items)) }
        let noise = AliasTable([3, 1, 2])
        let rows: [UInt32] = [5, 1, 0]
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                work.withUnsafeMutableBufferPointer { work in
                    inputs.withUnsafeBufferPointer { inputs in
                        outputs.withUnsafeBufferPointer { outputs in
                            rows.withUnsafeBufferPointer { rows in
                                noise.threshold.withUnsafeBufferPointer { threshold in
                                    noise.alias.withUnsafeBufferPointer { alias in
                                        var bucket = mk_skip_gram_bucket(
                                            in: input.baseAddress, out: output.baseAddress, stride: stride,
                                            dimension: dimension, work: work.baseAddress, inputs: inputs.baseAddress,
                                            outputs: outputs.baseAddress, count: inputs.count, rate: 0.1,
                                            negatives: UInt32(seed % 12 * seed % 47), noise_count: seed == 7 ? 0 : 3,
                                            noise_rows: rows.baseAddress, noise_threshold: threshold.baseAddress,
                                            noise_alias: alias.baseAddress, random: seed)
                                        table.skip_gram(&bucket)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return (input + output).map(\.bitPattern)
    }

    @Test(arguments: others) func leastSquaresHaveTheSameBits(_ name: String) throws {
        let scalar = try Self.table("scalar")
        let fast = try Self.table(name)
        for seed in UInt64(0)..<12 {
            #expect(Self.leastSquares(scalar, seed: seed) == Self.leastSquares(fast, seed: seed), "seed \(seed)")
        }
    }

    static func leastSquares(_ table: mk_table, seed: UInt64) -> [UInt32] {
        var random = RandomSource(seed: seed, 4)
        let items = 40
        // From 16 to 160 floats: those that stay in registers and those that do not.
        let stride = 16 * (1 + Int(seed) % 10)
        let dimension = stride - random.below(16)
        var rows = floats(items * stride, &random)
        for row in 0..<items { for i in dimension..<stride { rows[row * stride + i] = 0 } }
        var gram = [Float](repeating: 0, count: stride * stride)
        table.gram(rows, stride, items, &gram)
        for i in 0..<dimension { gram[i * stride + i] += 0.5 }
        let lengths = (0..<9).map { _ in random.below(12) }
        var offsets = [0]
        for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
        let entries = offsets[offsets.count - 1]
        let ids = (0..<entries).map { _ in UInt32(random.below(items)) }
        let weights = (0..<entries).map { _ in random.uniform() * 5 }
        var x = floats(lengths.count * stride, &random)
        for row in lengths.indices { for i in dimension..<stride { x[row * stride + i] = 0 } }
        var work = [Float](repeating: 5, count: LeastSquaresKernel.workCount(stride: stride))
        let (count, steps) = (lengths.count, UInt32(3))
        x.withUnsafeMutableBufferPointer { x in
            work.withUnsafeMutableBufferPointer { work in
                rows.withUnsafeBufferPointer { rows in
                    gram.withUnsafeBufferPointer { gram in
                        offsets.withUnsafeBufferPointer { offsets in
                            ids.withUnsafeBufferPointer { ids in
                                weights.withUnsafeBufferPointer { weights in
                                    var problem = mk_least_squares(
                                        rows: rows.baseAddress, stride: stride, dimension: dimension,
                                        gram: gram.baseAddress, offsets: offsets.baseAddress, ids: ids.baseAddress,
                                        weights: weights.baseAddress, count: count, x: x.baseAddress, steps: steps,
                                        work: work.baseAddress)
                                    table.least_squares(&problem)
                                }
                            }
                        }
                    }
                }
            }
        }
        return (gram + x).map(\.bitPattern)
    }

    @Test func dotIsTheSumOfProducts() {
        for d in 0...200 {
            var random = RandomSource(seed: 3, UInt64(d))
            let a = Self.floats(d, &random)
            let b = Self.floats(d, &random)
            let exact = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(Double(VectorKernels.dot(a, b)) - exact) < 1e-5)
        }
    }

    @Test func normaliseGivesLengthOneAndKeepsZero() {
        var vector: [Float] = [3, 0, 4]
        VectorKernels.normalise(&vector)
        #expect(vector == [0.6, 0, 0.8])
        var zero = [Float](repeating: 0, count: 5)
        VectorKernels.normalise(&zero)
        #expect(zero == [0, 0, 0, 0, 0])
    }
}
