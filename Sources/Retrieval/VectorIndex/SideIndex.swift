import MagpieDomain
import MagpieKernels

/// Vectors that came after an index was built: few, changing, searched row by row. An immutable value; whoever
/// changes it changes a copy, and the blocks that did not change are shared with it.
struct SideIndex: Sendable {
    /// Rows without holes; a changed row copies its block and no other.
    private struct Block {
        var items: [ItemIndex] = []
        var rows: [Float] = []
    }

    static let rowsPerBlock = 256

    let dimension: Int
    private(set) var count = 0
    private var blocks: [Block] = []

    init(dimension: Int) { self.dimension = dimension }

    func item(at place: Int) -> ItemIndex { blocks[place / Self.rowsPerBlock].items[place % Self.rowsPerBlock] }

    func vector(at place: Int) -> [Float] {
        let begin = place % Self.rowsPerBlock * dimension
        return Array(blocks[place / Self.rowsPerBlock].rows[begin..<begin + dimension])
    }

    /// Adds a row behind all others.
    mutating func append(_ item: ItemIndex, _ vector: [Float]) {
        if count % Self.rowsPerBlock == 0 { blocks.append(Block()) }
        blocks[blocks.count - 1].items.append(item)
        blocks[blocks.count - 1].rows.append(contentsOf: vector)
        count += 1
    }

    mutating func replace(at place: Int, _ item: ItemIndex, _ vector: [Float]) {
        let (block, row) = place.quotientAndRemainder(dividingBy: Self.rowsPerBlock)
        blocks[block].items[row] = item
        blocks[block].rows.replaceSubrange(row * dimension..<(row + 1) * dimension, with: vector)
    }

    /// Removes the last row.
    mutating func removeLast() {
        blocks[blocks.count - 1].items.removeLast()
        blocks[blocks.count - 1].rows.removeLast(dimension)
        count -= 1
        if count % Self.rowsPerBlock == 0 { blocks.removeLast() }
    }

    /// Offers every row that is not excluded; false when the deadline passed on the way.
    func offer(to best: inout TopK, _ query: [Float], excluding: ItemSet, deadline: Deadline) -> Bool {
        var scores = [Float](repeating: 0, count: min(Self.rowsPerBlock, count))
        for block in blocks {
            if deadline.hasPassed { return false }
            block.rows.withUnsafeBufferPointer { rows in
                guard let first = rows.baseAddress else { return }
                VectorKernels.scores(
                    query: query, rows: first, stride: dimension, count: block.items.count, dimension: dimension,
                    into: &scores)
            }
            for (row, item) in block.items.enumerated()
            where scores[row] >= best.threshold && !excluding.contains(item) {
                best.offer(item, scores[row])
            }
        }
        return true
    }

    func score(at place: Int, _ query: [Float]) -> Float {
        let (block, row) = place.quotientAndRemainder(dividingBy: Self.rowsPerBlock)
        return query.withUnsafeBufferPointer { query in
            blocks[block].rows.withUnsafeBufferPointer { rows in
                guard let query = query.baseAddress, let rows = rows.baseAddress else { return .nan }
                return VectorKernels.dot(query, rows + row * dimension, count: dimension)
            }
        }
    }
}
