import MagpieKernels

/// Cuts trees into pieces of at most 32 leaves, which is what ``ForestKernels`` can hold in a register.
///
/// From the leaves up: where the leaves below a node would be more than 32, its larger subtree becomes a piece of its
/// own, and a leaf of value 0 stands for it. A piece begins with the tests on the way from the root of the tree down to
/// its own root; a row that leaves that way at any of them keeps no leaf of the piece and gets 0 from it. So every row
/// gets a leaf of exactly one piece of a tree, and adding the zeros of the others changes no bit.
///
/// A tree of 64 leaves, six tests deep, becomes two pieces of 32 leaves, 31 tests and one on the way.
enum ForestPieces {
    static func pieces(of nodes: Forest.Nodes, base: Float) -> ForestKernels.Pieces {
        var result = ForestKernels.Pieces()
        result.base = base
        let used = Set(nodes.feature).subtracting([Forest.Nodes.leaf]).sorted()
        result.columns = used
        let slots = Dictionary(used.enumerated().map { ($1, UInt32($0)) }) { first, _ in first }
        var cutter = Cutter(nodes: nodes, slots: slots)
        for tree in 0..<nodes.treeCount {
            cutter.cut(nodes.trees[tree]..<nodes.trees[tree + 1]) { tests, ends, leaves in
                let first = UInt32(result.tests.count)
                result.tests += tests
                result.leaves += leaves
                result.leaves += [Float](repeating: 0, count: ForestKernels.leaves - leaves.count)
                result.pieces.append(
                    .init(first: first, ends: (first + ends[0], first + ends[1], first + ends[2], first + ends[3])))
            }
        }
        return result
    }
}

private struct Cutter {
    let nodes: Forest.Nodes
    let slots: [UInt32: UInt32]
    /// Of the tree at hand, by node less its first: the leaves below it within its piece, whether it begins a piece,
    /// and its parent.
    private var leaves: [Int] = []
    private var isCut: [Bool] = []
    private var parent: [Int] = []
    private var first = 0
    /// Of the piece at hand: tests by kind, in the order of `mk_forest_piece`.
    private var tests: [[ForestKernels.Test]] = []
    private var values: [Float] = []

    init(nodes: Forest.Nodes, slots: [UInt32: UInt32]) {
        self.nodes = nodes
        self.slots = slots
    }

    /// Calls `take` once a piece: its tests, where each of the four kinds ends, its leaves.
    mutating func cut(_ tree: Range<Int>, _ take: ([ForestKernels.Test], [UInt32], [Float]) -> Void) {
        first = tree.lowerBound
        leaves = [Int](repeating: 1, count: tree.count)
        isCut = [Bool](repeating: false, count: tree.count)
        parent = [Int](repeating: -1, count: tree.count)
        for node in tree.reversed() where nodes.feature[node] != Forest.Nodes.leaf {
            let (left, right) = (node + 1, Int(nodes.right[node]))
            parent[left - first] = node
            parent[right - first] = node
            func seen(_ child: Int) -> Int { isCut[child - first] ? 1 : leaves[child - first] }
            while seen(left) + seen(right) > ForestKernels.leaves {
                isCut[(seen(left) >= seen(right) ? left : right) - first] = true
            }
            leaves[node - first] = seen(left) + seen(right)
        }
        isCut[0] = true
        for root in tree where isCut[root - first] {
            tests = [[], [], [], []]
            values = []
            let isEmpty = !descend(root, isRoot: true)
            // Nothing but stand-ins for other pieces: it would add 0 to every row.
            if isEmpty { continue }
            wayDown(to: root)
            var ends: [UInt32] = []
            for kind in tests { ends.append((ends.last ?? 0) + UInt32(kind.count)) }
            take(tests.flatMap { $0 }, ends, values)
        }
    }

    /// Numbers the leaves from left to right and makes the tests. At most 32 leaves, so at most 31 levels.
    /// - Returns: whether there is a leaf of the tree among them.
    private mutating func descend(_ node: Int, isRoot: Bool = false) -> Bool {
        if isCut[node - first], !isRoot {
            values.append(0)
            return false
        }
        if nodes.feature[node] == Forest.Nodes.leaf {
            values.append(nodes.value[node])
            return true
        }
        let begin = values.count
        let isLeft = descend(node + 1)
        let end = values.count
        // Going right takes away the leaves on the left.
        let gone = (UInt32.max >> UInt32(begin)) & ~(UInt32.max >> UInt32(end))
        add(node, goesRight: true, keep: ~gone)
        let isRight = descend(Int(nodes.right[node]))
        return isLeft || isRight
    }

    /// A row that turns off on the way to the piece keeps nothing.
    private mutating func wayDown(to root: Int) {
        var child = root
        while parent[child - first] >= 0 {
            let node = parent[child - first]
            add(node, goesRight: child == node + 1, keep: 0)
            child = node
        }
    }

    /// A test that holds for rows that go right from `node`, or for those that go left.
    private mutating func add(_ node: Int, goesRight: Bool, keep: UInt32) {
        let missingHolds = (nodes.missingLeft[node] != 0) != goesRight
        let kind = (goesRight ? 0 : 2) + (missingHolds ? 1 : 0)
        tests[kind].append(
            .init(slot: slots[nodes.feature[node]] ?? 0, threshold: nodes.threshold[node], keep: keep))
    }
}
