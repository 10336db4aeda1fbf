import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// What an index is made of, each against its definition.
@Suite struct IndexPartsTests {
    private static func shared(_ rows: [[Float]]) -> SharedRows {
        let d = rows.first?.count ?? 1
        let buffer = SharedBuffer<Float>(count: rows.count * d, repeating: 0)
        for (r, row) in rows.enumerated() { for j in 0..<d { buffer[r * d + j] = row[j] } }
        return SharedRows(
            pointer: UnsafePointer(buffer.pointer), stride: d, count: rows.count, dimension: d, owner: buffer)
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private static func rows(_ values: [Float], _ d: Int) -> [[Float]] {
        stride(from: 0, to: values.count, by: d).map { Array(values[$0..<$0 + d]) }
    }

    // MARK: Exact neighbours

    /// Small whole numbers: sums are exact, and equal scores frequent.
    @Test(arguments: UInt64(0)..<12) func exactNeighbours(seed: UInt64) {
        var random = RandomSource(seed: seed, 0x30)
        let d = 1 + random.below(20)
        let counts = [1, 5, 255, 256, 300]
        let count: Int = counts[random.below(5)]
        let rows = (0..<count).map { _ in (0..<d).map { (_: Int) -> Float in Float(random.below(7) - 3) } }
        let asked: Int = [1, 16, 70][random.below(3)]
        let queries = (0..<asked).map { _ in (0..<d).map { (_: Int) -> Float in Float(random.below(7) - 3) } }
        let halves = seed % 2 == 0 ? nil : rows.map { Float(Self.dot($0, $0) / 2) }
        let skipping: [Int]? = seed % 3 == 0 ? queries.map { _ in random.below(count) } : nil
        let k: Int = [1, 10, 400][random.below(3)]
        for threads in [1, 3] {
            let found = ExactNeighbours.find(
                queries: Self.shared(queries), in: Self.shared(rows), halfSquares: halves, k: { $0 % 4 == 3 ? 2 : k },
                skipping: skipping,
                threads: threads)
            #expect(found.count == queries.count)
            for (q, query) in queries.enumerated() {
                var all: [Scored] = []
                for (r, row) in rows.enumerated() where r != skipping?[q] {
                    all.append(Scored(item: UInt32(r), score: Float(Self.dot(query, row)) - (halves?[r] ?? 0)))
                }
                #expect(found[q] == all.sorted().prefix(q % 4 == 3 ? 2 : k).map(\.item), "seed \(seed), query \(q)")
            }
        }
    }

    // MARK: Product code

    /// The same error as the best of all ways to cut.
    @Test(arguments: UInt64(0)..<40) func runsAreTheBestCut(seed: UInt64) {
        var random = RandomSource(seed: seed, 0x31)
        let d = 1 + random.below(8)
        let subspaces = 2 + 2 * random.below(2)
        let variances = (0..<d).map { _ in random.below(5) == 0 ? 0 : Double(random.uniform()) * 4 }
            .sorted(by: seed % 2 == 0 ? (>) : (<))
        let factors = [0, 2.9, 1.75, 1.6, 1.45, 1.35, 1.3, 1.25, 1.2]
        func error(_ range: Range<Int>) -> Double {
            let g = Double(range.count)
            guard !range.isEmpty else { return 0 }
            let product = variances[range].reduce(1) { $0 * max($1, 1e-30) }
            let part = variances[range].reduce(1) { $0 * max($1, 1e-60).squareRoot() }
            let mean = root(product > 1e-300 ? product : part * part, range.count)
            return min(variances[range].reduce(0, +), factors[range.count] * g * mean * root(1.0 / 256, range.count))
        }
        var errors: [Range<Int>: Double] = [:]
        for i in 0...d { for j in i...d { errors[i..<j] = error(i..<j) } }
        func best(from: Int, _ left: Int) -> Double {
            if left == 1 { return errors[from..<d] ?? 0 }
            return (from...d).map { (errors[from..<$0] ?? 0) + best(from: $0, left - 1) }.min() ?? .infinity
        }
        let begins = ProductCode.runs(variances, subspaces: subspaces).map { Int($0) }
        #expect(begins.count == subspaces + 1 && begins.first == 0 && begins.last == d && begins == begins.sorted())
        let total = (0..<subspaces).reduce(0) { $0 + error(begins[$1]..<begins[$1 + 1]) }
        let least = best(from: 0, subspaces)
        #expect(total <= least * (1 + 1e-9) + 1e-12, "seed \(seed): \(begins) has \(total), not \(least)")
    }

    /// x^(1/n) by halving.
    private func root(_ x: Double, _ n: Int) -> Double {
        var (low, high) = (0.0, max(x, 1))
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if (0..<n).reduce(1, { product, _ in product * middle }) < x { low = middle } else { high = middle }
        }
        return high
    }

