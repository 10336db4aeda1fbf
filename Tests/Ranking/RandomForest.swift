import MagpieDomain
import MagpieKernels

@testable import MagpieRanking

/// Forests and rows from a seed, and the slow way to score them.
struct RandomForest {
    var random: RandomSource
    let features: Int

    init(seed: UInt64, features: Int) {
        random = RandomSource(seed: seed, UInt64(features))
        self.features = features
    }

    /// A few values, so that rows often meet a threshold exactly.
    mutating func value() -> Float { Float(random.below(17) - 8) / 4 }

    /// A tree of so many leaves, grown by splitting a random leaf; or the newest, which makes it deep.
    mutating func tree(leaves: Int, isDeep: Bool = false) -> ForestBuilder.Tree {
        var tree = ForestBuilder.Tree(
            left: [-1], right: [-1], feature: [0], threshold: [0], missingLeft: [false], value: [0], cover: [1])
        var ends = [0]
        while ends.count < leaves {
            let place = isDeep ? ends.count - 1 : random.below(ends.count)
            let node = ends.remove(at: place)
            tree.left[node] = tree.left.count
            tree.right[node] = tree.left.count + 1
            if random.below(2) == 0 { swap(&tree.left[node], &tree.right[node]) }
            tree.feature[node] = random.below(features)
            tree.threshold[node] = value()
            tree.missingLeft[node] = random.below(2) == 0
            for _ in 0..<2 {
                ends.append(tree.left.count)
                tree.left.append(-1)
                tree.right.append(-1)
                tree.feature.append(0)
                tree.threshold.append(0)
                tree.missingLeft.append(false)
                tree.value.append(0)
                tree.cover.append(Double(random.below(5)))
            }
        }
        for leaf in ends { tree.value[leaf] = random.uniform() - 0.5 }
        return tree
    }

    mutating func rows(_ count: Int) -> FeatureMatrix {
        var matrix = FeatureMatrix(names: Self.names(features), rowCount: count)
        for at in matrix.values.indices {
            switch random.below(12) {
            case 0, 1: matrix.values[at] = .nan
            case 2: matrix.values[at] = random.below(2) == 0 ? .infinity : -.infinity
            case 3: matrix.values[at] = -0.0
            default: matrix.values[at] = value()
            }
        }
        return matrix
    }

    static func names(_ count: Int) -> [String] { (0..<count).map { "f\($0)" } }

    static func forest(_ trees: [ForestBuilder.Tree], features: Int, base: Float = 0.25) throws -> Forest {
        var builder = ForestBuilder()
        for tree in trees {
            if let problem = builder.add(tree) { throw RankingError.model(file: "", detail: problem) }
        }
        if let problem = builder.nodes.problem(features: features) {
            throw RankingError.model(file: "", detail: problem)
        }
        return Forest(featureNames: names(features), base: base, nodes: builder.nodes)
    }

    /// From the root to a leaf, tree after tree, over the tree as it was given.
    static func walk(_ trees: [ForestBuilder.Tree], _ row: ArraySlice<Float>, base: Float = 0.25) -> Float {
        var score = base
        for tree in trees {
            var node = 0
            while tree.left[node] >= 0 {
                let x = row[row.startIndex + tree.feature[node]]
                let isLeft = x.isNaN ? tree.missingLeft[node] : x < tree.threshold[node]
                node = isLeft ? tree.left[node] : tree.right[node]
            }
            score += tree.value[node]
        }
        return score
    }
}
