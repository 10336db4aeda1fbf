import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

@Suite struct ForestTests {
    /// Trees that fit into one piece, that do not, deep ones, single leaves: the bits of a walk over each.
    @Test(arguments: [1, 2, 3, 31, 32, 33, 64, 65, 200, 700]) func theSameBitsAsAWalk(_ leaves: Int) throws {
        for seed in 0..<6 as Range<UInt64> {
            var world = RandomForest(seed: seed, features: 1 + Int(seed) * 3)
            let trees = (0..<5).map { world.tree(leaves: $0 == 2 ? 1 : leaves, isDeep: seed == 3 || $0 == 4) }
            let forest = try RandomForest.forest(trees, features: world.features)
            for count in [0, 1, 15, 16, 17, 63, 64, 65, 150] {
                let rows = world.rows(count)
                let expected = (0..<count).map { RandomForest.walk(trees, rows.row($0)).bitPattern }
                #expect(forest.scores(of: rows).map(\.bitPattern) == expected, "\(leaves) leaves, \(count) rows")
            }
        }
    }

    /// The score is where it begins and what each feature changed, by the way from the mean of all to the leaf.
    @Test func contributionsAddUp() throws {
        for seed in 0..<20 as Range<UInt64> {
            var world = RandomForest(seed: seed, features: 4)
            let trees = (0..<8).map { world.tree(leaves: 1 + $0 * 9) }
            let forest = try RandomForest.forest(trees, features: 4)
            let rows = world.rows(20)
            let scores = forest.scores(of: rows)
            for row in 0..<20 {
                let terms = forest.contributions(of: rows, row: row)
                #expect(terms.count == 4)
                #expect(abs(terms.reduce(forest.bias, +) - scores[row]) < 1e-5)
            }
        }
    }

    /// One tree by hand: left (3 of 4 examples) 1, right -1, so that the mean is .5.
    @Test func contributionsByHand() throws {
        let tree = ForestBuilder.Tree(
            left: [1, -1, -1], right: [2, -1, -1], feature: [1, 0, 0], threshold: [2, 0, 0],
            missingLeft: [false, false, false], value: [0, 1, -1], cover: [4, 3, 1])
        let forest = try RandomForest.forest([tree], features: 2, base: 10)
        var rows = FeatureMatrix(names: forest.featureNames, rowCount: 3)
        rows.values = [9, 1.5, 9, 2, 9, .nan]
        let scores: [Float] = [11, 9, 9]
        #expect(forest.scores(of: rows) == scores)
        #expect(forest.bias == 10.5)
        let terms: [[Float]] = [[0, 0.5], [0, -1.5], [0, -1.5]]
        for row in 0..<3 { #expect(forest.contributions(of: rows, row: row) == terms[row]) }
        #expect(forest.splits.map(\.feature) == ["f1"] && forest.leafCount == 2)
    }

    @Test func noTreesAndNoFeatures() throws {
        let none = try RandomForest.forest([], features: 3, base: 1.5)
        #expect(none.scores(of: FeatureMatrix(names: none.featureNames, rowCount: 2)) == [1.5, 1.5])
        var world = RandomForest(seed: 1, features: 1)
        let leaf = world.tree(leaves: 1)
        let constant = try RandomForest.forest([leaf, leaf], features: 0, base: 1)
        let expected = 1 + leaf.value[0] + leaf.value[0]
        #expect(constant.scores(of: FeatureMatrix(names: [], rowCount: 2)) == [expected, expected])
    }

    /// Zeros that mean "not known" go where NaN goes, and are explained as such.
    @Test func zerosThatAreMissing() throws {
        var world = RandomForest(seed: 5, features: 3)
        let trees = (0..<4).map { _ in world.tree(leaves: 40) }
        let plain = try RandomForest.forest(trees, features: 3)
        let forest = Forest(
            featureNames: plain.featureNames, base: 0.25, zeroIsMissing: [false, true, false], nodes: plain.nodes)
        let rows = world.rows(100)
        var without = rows
        for row in 0..<100 where abs(rows[row, 1]) <= 1e-35 { without[row, 1] = .nan }
        #expect(without.values.count { $0.isNaN } > rows.values.count { $0.isNaN })
        #expect(forest.scores(of: rows) == plain.scores(of: without))
        #expect(forest.contributions(of: rows, row: 7) == plain.contributions(of: without, row: 7))
    }

    @Test func treesThatAreNone() {
        var world = RandomForest(seed: 2, features: 2)
        let good = world.tree(leaves: 4)
        var builder = ForestBuilder()
        #expect(builder.add(good) == nil)
        func problem(_ change: (inout ForestBuilder.Tree) -> Void) -> String? {
            var (tree, builder) = (good, ForestBuilder())
            change(&tree)
            return builder.add(tree)
        }
        #expect(problem { $0.left[0] = 0 } != nil, "a root that is its own child")
        #expect(problem { $0.right[0] = $0.left[0] } != nil, "a child of two")
        #expect(problem { $0.left[0] = 99 } != nil)
        #expect(problem { $0.left[0] = -2 } != nil)
        #expect(problem { $0.right[0] = -1 } != nil)
        #expect(problem { $0.feature[0] = -1 } != nil)
        #expect(problem { $0.value.removeLast() } != nil)
        #expect(throws: RankingError.self) { try RandomForest.forest([good], features: 1) }
        #expect(throws: RankingError.self) {
            try RandomForest.forest([world.tree(leaves: Forest.Nodes.depthLimit + 5, isDeep: true)], features: 2)
        }
    }
}

@Suite struct ForestFileTests {
    let folder: TemporaryFolder
    var url: URL { folder.file("ranker.home.safetensors") }
    let forest: Forest
    let rows: FeatureMatrix