    @Test func runsOfManyCoordinates() {
        for (d, subspaces) in [(1, 2), (2, 1_024), (128, 2), (128, 64), (500, 10), (64, 64)] {
            let variances = (0..<d).map { 1 / Double(1 + $0) }
            let begins = ProductCode.runs(variances, subspaces: subspaces).map { Int($0) }
            #expect(begins.count == subspaces + 1 && begins.first == 0 && begins.last == d && begins == begins.sorted())
            let longest = max(ProductCode.longestRun, (d + subspaces - 1) / subspaces)
            #expect(zip(begins, begins.dropFirst()).allSatisfy { $1 - $0 <= longest })
        }
    }

    // MARK: k-means

    @Test(arguments: UInt64(0)..<6) func kMeans(seed: UInt64) {
        var random = RandomSource(seed: seed, 0x32)
        let d = 1 + random.below(9)
        let count = 40 + random.below(300)
        let clusters = 1 + random.below(20)
        let rows = (0..<count).map { _ in (0..<d).map { _ in random.uniform() + Float(random.below(3)) } }
        let shared = Self.shared(rows)
        var errors: [Double] = []
        for iterations in 0..<5 {
            let centroids = KMeans.fit(
                rows: shared, clusters: clusters, iterations: iterations, seed: seed, threads: 1)
            #expect(
                KMeans.fit(rows: shared, clusters: clusters, iterations: iterations, seed: seed, threads: 3)
                    == centroids)
            let assigned = KMeans.assign(shared, to: Columns(centroids, dimension: d), threads: 2)
            let columns = Self.rows(centroids, d)
            var total = 0.0
            for (r, row) in rows.enumerated() {
                let distances = columns.map { column in
                    zip(row, column).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
                }
                let least = distances.min() ?? 0
                let own = distances[Int(assigned[r])]
                #expect(own <= least + 1e-4, "row \(r)")
                total += own
            }
            errors.append(total)
        }
        // Lloyd's rounds never make it worse.
        for (before, after) in zip(errors, errors.dropFirst()) { #expect(after <= before * (1 + 1e-4) + 1e-6) }
    }

