import MagpieKernels
import Synchronization

/// Memory for one search at a time. Unchecked: ``WorkspacePool`` hands it to one search, and takes it back after.
final class SearchWorkspace: @unchecked Sendable {
    /// The query as records want it (zeros past the dimension), and along the axes.
    let query: SharedBuffer<Float>
    let projected: SharedBuffer<Float>
    /// The query less a vector.
    let difference: SharedBuffer<Float>
    let partitionScores: SharedBuffer<Float>
    let order: SharedBuffer<UInt32>
    let tables: SharedBuffer<UInt8>
    let tableWork: SharedBuffer<Float>
    let histogram: SharedBuffer<UInt16>
    let buckets: SharedBuffer<UInt32>
    private(set) var candidates: SharedBuffer<PartitionKernels.Candidate>
    private(set) var positions: SharedBuffer<UInt32>
    private(set) var scores: SharedBuffer<Float>
    private(set) var keys: SharedBuffer<UInt64>
    static let orderBuckets = 1_024

    init(for tables: PartitionTables) {
        query = SharedBuffer(count: tables.padded, repeating: 0)
        difference = SharedBuffer(count: tables.dimension, repeating: 0)
        projected = SharedBuffer(count: max(tables.axesPadded, 16), repeating: 0)
        // A record may name any of 65,536 partitions, whatever a damaged file says.
        partitionScores = SharedBuffer(count: PartitionKernels.partitionLimit, repeating: 0)
        order = SharedBuffer(count: tables.partitions, repeating: 0)
        self.tables = SharedBuffer(count: max(tables.subspaces, 1) * 16, repeating: 0)
        tableWork = SharedBuffer(count: max(tables.subspaces, 1) * 16, repeating: 0)
        histogram = SharedBuffer(count: PartitionKernels.buckets, repeating: 0)
        buckets = SharedBuffer(count: Self.orderBuckets + 1, repeating: 0)
        candidates = SharedBuffer(count: 0, repeating: .init(key: 0, position: 0))
        positions = SharedBuffer(count: 0, repeating: 0)
        scores = SharedBuffer(count: 0, repeating: 0)
        keys = SharedBuffer(count: 0, repeating: 0)
    }

    /// Makes more room for positions.
    func grow(keeping count: Int) {
        let old = positions
        reserve(candidates: max(2 * positions.count, 4_096))
        positions.pointer.update(from: old.pointer, count: count)
    }

    func reserve(candidates count: Int) {
        guard candidates.count < count else { return }
        candidates = SharedBuffer(count: count, repeating: .init(key: 0, position: 0))
        positions = SharedBuffer(count: count, repeating: 0)
        scores = SharedBuffer(count: count, repeating: 0)
        keys = SharedBuffer(count: count, repeating: 0)
    }
}

/// As many workspaces as searches ever ran at once.
final class WorkspacePool: Sendable {
    private let tables: PartitionTables
    private let free = Mutex<[SearchWorkspace]>([])

    init(for tables: PartitionTables) { self.tables = tables }

    func with<Result>(_ body: (SearchWorkspace) throws -> Result) rethrows -> Result {
        let workspace = free.withLock { $0.popLast() } ?? SearchWorkspace(for: tables)
        defer { free.withLock { $0.append(workspace) } }
        return try body(workspace)
    }
}
