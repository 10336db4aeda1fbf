import MagpieKernels

/// Where the parts of a partitioned index lie, in a mapped file or in what the builder is making: pointers that are
/// valid while `owner` lives, and the numbers that say how to read them. See ``PartitionedIndex`` for the parts. Unchecked, for
/// pointers are never Sendable: searches only read, and what is being made is searched after it was written.
struct PartitionTables: @unchecked Sendable {
    var metric = VectorMetric.innerProduct
    /// Coordinates of a vector, and rounded up to 16 as a query's lie in memory.
    var dimension = 0
    var padded: Int { (dimension + 15) / 16 * 16 }
    /// Coordinates that partitions and codes see, and rounded up to 16 as rows of them lie in memory.
    var axes = 0
    var axesPadded: Int { (axes + 15) / 16 * 16 }
    var partitions = 0
    var panelCount: Int { (partitions + 15) / 16 }
    var subspaces = 0
    /// Vectors, and rows of the catalogue they come from.
    var count = 0
    var itemCount = 0
    var isFine = true
    var record: RecordLayout { RecordLayout(dimension: dimension, isFine: isFine) }
    /// What one step of a bias is worth.
    var biasScale: Float = 0
    /// The bias that is stored as 0.
    var biasMiddle: Float = 0
    /// The least and the greatest stored bias.
    var biasRange: ClosedRange<Int16> = 0...0

    /// axes/16 panels of `dimension` rows: what turns a vector into coordinates along the axes. nil: nothing to do.
    var projection: UnsafePointer<Float>?
    /// For L2 what is subtracted from a query, as it was from every vector.
    var mean: UnsafePointer<Float>?
    var centroids: UnsafePointer<Float>
    var centroidBias: UnsafePointer<Float>
    var books: UnsafePointer<Float>
    var begins: UnsafePointer<UInt32>
    /// partitions + 1: the first position of each list, the first block of its codes.
    var firsts: UnsafePointer<UInt32>
    var blocks: UnsafePointer<UInt32>
    var codes: UnsafePointer<UInt8>
    var biases: UnsafePointer<Int16>
    var records: UnsafePointer<UInt8>
    /// position -> item, item -> position (``absent`` for an item that is not in the index).
    var items: UnsafePointer<UInt32>
    var positions: UnsafePointer<UInt32>
    var zeros: UnsafePointer<Float>
    var owner: AnyObject

    static let absent = UInt32.max
    /// The most subspaces that the kernels' 16-bit sums allow.
    static let subspaceLimit = 1_024
}

/// The bytes of one `mk_record` and its coordinates, see CPartition.h.
struct RecordLayout {
    /// Coordinates as they are stored: the dimension rounded up to 4, so that the finer bits fill bytes.
    let stored: Int
    let size: Int

    init(dimension: Int, isFine: Bool) {
        stored = (dimension + 3) / 4 * 4
        size = Self.head + stored + (isFine ? stored / 4 : 0)
    }

    static let head = MemoryLayout<PartitionKernels.RecordHead>.size

    /// Bytes of `count` records and what kernels read past the last.
    func bytes(_ count: Int) -> Int { count * size + PartitionKernels.recordSlack }
}

extension PartitionTables {
    /// The partition that a position is in.
    func partition(of position: Int) -> Int {
        var low = 0
        var high = partitions
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(firsts[middle]) <= position { low = middle } else { high = middle }
        }
        return low
    }
}
