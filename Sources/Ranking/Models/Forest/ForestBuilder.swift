/// Trees in any order of nodes to the nodes of a ``Forest``: preorder, with the means of inner nodes.
struct ForestBuilder {
    /// A tree as other programs keep it: node 0 is the root, a child of -1 makes a leaf. Arrays are of one length.
    struct Tree {
        var left: [Int]
        var right: [Int]
        var feature: [Int]
        /// Left where x < threshold.
        var threshold: [Float]
        var missingLeft: [Bool]
        /// Of leaves; that of an inner node is not looked at.
        var value: [Float]
        /// What came by in training: rows, or their weight. Where both children have 0 they count alike.
        var cover: [Double]

        var isEven: Bool {
            [right.count, feature.count, threshold.count, missingLeft.count, value.count, cover.count]
                .allSatisfy { $0 == left.count }
        }
    }

    private(set) var nodes = Forest.Nodes()

    /// - Returns: nil, or what is wrong with the tree. Then the builder is of no more use.
    mutating func add(_ tree: Tree) -> String? {
        let number = nodes.treeCount
        guard tree.isEven else { return "tree \(number) has arrays of different lengths" }
        guard !tree.left.isEmpty else { return "tree \(number) has no node" }
        let first = nodes.count
        var isTaken = [Bool](repeating: false, count: tree.left.count)
        var cover: [Double] = []
        // Nodes still to come, and whose right child they are (-1 = nobody's).
        var open = [(node: 0, rightOf: -1)]
        while let (node, rightOf) = open.popLast() {
            guard tree.left.indices.contains(node) else { return "tree \(number) has no node \(node)" }
            guard !isTaken[node] else { return "tree \(number) comes twice to node \(node)" }
            isTaken[node] = true
            let place = nodes.count
            if rightOf >= 0 { nodes.right[rightOf] = UInt32(place) }
            let isLeaf = tree.left[node] == -1
            guard isLeaf == (tree.right[node] == -1) else { return "node \(node) of tree \(number) has one child" }
            nodes.right.append(0)
            nodes.missingLeft.append(isLeaf || !tree.missingLeft[node] ? 0 : 1)
            nodes.threshold.append(isLeaf ? 0 : tree.threshold[node])
            nodes.value.append(isLeaf ? tree.value[node] : 0)
            cover.append(tree.cover[node].isFinite ? max(tree.cover[node], 0) : 0)
            if isLeaf {
                nodes.feature.append(Forest.Nodes.leaf)
            } else {
                guard (0..<Int(Forest.Nodes.leaf)).contains(tree.feature[node]) else {
                    return "node \(node) of tree \(number) tests feature \(tree.feature[node])"
                }
                nodes.feature.append(UInt32(tree.feature[node]))
                open.append((tree.right[node], place))
                open.append((tree.left[node], -1))
            }
        }
        for place in (first..<nodes.count).reversed() where nodes.feature[place] != Forest.Nodes.leaf {
            let (left, right) = (place + 1, Int(nodes.right[place]))
            let (a, b) = (cover[left - first], cover[right - first])
            let share = a + b > 0 ? a / (a + b) : 0.5
            nodes.value[place] = Float(share * Double(nodes.value[left]) + (1 - share) * Double(nodes.value[right]))
        }
        nodes.trees.append(nodes.count)
        return nil
    }
}
