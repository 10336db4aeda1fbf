import MagpieDomain

/// The columns of a table that was computed elsewhere, joined as of the moment of the request: the row of the candidate
/// (or of who asks) that held and was known by then. NaN where there was none.
struct OutsideColumns: Feature {
    let table: OutsideTable

    var columns: [String] { table.columns.map { "table.\(table.name).\($0)" } }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        switch table.entity {
        case .item:
            for (row, item) in context.items.enumerated() {
                write(table.row(of: context.table.key(of: item).raw, at: context.now), to: matrix, row)
            }
        case .user:
            let own = context.user.flatMap { table.row(of: $0.raw, at: context.now) }
            for row in context.items.indices { write(own, to: matrix, row) }
        }
    }

    private func write(_ own: Int?, to matrix: FeatureColumns, _ row: Int) {
        guard let own else { return }
        for place in table.columns.indices {
            let value = table[own, place]
            // A damaged file may hold anything.
            if value.isFinite { matrix[row, place] = value }
        }
    }
}
