import Foundation
import MagpieDomain
import MagpieKernels

public struct RandomWalkOptions: Codable, Sendable, Hashable {
    /// Walks from each node, on average.
    public var walksPerNode = 32.0
    /// How walks are shared out: by popularity^exponent. 0 = each node alike, 1 = as often as it was liked, which
    /// keeps in the corpus the frequencies that the noise of skip-gram expects. A node with edges gets at least 1.
    public var popularityExponent = 1.0
    /// Items in a walk, the first among them.
    public var length = 10
    /// Before each step, the chance to jump back to the first item.
    public var restart = 0.0

    public init() {}
}

/// Random walks on the item graph (Perozzi et al. 2014, "DeepWalk"; weighted edges, no bias parameters).
///
/// Walk n of a node is a function of (seed, node, n): walks are made when they are read, by whichever thread.
/// As ``Sentences``: all walks of node 0, then of node 1, ...; the trainer reads them in an order of its own.
/// Memory: 12 bytes an edge (an alias table a node) and 8 a node.
public struct RandomWalks: Sentences {
    public let graph: ItemGraph
    public let options: RandomWalkOptions
    public let seed: UInt64
    /// Node i has the walks `begins[i] ..< begins[i + 1]`.
    private let begins: [Int]
    private let slots: SharedBuffer<Slot>
    private static let stream: UInt64 = 0x77616C6B

    /// A slot of a node's ``AliasTable`` with what it leads to, side by side: a step is one look into memory.
    private struct Slot: BitwiseCopyable {
        var threshold: UInt32
        var item: ItemIndex
        var other: ItemIndex
    }

    public init(on graph: ItemGraph, options: RandomWalkOptions, seed: UInt64, threads: Int) {
        self.graph = graph
        self.options = options
        self.seed = seed
        begins = Self.shareOut(graph, options)
        let slots = SharedBuffer<Slot>(count: graph.edgeCount, repeating: Slot(threshold: 0, item: 0, other: 0))
        let rows = graph.rows
        let nodesPerPiece = 256
        Parallel.forEach((graph.nodeCount + nodesPerPiece - 1) / nodesPerPiece, threads: threads) { piece in
            for node in piece * nodesPerPiece..<min((piece + 1) * nodesPerPiece, graph.nodeCount) {
                let row = rows.row(ItemIndex(node))
                let table = AliasTable(row.map { Double(rows.weights[$0]) })
                for (slot, entry) in row.enumerated() {
                    slots.pointer[entry] = Slot(
                        threshold: table.threshold[slot], item: rows.items[entry],
                        other: rows.items[row.lowerBound + Int(table.alias[slot])])
                }
            }
        }
        self.slots = slots
    }

    private static func shareOut(_ graph: ItemGraph, _ options: RandomWalkOptions) -> [Int] {
        let shares: [Double] = (0..<graph.nodeCount).map { node in
            if graph.rows.isEmpty(ItemIndex(node)) { return 0 }
            return pow(Double(max(graph.popularity[node], 1)), options.popularityExponent)
        }
        let total = shares.reduce(0, +)
        let nodes = shares.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        var begins = [0]
        for share in shares {
            let walks = share > 0 ? max(1, (share / total * options.walksPerNode * Double(nodes)).rounded()) : 0
            begins.append(begins[begins.count - 1] + Int(walks))
        }
        return begins
    }

    public var count: Int { begins.last ?? 0 }

    /// How many walks of this node are in the corpus.
    public func walkCount(of node: ItemIndex) -> Int { begins[Int(node) + 1] - begins[Int(node)] }

    public func sentence(_ index: Int, into items: inout [ItemIndex]) {
        precondition(index >= 0 && index < count, "walk \(index) of \(count)")
        // The last node that begins at or before the index.
        var low = 0
        var high = begins.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if begins[middle] <= index { low = middle } else { high = middle }
        }
        walk(node: ItemIndex(low), n: index - begins[low], into: &items)
    }

    /// Appends walk n of a node, which may be any number.
    public func walk(node: ItemIndex, n: Int, into items: inout [ItemIndex]) {
        var random = RandomSource(seed: seed, Self.stream, UInt64(node), UInt64(n))
        let rows = graph.rows
        let restart = Float(options.restart)
        var current = node
        items.append(node)
        for _ in 1..<max(options.length, 1) {
            if restart > 0, random.uniform() < restart { current = node }
            let row = rows.row(current)
            if row.isEmpty { return }
            // As AliasTable/draw, which takes one random number for both choices.
            let bits: UInt64 = random.next()
            let slot = slots.pointer[row.lowerBound + Int(((bits >> 32) &* UInt64(row.count)) >> 32)]
            current = UInt32(truncatingIfNeeded: bits) < slot.threshold ? slot.item : slot.other
            items.append(current)
        }
    }
}