    @Test func kMeansOfCopiesAndOfAsManyClustersAsRows() {
        let copies = [[Float]](repeating: [2, -1, 0.5], count: 60)
        let centroids = KMeans.fit(rows: Self.shared(copies), clusters: 20, iterations: 4, seed: 1, threads: 2)
        for row in Self.rows(centroids, 3) {
            for (a, b) in zip(row, copies[0]) { #expect(abs(a - b) <= abs(b) / 50) }
        }
        let rows = (0..<30).map { [Float($0), Float($0 * $0 % 7)] }
        let all = KMeans.fit(rows: Self.shared(rows), clusters: 30, iterations: 3, seed: 2, threads: 2)
        #expect(Set(Self.rows(all, 2)) == Set(rows))
    }

    @Test func distinctNumbers() {
        for seed in UInt64(0)..<50 {
            var random = RandomSource(seed: seed, 0x33)
            let n = 1 + random.below(40)
            let count = random.below(n + 1)
            let found = KMeans.distinct(count, of: n, using: &random)
            #expect(found.count == count && Set(found).count == count && found.allSatisfy { (0..<n).contains($0) })
        }
    }

    // MARK: Axes

    @Test(arguments: [(2, 2), (5, 3), (17, 17), (70, 8)])
    func principalAxes(_ d: Int, _ axes: Int) {
        var random = RandomSource(seed: UInt64(d), 0x34)
        // Coordinate j is the sum of the first few parts: correlated, of very unequal variance.
        let rows = (0..<300).map { _ -> [Float] in
            let parts = (0..<d).map { 3 / Float(1 + $0) * (random.uniform() + random.uniform() - 0.9) }
            return (0..<d).map { j in parts[j] + 0.5 * parts[(j + 1) % d] - 0.25 * parts[0] }
        }
        let shared = Self.shared(rows)
        let found = Self.rows(PrincipalAxes.fit(rows: shared, axes: axes, seed: 1, threads: 2), d)
        #expect(PrincipalAxes.fit(rows: shared, axes: axes, seed: 1, threads: 1) == found.flatMap { $0 })
        #expect(found.count == axes)
        var energies: [Double] = []
        for (a, axis) in found.enumerated() {
            for (b, other) in found.enumerated() {
                #expect(abs(Self.dot(axis, other) - (a == b ? 1 : 0)) < 1e-5, "axes \(a) and \(b)")
            }
            energies.append(rows.reduce(0) { $0 + Self.dot($1, axis) * Self.dot($1, axis) })
        }
        let total = rows.reduce(0) { $0 + Self.dot($1, $1) }
        let sum = energies.reduce(0, +)
        if axes == d { #expect(abs(sum - total) < 1e-4 * total) }
        for (before, after) in zip(energies, energies.dropFirst()) { #expect(after <= before * (1 + 1e-3)) }
        // No axis among many has more than the first, no one across the kept ones more than the last.
        for _ in 0..<20 {
            var other = (0..<d).map { _ in random.uniform() - 0.5 }
            func energy() -> Double {
                rows.reduce(0) { $0 + Self.dot($1, other) * Self.dot($1, other) } / Self.dot(other, other)
            }
            #expect(energy() <= energies[0] * (1 + 1e-4))
            for axis in found {
                let along = Float(Self.dot(other, axis))
                for j in 0..<d { other[j] -= along * axis[j] }
            }
            if axes < d { #expect(energy() <= energies[axes - 1] * 1.02) }
        }
    }

    // MARK: Ranked keys

    @Test(arguments: UInt64(0)..<30) func rankedKeysSortLikeScored(seed: UInt64) {
        var random = RandomSource(seed: seed, 0x35)
        let odd: [Float] = [0, -0.0, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 3e38, -3e38]
        let entries = (0..<random.below(300)).map { _ in
            let score = random.below(3) == 0 ? odd[random.below(8)] : random.uniform() * 2 - 1
            return Scored(item: random.below(9) == 0 ? .max : UInt32(random.below(50)), score: score)
        }
        for entry in entries {
            let key = RankedKey.key(entry.score, entry.item)
            #expect(RankedKey.item(key) == entry.item && RankedKey.score(key) == entry.score)
            #expect(!(RankedKey.score(key) == 0 && RankedKey.score(key).sign == .minus))
        }
        let sorted = entries.sorted()
        for k in [0, 1, 2, 7, 40, 49, 100, entries.count, entries.count + 5] {
            var keys = entries.map { RankedKey.key($0.score, $0.item) }
            let found = keys.withUnsafeMutableBufferPointer { Array(RankedKey.sortFirst(k, of: $0)) }
            #expect(
                found.map { Scored(item: RankedKey.item($0), score: RankedKey.score($0)) } == Array(sorted.prefix(k)),
                "seed \(seed), k \(k)")
            #expect(keys.sorted() == entries.map { RankedKey.key($0.score, $0.item) }.sorted())
        }
    }
}
