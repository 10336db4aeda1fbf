import CKernels

/// Scores by a forest that was cut into pieces of at most 32 leaves, see `CForest.h` for what is computed to the bit.
/// The kernel takes whole blocks of rows over pointers and checks nothing: whoever builds the pieces does.
public enum ForestKernels {
    /// Leaves of a piece: leaf l is bit 31 - l.
    public static let leaves = Int(MK_FOREST_LEAVES)
    /// Rows that go through a piece at a time.
    public static let rows = Int(MK_FOREST_ROWS)

    public typealias Test = mk_forest_test
    public typealias Piece = mk_forest_piece

    /// Function pointers that never change.
    nonisolated(unsafe) static let table: mk_forest_table = mk_forest_kernels().pointee

    /// "avx512", "avx2", "neon" or "scalar": what this machine runs.
    public static var instructionSet: String { String(cString: table.name) }

    /// What the kernel walks over.
    ///
    /// - `tests` and `leaves` belong to pieces; `columns` are the columns of a row that tests look at, by slot.
    public struct Pieces: Sendable {
        public var tests: [Test] = []
        public var pieces: [Piece] = []
        /// ``ForestKernels/leaves`` a piece.
        public var leaves: [Float] = []
        public var columns: [UInt32] = []
        /// Where every score begins.
        public var base: Float = 0

        public init() {}
    }

    /// The scores of `count` rows that begin `stride` floats apart.
    public static func scores(
        _ pieces: Pieces, rows: UnsafePointer<Float>, stride: Int, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        pieces.tests.withUnsafeBufferPointer { tests in
            pieces.pieces.withUnsafeBufferPointer { list in
                pieces.leaves.withUnsafeBufferPointer { leaves in
                    pieces.columns.withUnsafeBufferPointer { columns in
                        var forest = mk_forest(
                            tests: tests.baseAddress, pieces: list.baseAddress, leaves: leaves.baseAddress,
                            piece_count: list.count, columns: columns.baseAddress, slot_count: columns.count,
                            base: pieces.base)
                        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, columns.count * Self.rows)) {
                            table.scores(&forest, rows, stride, count, $0.baseAddress, out)
                        }
                    }
                }
            }
        }
    }
}
