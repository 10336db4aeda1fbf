/// What the parts of a search cost, in nanoseconds on a machine with 512-bit registers: counted, not timed, so that
/// what is decided by it is the same everywhere.
struct SearchCost {
    let vector: Double
    let record: Double
    let list = 25.0

    init(_ tables: PartitionTables) {
        vector = 0.1 + 0.016 * Double(tables.subspaces)
        record = 14 + Double(tables.record.size) * 0.08
    }

    func search(lists: Double, scanned: Double, depth: Double) -> Double {
        scanned * vector + lists * list + depth * record
    }

    func of(_ work: SearchWork) -> Double { search(lists: work.lists, scanned: work.scanned, depth: work.depth) }
}
