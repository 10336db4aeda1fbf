import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// A sparse item x item matrix of a tensor file, by rows (CSR): for each item some others with a weight.
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `offsets` | I64 | n + 1 | row i is the entries `offsets[i] ..< offsets[i + 1]` |
/// | `items` | U32 | entries | ascending within a row, below n, never the row itself |
/// | `weights` | F32 | entries | above 0 |
public struct SparseRows: Sendable {
    public let itemCount: Int
    let offsets: Tensor<Int64>
    let items: Tensor<UInt32>
    let weights: Tensor<Float>

    /// Throws ``ArtifactError`` unless every offset and item is in range, so that following them never traps.
    /// (The order within a row and the weights are not checked: wrong ones give wrong answers, in range.)
    ///
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    init(opening file: TensorFile, itemCount: Int?) throws {
        offsets = try file.tensor("offsets", as: Int64.self, shape: [itemCount.map { $0 + 1 }])
        items = try file.tensor("items", as: UInt32.self, shape: [nil])
        weights = try file.tensor("weights", as: Float.self, shape: [items.count])
        guard offsets.count > 0 else { throw file.wrongTensor("offsets", got: "shape [0]", expected: "at least [1]") }
        self.itemCount = offsets.count - 1
        try file.checkOffsets(offsets, name: "offsets", end: items.count)
        try file.checkIndices(items, name: "items", below: self.itemCount)
    }

    public var entryCount: Int { items.count }

    /// The entries of an item; empty for one at or past ``itemCount``.
    func row(_ item: ItemIndex) -> Range<Int> {
        let i = Int(item)
        guard i < itemCount else { return 0..<0 }
        return Int(offsets[i])..<Int(offsets[i + 1])
    }

    func isEmpty(_ item: ItemIndex) -> Bool { row(item).isEmpty }

    /// ``row(_:)`` of each; of a million rows those of a request are in no cache, and where they begin is asked for at once.
    func rows(of some: [ItemIndex]) -> [Range<Int>] {
        for item in some where Int(item) < itemCount { MagpieKernels.prefetch(offsets.pointer + Int(item)) }
        return some.map(row)
    }

    /// Begins to read entries that are added up in a moment.
    func prefetch(_ entries: Range<Int>) {
        MagpieKernels.prefetch(items.pointer + entries.lowerBound, count: entries.count)
        MagpieKernels.prefetch(weights.pointer + entries.lowerBound, count: entries.count)
    }

    /// The weights of some items in a row, 0 where an item is not in it. A row ascends: items that do, too, are found by going
    /// along it once.
    func weights(of some: [ItemIndex], in row: Range<Int>) -> [Float] {
        withExtendedLifetime((items, weights)) {
            let items: UnsafePointer<UInt32> = items.pointer
            let weights: UnsafePointer<Float> = weights.pointer
            var at = row.lowerBound
            var last: ItemIndex = 0
            return some.map { item in
                if item < last { at = row.lowerBound }
                last = item
                while at < row.upperBound, items[at] < item { at += 1 }
                return at < row.upperBound && items[at] == item ? weights[at] : 0
            }
        }
    }
}

/// Sums one row of a sparse matrix: a dense row and the list of what was touched in it. A copy adds to the same row.
struct RowAccumulator: ItemSums {
    let sums: SharedBuffer<Float>
    /// The items that are not 0, in the order in which they came, and room behind them.
    private var places: [UInt32] = []
    private var touchedCount = 0

    init(itemCount: Int) { sums = SharedBuffer(count: itemCount, repeating: 0) }

    var touched: ArraySlice<UInt32> { places[..<touchedCount] }

    /// `weight` must be above 0.
    mutating func add(_ item: ItemIndex, _ weight: Float) {
        let i = Int(item)
        if touchedCount == places.count { places += [UInt32](repeating: 0, count: max(1, places.count)) }
        if sums[i] == 0 {
            places[touchedCount] = item
            touchedCount += 1
        }
        sums[i] += weight
    }

    func sum(of item: ItemIndex) -> Float { Int(item) < sums.count ? sums[Int(item)] : 0 }

    func sums(of items: [ItemIndex]) -> [Float] { items.map(sum) }

    func best(_ limit: Int, where isAllowed: (ItemIndex) -> Bool) -> [Scored] {
        var best = TopK(limit)
        for item in touched where isAllowed(item) { best.offer(item, sum(of: item)) }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    /// Leaves zeros behind.
    mutating func clear() {
        for item in touched { sums[Int(item)] = 0 }
        touchedCount = 0
    }

    /// The `limit` largest after `scale`, by ascending item; leaves zeros behind.
    mutating func take(limit: Int, scale: (ItemIndex) -> Float) -> [(id: UInt32, score: Float)] {
        var best = TopK(limit)
        for item in touched {
            let weight = sums[Int(item)] * scale(item)
            if weight > 0, weight.isFinite { best.offer(item, weight) }
        }
        clear()
        return best.sorted().sorted { $0.id < $1.id }
    }
}

/// The arrays of a ``SparseRows`` being made: rows in parallel, each by one thread, so the bytes do not depend on
/// how many there are.
struct SparseRowsBuilder {
    private(set) var offsets: [Int64] = [0]
    private(set) var items: [UInt32] = []
    private(set) var weights: [Float] = []

    /// - Parameters:
    ///   - row: gives the entries of one row, by ascending item, and leaves the accumulator empty.
    ///   - progress: the share done, called on this thread.
    init(
        itemCount: Int, threads: Int, progress: (Double) -> Void,
        row: @Sendable (Int, inout RowAccumulator) -> [(id: UInt32, score: Float)]
    ) {
        let rowsPerPiece = 64
        let piecesPerBatch = 64
        let pieces = (itemCount + rowsPerPiece - 1) / rowsPerPiece
        for batch in stride(from: 0, to: pieces, by: piecesPerBatch) {
            let results = Parallel.map(
                min(piecesPerBatch, pieces - batch), threads: threads,
                scratch: { RowAccumulator(itemCount: itemCount) },
                { piece, accumulator in
                    let begin = (batch + piece) * rowsPerPiece
                    return (begin..<min(begin + rowsPerPiece, itemCount)).map { row($0, &accumulator) }
                })
            for entries in results.joined() {
                items.append(contentsOf: entries.map(\.id))
                weights.append(contentsOf: entries.map(\.score))
                offsets.append(Int64(items.count))
            }
            progress(Double(min(batch + piecesPerBatch, pieces)) / Double(pieces))
        }
    }

    func add(to writer: inout TensorFileWriter) {
        writer.add("offsets", offsets)
        writer.add("items", items)
        writer.add("weights", weights)
    }
}
