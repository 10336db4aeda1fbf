import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct ALSTests {
    static func options(_ dimensions: Int = 8) -> ALSOptions {
        var options = ALSOptions()
        options.dimensions = dimensions
        options.regularization = 0.5
        options.confidence = 4
        return options
    }

    @Test func aMatrixAddsUpAndTurns() {
        var log = World.interactions([[3, 1, 3], [], [0, 1]], itemCount: 5)
        log.append(seq: 9, user: 1, item: 4, time: 0, weight: 2, isPositive: false)
        log.append(seq: 10, user: 2, item: 1, time: 0, weight: 0.5, isPositive: true)
        let matrix = ConfidenceMatrix(of: log, scale: 2)
        func cells(_ matrix: ConfidenceMatrix, _ row: Int) -> [[Float]] {
            matrix.cells(of: row).map { [Float(matrix.ids[$0]), matrix.weights[$0]] }
        }
        #expect((0..<3).map { cells(matrix, $0) } == [[[1, 2], [3, 4]], [], [[0, 2], [1, 3]]])
        let turned = matrix.transposed
        #expect((turned.rowCount, turned.columnCount, turned.cellCount) == (5, 3, 4))
        #expect((0..<5).map { cells(turned, $0) } == [[[2, 2]], [[0, 2], [2, 3]], [], [[0, 4]], []])
    }

    /// Each user's factors are the exact minimum given the items', and each item's given the users': with steps enough the
    /// kernel agrees with a dense solution in doubles.
    @Test(arguments: [1, 16, 20, 140]) func solvesWhatItSays(dimension: Int) {
        var random = RandomSource(seed: UInt64(dimension))
        let stride = SkipGramKernel.stride(for: dimension)
        let (items, lambda) = (30, 0.7)
        let rows = SharedBuffer<Float>(count: items * stride, repeating: 0)
        for item in 0..<items {
            for i in 0..<dimension { rows[item * stride + i] = random.uniform() - 0.5 }
        }
        let gram = ALSTrainer.gram(rows, stride: stride, count: items, threads: 2)
        for i in 0..<dimension { gram[i * stride + i] += Float(lambda) }
        let offsets = [0, 3, 3, 10, 11, 26]
        let ids = (0..<26).map { _ in UInt32(random.below(items)) }
        let weights = (0..<26).map { _ in random.uniform() * 3 }
        let x = SharedBuffer<Float>(count: 5 * stride, repeating: 0)
        for i in 0..<dimension { x[stride + i] = 1 }
        let work = SharedBuffer<Float>(count: LeastSquaresKernel.workCount(stride: stride), repeating: 9)
        LeastSquaresKernel.solve(
            rows: rows.pointer, stride: stride, dimension: dimension, gram: gram.pointer, offsets: offsets, count: 5,
            ids: ids, weights: weights, x: x.pointer, steps: 200, work: work.pointer)
        for row in 0..<5 {
            // The residual of the normal equations, in doubles.
            for i in 0..<dimension {
                var left = 0.0
                for j in 0..<dimension { left += Double(gram[i * stride + j]) * Double(x[row * stride + j]) }
                for entry in offsets[row]..<offsets[row + 1] {
                    let item = Int(ids[entry])
                    let score = (0..<dimension).reduce(0.0) {
                        $0 + Double(rows[item * stride + $1]) * Double(x[row * stride + $1])
                    }
                    let weight = Double(weights[entry])
                    left += (weight * score - (1 + weight)) * Double(rows[item * stride + i])
                }
                if offsets[row] == offsets[row + 1] { left = Double(x[row * stride + i]) }
                #expect(abs(left) < 1e-4, "row \(row), \(i)")
            }
        }
    }

    /// implicit's checkerboard: users of a colour like all items of it but their own number's.
    @Test func completesTheCheckerboard() throws {
        let size = 40
        let histories = (0..<size).map { user in
            (0..<size).filter { $0 % 2 == user % 2 && $0 != user }.map { ItemIndex($0) }
        }
        let log = World.interactions(histories, itemCount: size)
        // As many dimensions as the board has: one more would learn somebody's own number by heart.
        let options = Self.options(2)
        let model = ALSTrainer.train(on: log, options: options, seed: 1, threads: 2).model
        let folder = try TemporaryFolder()
        _ = try EmbeddingTable.build(
            from: model, popularity: log.positivesPerItem(),
            fold: .leastSquares(regularization: options.regularization, confidence: options.confidence),
            options: Self.table,
            to: folder.file("embeddings"))
        let retriever = try EmbeddingRetriever(opening: folder.file("embeddings"), itemCount: size)
        for user in 0..<size {
            let query = World.query(histories[user], excluding: histories[user], itemCount: size)
            let found = retriever.candidates(for: query, limit: 1, deadline: .none)
            #expect(found.map(\.item) == [ItemIndex(user)])
            #expect(abs(found[0].score - 1) < 0.05, "\(found[0].score)")
        }
    }

    static var fold: HistoryFold { .leastSquares(regularization: options().regularization, confidence: 4) }

    static var table: EmbeddingTableOptions {
        var table = EmbeddingTableOptions()
        (table.popularityWeight, table.recencyDecay) = (0, 1)
        return table
    }

    /// A newcomer with a known user's history gets that user's factors: training's last half step, from zeros.
    @Test func foldingInIsTraining() throws {
        let world = World.Planted()
        var options = Self.options()
        options.epochs = 30
        let model = ALSTrainer.train(on: world.interactions, options: options, seed: 1, threads: 1).model
        let folder = try TemporaryFolder()
        _ = try EmbeddingTable.build(
            from: model, popularity: world.interactions.positivesPerItem(), fold: Self.fold, options: Self.table,
            to: folder.file("embeddings"))
        let table = try EmbeddingTable(opening: folder.file("embeddings"))
        let d = options.dimensions
        var matrix = [Double](repeating: 0, count: d * d)
        for item in 0..<world.itemCount {
            for cell in 0..<d * d {
                matrix[cell] += Double(model.output[item * d + cell / d]) * Double(model.output[item * d + cell % d])
            }
        }
        for i in 0..<d { matrix[i * d + i] += options.regularization }
        for history in world.histories.prefix(10) {
            var left = matrix
            var right = [Double](repeating: 0, count: d)
            for item in history {
                let y = (0..<d).map { Double(model.output[Int(item) * d + $0]) }
                for cell in 0..<d * d { left[cell] += 4 * y[cell / d] * y[cell % d] }
                for i in 0..<d { right[i] += 5 * y[i] }
            }
            let exact = PositiveDefinite.solve(left, right)
            let query = try #require(table.query(for: World.query(history, itemCount: world.itemCount).history))
            #expect(query.count == d + 1 && query[d] == 1)
            for i in 0..<d { #expect(abs(Double(query[i]) - exact[i]) < 1e-3, "\(query[i]) \(exact[i])") }
        }
        #expect(table.query(for: []) == nil)
        #expect(table.query(for: [Interest(item: world.unknown, time: .distantPast)]) == nil)
    }

    @Test func threadsLeaveNoTrace() {
        let log = World.random(seed: 4, users: 2_500, itemCount: 1_200)
        let models = [1, 2, 5].map {
            ALSTrainer.train(on: log, options: Self.options(20), seed: 3, threads: $0).model.input.map(\.bitPattern)
        }
        #expect(models[0] == models[1] && models[0] == models[2])
        let other = ALSTrainer.train(on: log, options: Self.options(20), seed: 4, threads: 1).model
        #expect(other.input.map(\.bitPattern) != models[0])
    }

    /// Nothing, one event, an item that nobody likes, weights of zero: answers, no traps, no NaN.
    @Test func littleToLearnFrom() {
        for (log, known) in [
            (Interactions(users: [], itemCount: 0), 0), (Interactions(users: [], itemCount: 3), 0),
            (World.interactions([[2]], itemCount: 4), 1), (World.interactions([[], [0, 0, 0]], itemCount: 1), 1),
        ] {
            let result = ALSTrainer.train(on: log, options: Self.options(), seed: 1, threads: 2)
            #expect(result.model.counts.filter { $0 > 0 }.count == known)
            #expect(result.model.input.allSatisfy { $0.isFinite })
            #expect((result.model.input.contains { $0 != 0 }) == (known > 0))
        }
        var weightless = Interactions(users: [UserKey(1)], itemCount: 2)
        weightless.append(seq: 1, user: 0, item: 1, time: 0, weight: 0, isPositive: true)
        let model = ALSTrainer.train(on: weightless, options: Self.options(), seed: 1, threads: 1).model
        #expect(model.input.allSatisfy { $0.isFinite })
    }
}

/// Small dense systems, by elimination: the tests' own way, as slow as it is plain.
private enum PositiveDefinite {
    static func solve(_ matrix: [Double], _ right: [Double]) -> [Double] {
        var (a, b) = (matrix, right)
        let n = b.count
        for k in 0..<n {
            for i in k + 1..<max(n, k + 1) {
                let factor = a[i * n + k] / a[k * n + k]
                for j in k..<n { a[i * n + j] -= factor * a[k * n + j] }
                b[i] -= factor * b[k]
            }
        }
        for i in (0..<n).reversed() {
            for j in i + 1..<max(n, i + 1) { b[i] -= a[i * n + j] * b[j] }
            b[i] /= a[i * n + i]
        }
        return b
    }
}