    init() throws {
        folder = try TemporaryFolder()
        var world = RandomForest(seed: 9, features: 3)
        let trees = (0..<3).map { world.tree(leaves: 3 + 20 * $0) }
        let made = try RandomForest.forest(trees, features: 3)
        var forest = Forest(
            featureNames: ["é", "b", "c"], base: made.base, sigmoid: 0.5, zeroIsMissing: [false, true, false],
            nodes: made.nodes)
        forest.start = LinearRanker(
            featureNames: forest.featureNames, mean: [1, 0, -1], scale: [2, 1, 1], weight: [0.5, -2, 1],
            missing: [1, 0, -1], low: [-10, -10, 0], high: [10, 10, 1])
        self.forest = forest
        rows = world.rows(30)
    }

    private func asked(_ forest: Forest) -> FeatureMatrix {
        var matrix = FeatureMatrix(names: forest.featureNames, rowCount: rows.rowCount)
        for at in matrix.values.indices { matrix.values[at] = rows.values[at % rows.values.count] }
        return matrix
    }

    @Test func roundTrip() throws {
        try forest.write(to: url)
        let opened = try Forest(opening: url)
        #expect(opened.nodes == forest.nodes && opened.featureNames == forest.featureNames)
        #expect(opened.sigmoid == 0.5 && opened.zeroIsMissing == forest.zeroIsMissing)
        #expect(opened.scores(of: asked(opened)) == forest.scores(of: asked(forest)))
        // What it was grown on top of is in its scores, and in what explains them.
        var grown = forest
        grown.start = nil
        let (all, trees) = (asked(forest), grown.scores(of: asked(forest)))
        let sums = try #require(forest.start).scores(of: all)
        #expect(forest.scores(of: all) == zip(trees, sums).map(+) && Set(sums).count > 5)
        for row in 0..<all.rowCount {
            let told = forest.contributions(of: all, row: row).reduce(forest.bias, +)
            #expect(abs(told - forest.scores(of: all)[row]) < 1e-3 * max(1, abs(told)))
        }
        let bytes = try Data(contentsOf: url)
        try opened.write(to: url)
        #expect(try Data(contentsOf: url) == bytes)
    }

    /// Whoever opens a ranker need not know which it is.
    @Test func eitherKind() throws {
        try forest.write(to: url)
        #expect(try Rankers.open(url) is Forest)
        let linear = LinearRanker(
            featureNames: ["x"], mean: [0], scale: [1], weight: [1], missing: [0], low: [0], high: [1])
        try linear.write(to: url)
        let opened = try Rankers.open(url)
        #expect(opened is LinearRanker && opened.bias == 0)
        #expect(throws: ArtifactError.self) { try Forest(opening: url) }
        try Data("nothing".utf8).write(to: url)
        #expect(throws: ArtifactError.self) { try Rankers.open(url) }
    }

    @Test func damageIsAnErrorOrAnAnswer() throws {
        try forest.write(to: url)
        let original = try Data(contentsOf: url)
        var errors = 0
        func read() throws {
            let opened = try Forest(opening: url)
            let scores = opened.scores(of: asked(opened))
            #expect(scores.count == rows.rowCount)
            _ = opened.contributions(of: asked(opened), row: 0)
        }
        for length in stride(from: 0, to: original.count, by: 7) {
            try original.prefix(length).write(to: url)
            #expect(throws: (any Error).self, "cut at \(length)") { try read() }
        }
        for at in 0..<original.count {
            for change: UInt8 in [0x01, 0x80] {
                var bytes = original
                bytes[at] ^= change
                try bytes.write(to: url)
                do { try read() } catch {
                    errors += 1
                    #expect(!"\(error)".contains("\n"), "byte \(at)")
                }
            }
        }
        #expect(errors > 200)
    }

    /// Links and features out of range, written on purpose.
    @Test func numbersThatCannotBe() throws {
        func refused(_ change: (inout Forest.Nodes) -> Void) throws -> Bool {
            var nodes = forest.nodes
            change(&nodes)
            // Written past the initialiser, which would follow the links.
            var file = TensorFileWriter(kind: Forest.kind, layout: 2)
            file.add("features", strings: ["a", "b", "c"])
            Forest.add(base: 0, sigmoid: 0, zeroIsMissing: [false, false, false], nodes: nodes, to: &file)
            try file.write(to: url)
            do {
                _ = try Forest(opening: url)
                return false
            } catch { return error is RankingError || error is ArtifactError }
        }
        #expect(try !refused { _ in })
        let inner = try #require(forest.nodes.feature.firstIndex { $0 != Forest.Nodes.leaf })
        let leaf = try #require(forest.nodes.feature.firstIndex(of: Forest.Nodes.leaf))
        #expect(try refused { $0.feature[inner] = 3 })
        #expect(try refused { $0.feature[inner] = Forest.Nodes.leaf })
        #expect(try refused { $0.feature[leaf] = 0 })
        #expect(try refused { $0.right[inner] = 0 })
        #expect(try refused { $0.right[inner] = UInt32(inner) })
        #expect(try refused { $0.right[inner] += 1 })
        #expect(try refused { $0.right[inner] = .max })
        #expect(try refused { $0.right[leaf] = 1 })
        #expect(try refused { $0.threshold[inner] = .nan })
        #expect(try refused { $0.value[leaf] = .infinity })
        #expect(try refused { $0.trees[1] -= 1 })
        #expect(try refused { $0.trees[1] = 0 })
        #expect(try refused { $0.trees = [0, 999] })
        #expect(try refused { $0.trees = [] })
    }
}
